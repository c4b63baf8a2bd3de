"""Alerts: each fires and is silent when it should, has a page that says what to do, and asks for figures that exist. So do the
dashboards' panels."""

import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

from chart import CHART, FLAVOURS, ROOT, of_kind, render, topology

ALERTS = yaml.safe_load((CHART / "files/alerts.yaml").read_text())
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]


def alerts():
    return {rule["alert"]: rule for rule in RULES if "alert" in rule}


def panels():
    """The queries of all dashboards."""
    boards = yaml.safe_load((ROOT / "helm/dashboards.yaml").read_text()).values()
    queries = [query for board in boards for panel in board["panels"] for query in panel["queries"].values()]
    return [query.replace("$rate", "5m") for query in queries]


def asked(query):
    return set(re.findall(r"\b(?:mall[a-z_:0-9]+|rpc_[a-z_]+)\b", query))


def figures():
    """Names of all figures that the programs make."""
    code = "\n".join(file.read_text() for file in ROOT.glob("crates/*/src/**/*.rs"))
    return set(re.findall(r'(?:counter|gauge|histogram)!\(\s*"([a-z_]+)"', code))


class Alerts(unittest.TestCase):
    def test_each_fires_and_is_silent_when_it_should(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool is not installed (Debian: prometheus): no alert was tried")
        for command in (["check", "rules", str(CHART / "files/alerts.yaml")], ["test", "rules", "alerts_test.yaml"]):
            done = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False, cwd=ROOT / "helm/tests")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_is_tried_both_ways(self):
        tried = yaml.safe_load((ROOT / "helm/tests/alerts_test.yaml").read_text())["tests"]
        cases = [case for test in tried for case in test["alert_rule_test"]]
        self.assertEqual({case["alertname"] for case in cases if case["exp_alerts"]}, set(alerts()))
        self.assertEqual({case["alertname"] for case in cases if not case["exp_alerts"]}, set(alerts()))

    def test_each_says_how_urgent_it_is_and_what_to_do(self):
        for name, rule in alerts().items():
            with self.subTest(name):
                self.assertIn(rule["labels"]["severity"], ("page", "ticket"))
                page = (ROOT / rule["annotations"]["runbook"]).read_text()
                self.assertIn(f"`{name}`", page)
                for heading in ("## What it means", "## How to look", "## What to do"):
                    self.assertIn(heading, page)

    def test_figures_exist(self):
        recorded = {rule["record"] for rule in RULES if "record" in rule} | {"mall:service:declared", "mall:topic:declared"}
        known = figures()
        for query in [rule["expr"] for rule in RULES] + panels():
            for figure in asked(query) - recorded:
                self.assertIn(re.sub("_(bucket|count|sum)$", "", figure), known, query)

    def test_panels_ask_what_prometheus_understands(self):
        if not shutil.which("promtool"):
            self.skipTest("promtool is not installed (Debian: prometheus): no panel was tried")
        rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(panels())]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}, file)
            file.flush()
            done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_operator_gets_all_of_them_and_the_topology(self):
        groups = of_kind("PrometheusRule", render(*FLAVOURS["watched"]))["mallbots"]["spec"]["groups"]
        self.assertEqual(groups[1:], ALERTS["groups"])
        records = [(rule["record"], rule["labels"]) for rule in groups[0]["rules"]]
        services = [("mall:service:declared", {"service": service["name"]}) for service in topology()["services"]]
        topics = [("mall:topic:declared", {"topic": topic["name"], "owner": topic["owner"]}) for topic in topology()["topics"]]
        self.assertEqual(records, services + topics)


if __name__ == "__main__":
    unittest.main()
