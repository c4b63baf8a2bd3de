"""The chart as its tests see it: rendered by the real helm, as a list of objects."""

import functools
import json
import os
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm/mallbots"
KUBERNETES = "1.34.0"
DIGEST = "sha256:" + "0" * 64
SERVICES = ["baskets", "cosec", "customers", "depot", "notifications", "ordering", "payments", "search", "stores"]
PARTS = ["shared", "gateway", *SERVICES]
# What an installation adds to values-prod.yaml.
INSTALLATION = [
    "--set=secretStore.region=eu-central-1", "--set=secretStore.prefix=mallbots-prod",
    "--set=kafka.bootstrap=b-1.example.internal:9096", f"--set=defaults.digest={DIGEST}",
    f"--set=gateway.mallDigest={DIGEST}", f"--set=gateway.image.digest={DIGEST}",
    f"--set=kafka.provision.image.digest={DIGEST}",
]
# Everything that has a switch is on in one of them.
FLAVOURS = {
    "bare": (),
    "dev": ("-f", str(CHART / "values-dev.yaml")),
    "ci": ("-f", str(CHART / "values-ci.yaml")),
    "prod": ("-f", str(CHART / "values-prod.yaml"), *INSTALLATION),
    "watched": (
        "-f", str(CHART / "values-dev.yaml"), "--set=keda.enabled=true", "--set=monitoring.enabled=true",
        "--set=monitoring.dashboards=true", "--set=defaults.autoscaling.enabled=true", "--set=otlp.endpoint=http://collector.monitoring:4317",
    ),
}


def helm(*arguments):
    """(exit code, what it printed, what it complained of)"""
    command = [os.environ["HELM"], *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@functools.cache
def render(*arguments):
    code, out, err = helm("template", "mallbots", str(CHART), "--kube-version", KUBERNETES, "--namespace", "mall", *arguments)
    if code:
        raise AssertionError(err)
    return [item for item in yaml.safe_load_all(out) if item]


def refusal(*arguments):
    """What helm says of values that it does not take; nothing if it takes them."""
    code, _, err = helm("template", "mallbots", str(CHART), "--kube-version", KUBERNETES, *arguments)
    return err if code else ""


def of_kind(kind, objects):
    return {item["metadata"]["name"]: item for item in objects if item["kind"] == kind}


def name(item):
    return item["kind"], item["metadata"]["name"]


def pods(objects):
    """(what makes it, its labels, its spec) of every pod."""
    for item in objects:
        if item["kind"] == "Pod":
            yield name(item), item["metadata"]["labels"], item["spec"]
        elif item["kind"] in ("Deployment", "Job"):
            template = item["spec"]["template"]
            yield name(item), template["metadata"]["labels"], template["spec"]


def containers(spec):
    return spec.get("initContainers", []) + spec["containers"]


@functools.cache
def topology():
    """What the programs were compiled with."""
    printed = subprocess.run([os.environ["MALL"], "topology", "--format", "json"], capture_output=True, check=True, cwd=ROOT)
    return json.loads(printed.stdout)


def environment_of(deployment):
    entries = deployment["spec"]["template"]["spec"]["containers"][0].get("env", [])
    return {entry["name"]: entry.get("value") for entry in entries}
