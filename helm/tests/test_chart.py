"""What the chart renders: valid, restricted, complete, and in parts."""

import functools
import re
import subprocess
import sys
import unittest

import kubernetes_validate.utils

from chart import CHART, DIGEST, FLAVOURS, INSTALLATION, KUBERNETES, PARTS, ROOT, SERVICES
from chart import containers, environment_of, helm, name, of_kind, pods, refusal, render

# It would read all of Kubernetes anew for each object.
kubernetes_validate.utils.schema_contents = functools.cache(kubernetes_validate.utils.schema_contents)

BUILT_IN = {"v1", "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1", "autoscaling/v2"}


class Every(unittest.TestCase):
    """Holds for every flavour."""

    def each(self):
        for flavour, arguments in FLAVOURS.items():
            with self.subTest(flavour):
                yield render(*arguments)

    def test_it_lints(self):
        for flavour, arguments in FLAVOURS.items():
            with self.subTest(flavour):
                code, out, err = helm("lint", "--strict", "--kube-version", KUBERNETES, str(CHART), *arguments)
                self.assertEqual(code, 0, out + err)

    def test_what_kubernetes_knows_is_valid(self):
        for objects in self.each():
            for item in (item for item in objects if item["apiVersion"] in BUILT_IN):
                with self.subTest(name(item)):
                    kubernetes_validate.validate(item, "1.34", strict=True)

    def test_no_two_objects_have_one_name(self):
        for objects in self.each():
            names = [(item["apiVersion"], *name(item)) for item in objects]
            self.assertEqual(len(names), len(set(names)))

    def test_pods_are_of_the_restricted_profile(self):
        for objects in self.each():
            for owner, _, spec in pods(objects):
                with self.subTest(owner):
                    self.assertTrue(spec["securityContext"]["runAsNonRoot"])
                    self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                    self.assertIs(spec["automountServiceAccountToken"], False)
                    self.assertIs(spec["enableServiceLinks"], False)
                    self.assertFalse([volume for volume in spec.get("volumes", []) if "hostPath" in volume])
                    for container in containers(spec):
                        security = container["securityContext"]
                        self.assertTrue(security["readOnlyRootFilesystem"])
                        self.assertIs(security["allowPrivilegeEscalation"], False)
                        self.assertEqual(security["capabilities"], {"drop": ["ALL"]})
                        self.assertIn("memory", container["resources"]["limits"])
                        self.assertIn("cpu", container["resources"]["requests"])

    def test_a_deployment_can_be_watched_moved_and_drained(self):
        for objects in self.each():
            deployments, budgets = of_kind("Deployment", objects), of_kind("PodDisruptionBudget", objects)
            self.assertEqual(sorted(deployments), sorted([*SERVICES, "gateway"]))
            for deployment, item in deployments.items():
                with self.subTest(deployment):
                    spec = item["spec"]["template"]["spec"]
                    main = spec["containers"][0]
                    self.assertLessEqual({"livenessProbe", "readinessProbe", "lifecycle"}, set(main))
                    self.assertEqual(len(spec["topologySpreadConstraints"]), 2)
                    self.assertEqual(budgets[deployment]["spec"]["selector"], item["spec"]["selector"])
                    self.assertEqual(item["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"], 0)
                    # A service takes 25 s at most to end, after all have heard of it.
                    wait = main["lifecycle"]["preStop"].get("sleep", {"seconds": 5})["seconds"]
                    self.assertGreaterEqual(spec["terminationGracePeriodSeconds"], wait + 25)
            for service in SERVICES:
                probe = deployments[service]["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]
                self.assertEqual(probe["grpc"], {"port": 8100})

    def test_a_migration_runs_under_another_role_than_the_service(self):
        for objects in self.each():
            jobs = {spec["containers"][0]["image"]: spec for owner, _, spec in pods(objects) if owner[0] == "Job"}
            for service, item in of_kind("Deployment", objects).items():
                if service == "gateway":
                    continue
                spec = item["spec"]["template"]["spec"]
                migration = jobs[spec["containers"][0]["image"]]
                with self.subTest(service):
                    self.assertEqual(migration["containers"][0]["args"], ["migrate"])
                    self.assertNotEqual(volume(spec, "database"), volume(migration, "database"))
                    self.assertNotEqual(spec["serviceAccountName"], migration["serviceAccountName"])
                    self.assertEqual(environment_of(item)["MALL__DATABASE__MIGRATE"], "false")

    def test_a_service_is_told_nothing_that_it_would_refuse(self):
        config = (ROOT / "crates/service/src/config.rs").read_text()
        sections = dict(re.findall(r"/// `([a-z]+)\.\*`[^\n]*\n(?:#[^\n]*\n)*pub struct \w+ \{(.*?)\n\}", config, re.S))
        for objects in self.each():
            for _, item in of_kind("Deployment", objects).items():
                for key in (key for key in environment_of(item) if key.startswith("MALL__")):
                    section, name = key.removeprefix("MALL__").lower().split("__")
                    with self.subTest(key):
                        known = SERVICES if section == "peers" else re.findall(r"pub (\w+):", sections[section])
                        self.assertIn(name, known)

    def test_nothing_secret_is_rendered(self):
        for objects in self.each():
            self.assertFalse(of_kind("Secret", objects))

    def test_parts_are_the_whole(self):
        for flavour, arguments in FLAVOURS.items():
            with self.subTest(flavour):
                whole = {(item["apiVersion"], *name(item)): item for item in render(*arguments)}
                parts = {}
                for part in PARTS:
                    for item in render(*arguments, f"--set=only={part}"):
                        key = (item["apiVersion"], *name(item))
                        self.assertNotIn(key, parts, f"{part} renders what another part renders")
                        self.assertEqual(item["metadata"]["labels"]["app.kubernetes.io/name"], part, key)
                        parts[key] = item
                self.assertEqual(parts, whole)


def volume(spec, wanted):
    return next((volume for volume in spec.get("volumes", []) if volume["name"] == wanted), None)


class Refusals(unittest.TestCase):
    def refused(self, because, *arguments):
        with self.subTest(arguments=arguments):
            self.assertIn(because, refusal(*arguments))

    def test_values_that_nobody_reads_are_refused(self):
        for path in ["replica", "services.ordering.replica", "services.shop.replicas", "gateway.rateLimit.perMinute", "kafka.topics",
                     "networkPolicies.kafka.cidr", "image.name"]:
            self.refused("not allowed", f"--set={path}=1")

    def test_values_of_the_wrong_form_are_refused(self):
        for setting, because in [
            ("only=orders", "/only"), ("image.tag=latest", "/image/tag"), ("shop.currency=euro", "/shop/currency"),
            ("services.ordering.replicas=-1", "/services/ordering/replicas"), ("kafka.security=ssl", "/kafka/security"),
            ("services.ordering.digest=sha256:1", "/services/ordering/digest"), ("otlp.sample=2", "/otlp/sample"),
            ("kafka.userSecret=one-for-all", "/kafka/userSecret"), ("drain.gracePeriodSeconds=10", "/drain/gracePeriodSeconds"),
            ("services.ordering.environment.PASSWORD=x", "PASSWORD"),
        ]:
            self.refused(because, f"--set={setting}")

    def test_no_more_pods_than_partitions(self):
        scaled = ("--set=defaults.autoscaling.enabled=true", "--set=services.search.autoscaling.maxReplicas=5")
        self.refused("has 4 partitions", *scaled)

    def test_production_refuses_an_image_without_a_digest(self):
        prod = ("-f", str(CHART / "values-prod.yaml"))
        self.refused("has no digest", *prod)
        for left_out in (setting for setting in INSTALLATION if DIGEST in setting):
            self.refused("has no digest", *prod, *(setting for setting in INSTALLATION if setting != left_out))

    def test_a_gateway_with_tls_is_not_on_port_80(self):
        self.refused("cannot be 80", "--set=gateway.tls.secretName=x")

    def test_a_secret_store_needs_to_be_said_where(self):
        self.refused("secretStore.region", "--set=secretStore.provider=aws")


class Generated(unittest.TestCase):
    def test_copies_and_readme_are_what_they_are_made_of(self):
        checked = subprocess.run([sys.executable, ROOT / "helm/generate.py", "--check"], capture_output=True, text=True, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main()
