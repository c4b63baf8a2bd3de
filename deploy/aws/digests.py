#!/usr/bin/env python3
"""The digests of the images that have just been pushed, as values for the chart. Says REGISTRY and VERSION."""

import json
import os
import re
import subprocess
from pathlib import Path

REGISTRY, VERSION = os.environ["REGISTRY"], os.environ["VERSION"]


def digest(image):
    shown = subprocess.run(["docker", "buildx", "imagetools", "inspect", image, "--format", "{{json .Manifest}}"], check=True, capture_output=True)
    return json.loads(shown.stdout)["digest"]


topology = (Path(__file__).parents[2] / "proto/topology.yaml").read_text()
chart = (Path(__file__).parents[2] / "helm/mallbots/values.yaml").read_text()
envoy = re.search(r"repository: (\S+envoy)\n\s+tag: (\S+)", chart)
kafka = re.search(r"\{repository: (\S+/kafka), tag: ([^,]+),", chart)
print(json.dumps({
    "image": {"tag": VERSION},
    "services": {name: {"digest": digest(f"{REGISTRY}/{name}:{VERSION}")} for name in re.findall(r"^  - name: (\S+)$", topology, re.M)},
    "gateway": {"mallDigest": digest(f"{REGISTRY}/mall:{VERSION}"), "image": {"digest": digest(":".join(envoy.groups()))}},
    "kafka": {"provision": {"image": {"digest": digest(":".join(kafka.groups()))}}},
}, indent=2))
