"""The gateway's settings, as the chart renders them, in the real Envoy: valid, and hard to abuse."""

import http.client
import json
import os
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from chart import FLAVOURS, of_kind, render


def settings(*arguments):
    return json.loads(of_kind("ConfigMap", render(*arguments))["gateway"]["data"]["envoy.json"])


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def on_this_machine(envoy, folder, stores=None):
    """The same settings on loopback, with ports and files of this test, and the ports. Services are nowhere; but for stores,
    which may listen and never answer."""
    ports = {port: free_port() for port in (8080, 8081, 8082, 8443)}
    text = json.dumps(envoy).replace("/gateway/fleet.bin", f"{folder}/fleet.bin").replace("/etc/envoy", folder)
    text = text.replace("0.0.0.0", "127.0.0.1").replace("/dev/stdout", f"{folder}/access.log")
    for port, other in ports.items():
        text = text.replace(f'"port_value": {port}}}', f'"port_value": {other}}}')
    envoy = json.loads(text)
    for cluster in envoy["static_resources"]["clusters"]:
        if cluster["name"] == "stores" and stores:
            address = {"socket_address": {"address": "127.0.0.1", "port_value": stores}}
            cluster["load_assignment"]["endpoints"] = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
        elif cluster["name"] != "admin":
            cluster["load_assignment"]["endpoints"] = []
    return envoy, ports


class Gateway(unittest.TestCase):
    """One Envoy for all tests but those that use up what it gives."""

    @classmethod
    def setUpClass(cls):
        cls.gateway = Running("--set=gateway.rateLimit.burst=100000", "--set=gateway.maxConnections=20")

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()

    def test_it_answers_for_services_that_are_away(self):
        self.assertEqual(self.gateway.get("/api/customers/1"), (503, {"code": 14, "message": "the service is not available"}))

    def test_it_is_ready_and_shows_figures_and_nothing_else_of_its_admin_address(self):
        self.assertEqual(self.gateway.ask("GET", "/readyz")[0], 200)
        self.assertIn("envoy_http_downstream_rq_total", self.gateway.ask("GET", "/metrics", port=8082)[1])
        for path in ("/stats/prometheus", "/quitquitquit", "/config_dump", "/metrics/../config_dump"):
            self.assertEqual(self.gateway.ask("GET", path, port=8082)[0], 404, path)

    def test_the_admin_address_is_inside_the_pod(self):
        self.assertEqual(settings()["admin"]["address"]["socket_address"]["address"], "127.0.0.1")

    def test_a_path_has_one_form(self):
        self.assertEqual(self.gateway.get("/api/nothing/../customers/1")[0], 503, "normalized, then routed")
        self.assertEqual(self.gateway.get("//api//customers/1")[0], 503, "slashes merged, then routed")
        self.assertEqual(self.gateway.ask("GET", "/api%2Fcustomers")[0], 400, "an escaped slash is refused")

    def test_too_much_is_refused(self):
        body = b'{"name": "' + b"x" * 1_100_000 + b'"}'
        self.assertEqual(self.gateway.ask("POST", "/api/stores", body)[0], 413, "a body")
        self.assertEqual(self.gateway.ask("GET", "/api/customers/1", headers={"x-long": "x" * 40_000})[0], 431, "a header")
        many = {f"x-{number}": "x" for number in range(80)}
        self.assertEqual(self.gateway.ask("GET", "/api/customers/1", headers=many)[0], 431, "headers")

    def test_a_header_that_another_could_be_mistaken_for_is_refused(self):
        self.assertEqual(self.gateway.ask("GET", "/api/customers/1", headers={"x_real_ip": "192.0.2.1"})[0], 400)

    def test_who_sends_no_headers_is_hung_up_on(self):
        with socket.create_connection(("127.0.0.1", self.gateway.ports[8080])) as slow:
            slow.settimeout(20)
            slow.sendall(b"GET /api/customers/1 HTTP/1.1\r\nhost: x\r\n")
            answer = slow.recv(100)
            self.assertIn(b"408", answer)

    def test_connections_are_limited(self):
        held = []
        try:
            for _ in range(40):
                held.append(socket.create_connection(("127.0.0.1", self.gateway.ports[8080])))
            refused = [one for one in held if is_closed(one)]
            self.assertGreaterEqual(len(refused), 15)
        finally:
            for one in held:
                one.close()

    def test_requests_are_limited(self):
        gateway = Running("--set=gateway.rateLimit.burst=5", "--set=gateway.rateLimit.perSecond=1")
        try:
            answers = [gateway.get("/api/customers/1") for _ in range(12)]
        finally:
            gateway.stop()
        self.assertEqual([status for status, _ in answers[:3]], [503] * 3)
        self.assertIn((429, {"code": 8, "message": "too many requests"}), answers)

    def test_every_flavour_is_valid(self):
        for flavour, arguments in FLAVOURS.items():
            with self.subTest(flavour), tempfile.TemporaryDirectory() as folder:
                prepare(folder)
                envoy, _ = on_this_machine(settings(*arguments), folder)
                file = Path(folder, "envoy.json")
                file.write_text(json.dumps(envoy))
                Path(folder, "certificate.yaml").write_text(certificate(arguments))
                command = [os.environ["ENVOY"], "--mode", "validate", "-l", "error", "-c", str(file)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


def certificate(arguments):
    return of_kind("ConfigMap", render(*arguments))["gateway"]["data"].get("certificate.yaml", "")


def prepare(folder):
    """As the pod's first container does."""
    subprocess.run([os.environ["MALL"], "gateway", "prepare", folder], check=True)


def is_closed(connection):
    connection.settimeout(0.2)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


class Running:
    """An Envoy with the chart's settings."""

    def __init__(self, *arguments):
        self.folder = tempfile.TemporaryDirectory()
        prepare(self.folder.name)
        self.stores = socket.create_server(("127.0.0.1", 0))
        envoy, self.ports = on_this_machine(settings(*arguments), self.folder.name, self.stores.getsockname()[1])
        file = Path(self.folder.name, "envoy.json")
        file.write_text(json.dumps(envoy))
        command = [os.environ["ENVOY"], "-c", str(file), "--disable-hot-restart", "--concurrency", "2", "-l", "error"]
        self.process = subprocess.Popen(command)
        deadline = time.monotonic() + 20
        while not self.is_ready():
            assert time.monotonic() < deadline and self.process.poll() is None, "Envoy does not start"
            time.sleep(0.05)

    def is_ready(self):
        try:
            return self.ask("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def ask(self, method, path, body=None, headers=None, port=8080):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[port], timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def get(self, path):
        status, text = self.ask("GET", path)
        return status, json.loads(text)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.stores.close()
        self.folder.cleanup()


if __name__ == "__main__":
    unittest.main()
