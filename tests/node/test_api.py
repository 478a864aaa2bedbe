"""The document of the interface says what the node does: every path and method of it is answered with a status that it lists, also
to nonsense, and there is a page that shows it."""
import json
import random
import socket
import unittest

from node_support import JSON, call, fresh_id, nodes, policies

SEED = 1
ROUNDS = 40


class Api(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node, = cls.enterClassContext(nodes(1, "--wait=1"))
        cls.document = call(cls.node.url, "GET", "/api.json", headers={}).json()

    def response(self, operation, status):
        found = operation["responses"].get(str(status))
        if found and "$ref" in found:
            found = self.document["components"]["responses"][found["$ref"].rsplit("/", 1)[1]]
        return found

    def ask(self, path, method, body=None, headers=None, id=None):
        operation = self.document["paths"][path][method]
        answer = call(self.node.url, method.upper(), path.replace("{id}", id or fresh_id()), body, headers)
        found = self.response(operation, answer.status)
        self.assertIsNotNone(found, f"{method} {path} {body!r}: {answer}")
        types = found.get("content")
        if types and method != "head":
            self.assertIn(answer.headers["Content-Type"].split(";")[0], types, f"{method} {path}: {answer}")
            if "application/json" in answer.headers["Content-Type"]:
                answer.json()
        return answer

    def operations(self):
        for path, methods in self.document["paths"].items():
            for method in methods:
                if method != "parameters":
                    yield path, method

    def test_every_operation_answers_as_documented(self):
        self.assertEqual(self.document["openapi"], "3.1.0")
        for path, method in self.operations():
            with self.subTest(f"{method} {path}"):
                self.ask(path, method, headers={})
                self.ask(path, method, b"\xff{", JSON)
                if "{id}" in path:
                    self.assertEqual(self.ask(path, method, id="x").status, 400)

    def test_other_methods_are_405(self):
        for path in self.document["paths"]:
            allowed = {m.upper() for m in self.document["paths"][path]} - {"PARAMETERS"}
            for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"} - allowed:
                answer = call(self.node.url, method, path.replace("{id}", fresh_id()), None, {})
                self.assertEqual(answer.status, 405, (method, path))
                self.assertLessEqual(allowed, set(answer.headers["Allow"].replace(" ", "").split(",")))

    def test_nonsense_is_refused_as_documented(self):
        rng = random.Random(SEED)
        odd = [None, True, -1, 2**64, 1.5, "", "x" * 300, "\ud800", [], {}, [[]], {"a": {"b": []}}, "http://", "00000000"]
        for _ in range(ROUNDS):
            policy = policies([self.node.url, "http://127.0.0.1:9"])[0]
            for member in rng.sample(sorted(policy), rng.randrange(1, 3)):
                if rng.random() < 0.2:
                    del policy[member]
                else:
                    policy[member] = rng.choice(odd)
            answer = self.ask("/schedule", "post", json.dumps(policy))
            self.assertNotIn(answer.status, (503,))

    def test_too_large(self):
        """Refused by what the head announces."""
        host, port = self.node.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 30) as peer:
            peer.sendall(b"POST /schedule HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 34000000\r\n\r\n")
            self.assertIn(b" 413 ", peer.recv(100))

    def test_page(self):
        answer = call(self.node.url, "GET", "/", headers={})
        self.assertEqual(answer.status, 200)
        self.assertIn(b"api.json", answer.body)


if __name__ == "__main__":
    unittest.main()
