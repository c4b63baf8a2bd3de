"""What is derived from the topology is what the programs were compiled with: `mall topology`."""

import re
import unittest

import yaml

from chart import FLAVOURS, ROOT, SERVICES, environment_of, of_kind, render, topology

PART_OF = {"app.kubernetes.io/part-of": "mallbots"}


def topics(flows):
    return {flow["topic"] for flow in flows}


class Topology(unittest.TestCase):
    maxDiff = None

    def test_the_services_are_those_of_the_topology(self):
        self.assertEqual([service["name"] for service in topology()["services"]], SERVICES)

    def test_topics(self):
        declared = {topic["name"]: (topic["partitions"], topic["retentionMs"] or -1) for topic in topology()["topics"]}
        rendered = of_kind("KafkaTopic", render(*FLAVOURS["dev"]))
        self.assertEqual({name: (item["spec"]["partitions"], item["spec"]["config"]["retention.ms"]) for name, item in rendered.items()}, declared)

    def test_topics_of_a_kafka_without_an_operator(self):
        script = of_kind("ConfigMap", render(*FLAVOURS["prod"]))["mallbots-topics"]["data"]["topics.sh"]
        made = {name: (int(count), int(ms)) for name, count, ms in re.findall(r"^topic (\S+) (\d+) (-?\d+)$", script, re.M)}
        self.assertEqual(made, {topic["name"]: (topic["partitions"], topic["retentionMs"] or -1) for topic in topology()["topics"]})

    def test_rights(self):
        for declared in topology()["services"]:
            acls = of_kind("KafkaUser", render(*FLAVOURS["dev"]))[declared["name"]]["spec"]["authorization"]["acls"]
            may = {(acl["resource"]["type"], acl["resource"]["name"], operation) for acl in acls for operation in acl["operations"]}
            self.assertEqual({right for right in may if right[2] != "Describe"}, rights(declared), declared["name"])
            self.assertFalse([acl for acl in acls if acl["resource"]["patternType"] != "literal"])

    def test_rights_on_a_kafka_without_an_operator(self):
        script = of_kind("ConfigMap", render(*FLAVOURS["prod"]))["mallbots-topics"]["data"]["topics.sh"]
        given = set(re.findall(r'^may "User:(\S+)" (\S+) (\S+) (\S+)$', script, re.M))
        declared = {(each["name"], operation, kind, name) for each in topology()["services"] for kind, name, operation in rights(each)}
        self.assertEqual(given, declared)

    def test_peers(self):
        deployments = of_kind("Deployment", render())
        for declared in topology()["services"]:
            told = environment_of(deployments[declared["name"]])
            peers = {key.removeprefix("MALL__PEERS__").lower(): value for key, value in told.items() if key.startswith("MALL__PEERS__")}
            self.assertEqual(peers, {peer: f"http://{peer}:8100" for peer in declared["calls"]}, declared["name"])

    def test_who_may_talk_to_whom(self):
        policies = of_kind("NetworkPolicy", render())
        apis = set(service["name"] for service in topology()["services"]) - {"cosec", "notifications"}
        for declared in topology()["services"]:
            spec = policies[declared["name"]]["spec"]
            callers = {each["name"] for each in topology()["services"] if declared["name"] in each["calls"]}
            callers |= {"gateway"} if declared["name"] in apis else set()
            self.assertEqual(ours(spec["ingress"], "from", "grpc"), callers, declared["name"])
            self.assertEqual(ours(spec["egress"], "to", 8100), set(declared["calls"]), declared["name"])
            self.assertEqual(spec["policyTypes"], ["Ingress", "Egress"])
        self.assertEqual(ours(policies["gateway"]["spec"]["egress"], "to", 8100), apis)

    def test_everything_else_is_denied(self):
        policy = of_kind("NetworkPolicy", render())["mallbots-deny-all"]["spec"]
        self.assertEqual(policy, {"podSelector": {"matchLabels": PART_OF}, "policyTypes": ["Ingress", "Egress"]})

    def test_scalers(self):
        for flavour in ("prod", "watched"):
            scaled, by_cpu = (of_kind(kind, render(*FLAVOURS[flavour])) for kind in ("ScaledObject", "HorizontalPodAutoscaler"))
            for declared in topology()["services"]:
                name = declared["name"]
                if not declared["consumes"]:
                    self.assertIn(name, by_cpu)
                    continue
                spec = scaled[name]["spec"]
                triggers = [trigger["metadata"] for trigger in spec["triggers"] if trigger["type"] == "kafka"]
                self.assertEqual({trigger["topic"] for trigger in triggers}, topics(declared["consumes"]), name)
                self.assertEqual({trigger["consumerGroup"] for trigger in triggers}, {name})
                fewest = min(topic["partitions"] for topic in topology()["topics"] if topic["name"] in topics(declared["consumes"]))
                self.assertLessEqual(spec["maxReplicaCount"], fewest)

    def test_figures_of_everything_are_read(self):
        self.assertEqual(set(of_kind("PodMonitor", render(*FLAVOURS["watched"]))), {*SERVICES, "gateway"})


class Compose(unittest.TestCase):
    """What Docker runs is the same fleet."""

    def test_services_databases_and_peers(self):
        services = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]
        databases = re.findall(r"^create database (\w+);$", (ROOT / "deploy/compose/databases.sql").read_text(), re.M)
        self.assertEqual(databases, SERVICES)
        for declared in topology()["services"]:
            told = services[declared["name"]]["environment"]
            peers = {key: value for key, value in told.items() if key.startswith("MALL__PEERS__")}
            self.assertEqual(peers, {f"MALL__PEERS__{peer.upper()}": f"http://{peer}:8100" for peer in declared["calls"]})
            self.assertTrue(told["MALL__DATABASE__URL"].endswith("/" + declared["name"]))


def rights(declared):
    """(kind, name, operation) of all that a service needs on Kafka."""
    needed = {("topic", topic, "Write") for topic in topics(declared["publishes"])}
    needed |= {("topic", topic, "Read") for topic in topics(declared["consumes"])}
    return needed | ({("group", declared["name"], "Read")} if declared["consumes"] else set())


def ours(rules, way, port):
    """Parts of the mall that a policy names for a port."""
    named = set()
    for rule in rules:
        if [each["port"] for each in rule["ports"]] != [port]:
            continue
        for peer in rule[way]:
            labels = peer["podSelector"]["matchLabels"]
            assert labels.items() >= PART_OF.items(), labels
            named.add(labels["app.kubernetes.io/name"])
    return named


if __name__ == "__main__":
    unittest.main()
