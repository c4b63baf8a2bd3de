#!/usr/bin/env python3
"""A new password for every secret of an environment, as JSON: passwords.py mallbots-dev"""

import json
import re
import secrets
import string
import sys
from pathlib import Path

LETTERS = string.ascii_letters + string.digits


def names(prefix):
    topology = (Path(__file__).parents[2] / "proto/topology.yaml").read_text()
    services = re.findall(r"^  - name: (\S+)$", topology, re.M)
    for service in services:
        yield f"{prefix}/{service}/database"
        yield f"{prefix}/{service}/migration"
    for user in [*services, "admin"]:
        yield f"AmazonMSK_{prefix}_{user}"


print(json.dumps({name: "".join(secrets.choice(LETTERS) for _ in range(32)) for name in names(sys.argv[1])}))
