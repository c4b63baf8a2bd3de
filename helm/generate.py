#!/usr/bin/env python3
"""Writes what of the chart follows from other files: its copies of the topology and of the gateway's settings, Grafana's
dashboards, made of dashboards.yaml, and its README, made of values.yaml. With --check it only says what differs."""

import json
import re
import sys
from pathlib import Path

import yaml

HELM = Path(__file__).parent
CHART = HELM / "mallbots"
COPIES = {"files/topology.yaml": "proto/topology.yaml", "files/envoy.yaml": "deploy/envoy.yaml"}
KEY = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z][A-Za-z0-9]*):(?P<value>.*)$")


def rows(text):
    """(path, default, meaning) of every value, in the order of the file. A meaning is a comment that begins with `--`."""
    path, meaning, inside = [], [], False
    for line in text.splitlines():
        comment = line.strip()
        if comment.startswith("# -- "):
            meaning, inside = [comment[5:]], True
            continue
        if comment.startswith("#"):
            if inside:
                meaning.append(comment[2:])
            continue
        found = KEY.match(line)
        if not found:
            inside = False
            continue
        depth = len(found["indent"]) // 2
        path = path[:depth] + [found["key"]]
        yield ".".join(path), found["value"].strip(), " ".join(meaning)
        meaning, inside = [], False


def default(values, path):
    for key in path.split("."):
        values = values[key]
    return values


def table(text):
    values = yaml.safe_load(text)
    lines = ["| key | default | meaning |", "|---|---|---|"]
    for path, value, meaning in rows(text):
        is_branch = value == "" and isinstance(default(values, path), dict)
        if is_branch and not meaning:
            continue
        shown = "" if is_branch else yaml.safe_dump(default(values, path), default_flow_style=True, width=10_000)
        shown = shown.removesuffix("\n").removesuffix("...").strip()
        cell = f"`{shown}`" if shown else ""
        lines.append(f"| `{path}` | {cell} | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


def readme():
    text = (HELM / "README.in.md").read_text()
    return text.replace("{{values}}", table((CHART / "values.yaml").read_text()))


def panel(number, wanted):
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": wanted["title"],
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "gridPos": {"x": number % 2 * 12, "y": number // 2 * 8, "w": 12, "h": 8},
        "fieldConfig": {"defaults": {"unit": wanted["unit"], "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": [
            {"refId": chr(ord("A") + index), "legendFormat": str(legend), "expr": query.replace("$rate", "$__rate_interval")}
            for index, (legend, query) in enumerate(wanted["queries"].items())
        ],
    }


def dashboard(name, wanted):
    variables = [{"name": "datasource", "label": "from", "type": "datasource", "query": "prometheus"}]
    if "variable" in wanted:
        label = wanted["variable"]
        query = {"query": f"label_values(up, {label})", "refId": label}
        source = {"type": "prometheus", "uid": "${datasource}"}
        variables.append({"name": label, "type": "query", "datasource": source, "query": query, "refresh": 2, "sort": 1})
    return {
        "uid": f"mallbots-{name}",
        "title": f"MallBots: {wanted['title']}",
        "tags": ["mallbots"],
        "schemaVersion": 41,
        "editable": False,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": variables},
        "panels": [panel(number, each) for number, each in enumerate(wanted["panels"])],
    }


def wanted():
    root = HELM.parent
    files = {CHART / copy: (root / source).read_text() for copy, source in COPIES.items()}
    for name, each in yaml.safe_load((HELM / "dashboards.yaml").read_text()).items():
        files[CHART / f"files/dashboards/{name}.json"] = json.dumps(dashboard(name, each), indent=1) + "\n"
    files[CHART / "README.md"] = readme()
    return files


def main():
    stale = [path for path, text in wanted().items() if not path.is_file() or path.read_text() != text]
    if "--check" not in sys.argv:
        for path in stale:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted()[path])
    for path in stale:
        print(f"{path.relative_to(HELM.parent)} {'differs: run helm/generate.py' if '--check' in sys.argv else 'written'}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
