"""Custom resources against the definitions that their operators bring: strictly, so that a field nobody reads is an error."""

import os
import unittest
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, ValidationError

from chart import FLAVOURS, name, render
from test_chart import BUILT_IN

# What cannot be validated, and why.
UNCHECKED = {
    ("postgresql.cnpg.io/v1", "Cluster"): "CloudNativePG is no library: its definitions are in no package registry",
    ("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass"): "the driver is no library: its definitions are in no package registry",
}


def strict(schema):
    """A definition's schema as JSON schema that takes no field it does not know."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    made = {key: strict(value) for key, value in schema.items() if key not in ("format", "default", "properties")}
    if "properties" in schema:
        made["properties"] = {key: strict(value) for key, value in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            made.setdefault("additionalProperties", False)
    if isinstance(made.get("pattern"), str):
        # Go takes flags anywhere, Python at the start.
        made["pattern"] = made["pattern"].replace("^(?i)", "(?i)^")
    if schema.get("nullable") and "type" in schema:
        made["type"] = [schema["type"], "null"]
    return made


def definitions():
    found = {}
    for file in Path(os.environ["CRDS"]).glob("*.yaml"):
        for definition in (each for each in yaml.safe_load_all(file.read_text()) if each):
            spec = definition["spec"]
            for version in spec["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                schema["properties"]["metadata"] = {"type": "object"}
                found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found


class Resources(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.validators = {kind: Draft202012Validator(schema) for kind, schema in definitions().items()}

    def test_custom_resources_are_what_their_operators_read(self):
        rendered = [item for arguments in FLAVOURS.values() for item in render(*arguments) if item["apiVersion"] not in BUILT_IN]
        kinds = {(item["apiVersion"], item["kind"]) for item in rendered}
        for kind, reason in UNCHECKED.items():
            self.assertIn(kind, kinds, "nothing renders it any more")
            print(f"\n  not validated: {kind[1]} ({kind[0]}): {reason}", end="")
        missing = kinds - set(self.validators) - set(UNCHECKED)
        if missing and len(self.validators) < 7:
            self.skipTest(f"no definitions of {sorted(missing)}: helm/crds said why")
        self.assertFalse(missing)
        for item in rendered:
            kind = item["apiVersion"], item["kind"]
            if kind in self.validators:
                with self.subTest(name(item)):
                    self.validators[kind].validate(item)

    def test_a_field_that_nobody_reads_is_found(self):
        if not self.validators:
            self.skipTest("no definitions: helm/crds said why")
        for (version, kind), validator in self.validators.items():
            wrong = {"apiVersion": version, "kind": kind, "metadata": {}, "misspelt": 1}
            with self.subTest(kind), self.assertRaisesRegex(ValidationError, "misspelt"):
                validator.validate(wrong)


if __name__ == "__main__":
    unittest.main()
