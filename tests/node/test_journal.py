"""The audit log of a running node: who asked for what, who decided, how it ended, and never any data."""
import hashlib
import json
import os
import socket
import unittest

from node_support import ADD, JSON, call, fresh_id, organisations, policies, polytune

INPUT = 40904  # of party 0; the result is 81809
RESULT = {"NumUnsigned": [81809, "U32"]}


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Journal(unittest.TestCase):
    def setUp(self):
        (self.a, self.b) = self.enterContext(organisations("hospital-a", "hospital-b"))
        for one in (self.a, self.b):
            one.add_caller("lab", "schedule")
            one.add_caller("officer", "read", "approve")
            one.add_caller("root", "admin")

    def start(self, rules_a="", rules_b=""):
        for one, other, rules in ((self.a, self.b, rules_a), (self.b, self.a, rules_b)):
            one.configure([other], rules)
            one.start()

    def lines(self, one=None):
        return [json.loads(line) for line in (one or self.a).folder.joinpath("audit.log").read_text().splitlines()]

    def events(self, id, one=None):
        return [line["event"] for line in self.lines(one) if line.get("computation") == id]

    def of(self, id, event, one=None):
        return [line for line in self.lines(one) if line.get("computation") == id and line["event"] == event][0]

    def verify(self, one=None, *flags):
        return polytune("node", "audit", "--verify", f"--config={(one or self.a).folder / 'node.yaml'}", *flags)

    def policies(self, **more):
        numbers = [{"NumUnsigned": [INPUT + i, "U32"]} for i in range(2)]
        return policies([self.a.url, self.b.url], inputs=numbers, **more)

    def test_from_asking_to_the_result(self):
        rule = f"  - name: adding\n    decision: allow\n    programs: [{sha(ADD)}]\n"
        self.start(rule)
        p = self.policies()
        id = p[0]["computation_id"]
        calls = [one.schedule("lab", q) for one, q in zip((self.a, self.b), p)]
        self.b.wait_state("officer", id, "pending")
        self.assertEqual(self.b.approve("officer", id).status, 200)
        self.assertEqual([c.wait().status for c in calls], [200, 200])
        for one in (self.a, self.b):
            one.wait_state("lab", id, "done")
        result = self.a.call("lab", "GET", f"/computations/{id}/result").json()
        self.assertEqual(result["details"], RESULT)
        self.assertEqual(self.events(id), ["scheduled", "allowed", "begun", "ended", "fetched"])
        # Another thread may take it up before the line that says it is approved.
        self.assertEqual([event for event in self.events(id, self.b) if event != "approved"], ["scheduled", "waits for a person", "to be approved", "allowed", "begun", "ended"])
        self.assertEqual(self.of(id, "approved", self.b)["who"], "officer")
        scheduled = self.of(id, "scheduled")
        self.assertEqual((scheduled["caller"], scheduled["program_sha256"], scheduled["party"]), ("lab", sha(ADD), 0))
        self.assertEqual(scheduled["participants"], [{"url": self.a.url}, {"url": self.b.url, "name": "hospital-b", "key": self.b.key}])
        self.assertEqual(scheduled["output_parties"], [0, 1])
        self.assertEqual(self.of(id, "allowed")["by"], "rule adding")
        shown = self.b.call("officer", "GET", f"/computations/{id}").json()["policy_sha256"]
        for event in ("scheduled", "waits for a person", "approved", "allowed"):
            self.assertEqual(self.of(id, event, self.b)["policy_sha256"], shown, event)
        self.assertEqual(self.of(id, "approved", self.b)["who"], "officer")
        self.assertEqual(self.of(id, "allowed", self.b)["by"], "person officer")
        self.assertGreater(self.of(id, "begun")["and_gates"], 30)
        ended = self.of(id, "ended")
        self.assertEqual(ended["outcome"], "done")
        self.assertEqual(ended["result_sha256"], sha(json.dumps(RESULT, separators=(",", ":"))))
        self.assertGreater(ended["milliseconds"], 0)
        for one in (self.a, self.b):
            text = one.folder.joinpath("audit.log").read_text()
            for secret in (str(INPUT), str(INPUT + 1), "81809", *one.tokens.values()):
                self.assertNotIn(secret, text)
        # The head that a running node shows is in the log that it leaves.
        metrics = self.a.call("root", "GET", "/metrics").body.decode()
        head = metrics.split('polytune_node_audit_head{hash="')[1].split("\n")[0]
        digest, seq = head.split('"} ')
        self.a.node.stop()
        done = self.verify(self.a, f"--head={seq}:{digest}")
        self.assertEqual(done.status, 0, done)
        self.assertNotIn("not signed", done.err)

    def test_what_was_refused(self):
        self.start("  - name: never\n    decision: deny\n")
        for _ in range(40):
            self.assertEqual(call(self.a.url, "POST", "/schedule", {}, {**JSON, "Authorization": "Bearer \xe9\xff"}).status, 401)
        self.assertEqual(self.a.call("officer", "POST", "/schedule", {}).status, 403)
        refused = [line for line in self.lines() if line["event"] == "request refused"]
        self.assertEqual(len(refused), 31)  # a flood does not fill the disk, nor hide what others do
        self.assertEqual((refused[-1]["who"], refused[-1]["status"]), ("officer", 403))
        self.assertEqual((refused[0]["path"], refused[0]["status"], refused[0]["who"]), ("/schedule", 401, ""))
        p = self.policies()[0]
        self.assertEqual(self.a.schedule("lab", p).wait().status, 403)
        id = p["computation_id"]
        self.assertEqual(self.events(id), ["scheduled", "refused", "ended"])
        self.assertEqual(self.of(id, "refused")["why"], "rule 'never' denies it")

    def test_each_that_is_hostile_has_a_line(self):
        for one in (self.a, self.b):
            one.add_caller("other", "schedule")
        self.start(f"  - name: adding\n    decision: allow\n    programs: [{sha(ADD)}]\n")
        p = self.policies()[0]
        id = p["computation_id"]
        self.a.schedule("lab", p)
        self.a.wait_state("officer", id, "waiting")
        host, port = self.a.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 30) as peer:
            peer.sendall(f"POST /schedule HTTP/1.1\r\nHost: x\r\nAuthorization: {self.a.auth('lab')['Authorization']}\r\n"
                         "Content-Type: application/json\r\nContent-Length: 34000000\r\n\r\n".encode())
            self.assertIn(b" 413 ", peer.recv(100))
        message = {"X-Polytune-Session": id, "X-Polytune-Client": "0" * 32, "X-Polytune-To": "0", "X-Polytune-Seq": "1"}
        new = lambda **more: {**p, "computation_id": fresh_id(), **more}
        one, all = "/computations/I", f"/computations/{id}"
        for who, method, path, body, status, noted in (
                (None, "POST", "/schedule", p, 401, "/schedule"), ("officer", "POST", "/schedule", p, 403, "/schedule"),
                ("lab", "POST", "/schedule", "{", 400, "/schedule"), ("lab", "POST", "/schedule", "[]", 422, "/schedule"),
                ("lab", "POST", "/schedule", new(constants={"PARTY_7::N": "1"}), 422, "/schedule"),
                ("lab", "POST", "/schedule", new(party=2), 422, "/schedule"),
                ("lab", "POST", "/schedule", {**p, "leader": 1}, 400, "/schedule"), ("other", "POST", "/schedule", p, 400, "/schedule"),
                ("other", "GET", all, None, 404, one), ("other", "DELETE", all, None, 404, one),
                ("other", "GET", all + "/result", None, 404, one + "/result"), ("officer", "DELETE", all, None, 403, one),
                ("lab", "POST", all + "/approve", {}, 403, one + "/approve"), ("lab", "GET", "/metrics", None, 403, "/metrics"),
                ("officer", "POST", all + "/approve", [], 422, one + "/approve"), ("lab", "GET", "/computations/x", None, 400, one),
                ("lab", "PUT", "/schedule", None, 405, "/schedule"), ("lab", "GET", "/no/such/path", None, 404, "")):
            answer = self.a.call(who, method, path, body)
            self.assertEqual(answer.status, status, (who, method, path, answer))
            last = self.lines()[-1]
            self.assertEqual((last["event"], last["path"], last["status"]), ("request refused", noted, status), (who, method, path))
            self.assertIn(last["who"], (who or "", ""))
        for path, headers, status in ((f"/msg/{id}/9", message, 404), (f"/msg/{id}/-1", message, 400), (f"/msg/{id}/1", message, 403)):
            self.assertEqual(call(self.a.url, "POST", path, b"hello", headers).status, status, path)
            self.assertEqual((self.lines()[-1]["path"], self.lines()[-1]["status"]), ("/msg/", status))
        self.assertIn((413, "lab"), [(line["status"], line["who"]) for line in self.lines() if line["event"] == "request refused"])
        self.assertEqual([line["computation"] for line in self.lines() if line["event"] == "allowed"], [id])

    def test_denied_and_deleted(self):
        self.start()
        for decision, body, events in (("deny", {"why": "no consent"}, ["to be denied", "denied", "ended"]), (None, None, ["to be deleted", "deleted"])):
            p = self.policies()[0]
            id = p["computation_id"]
            self.a.schedule("lab", p)
            self.a.wait_state("officer", id, "pending")
            if decision:
                self.assertEqual(self.a.call("officer", "POST", f"/computations/{id}/deny", body).status, 200)
                self.assertEqual(self.of(id, "denied")["why"], "no consent")
            else:
                self.assertEqual(self.a.call("lab", "DELETE", f"/computations/{id}").status, 204)
            self.assertEqual(self.events(id), ["scheduled", "waits for a person", *events])

    def test_the_rule_that_allows_it_in_the_end(self):
        """Gates are counted once the program is compiled: another rule than at first may be the one, and it is its run."""
        both = f"  - name: small\n    decision: allow\n    programs: [{sha(ADD)}]\n    max-ands: 3\n    runs-a-day: 1\n"
        both += f"  - name: large\n    decision: allow\n    programs: [{sha(ADD)}]\n    max-ands: 1000\n    runs-a-day: 1\n"
        self.start(both, f"  - name: any\n    decision: allow\n    programs: [{sha(ADD)}]\n")
        p = self.policies()
        id = p[0]["computation_id"]
        for c in [one.schedule("lab", q) for one, q in zip((self.a, self.b), p)]:
            self.assertEqual(c.wait().status, 200)
        self.a.wait_state("lab", id, "done")
        self.assertEqual([line["by"] for line in self.lines() if line["event"] == "allowed"], ["rule small", "rule large"])
        self.assertEqual(self.a.call("officer", "GET", f"/computations/{id}").json()["allowed_by"], "rule large")
        # Both have had their run of the day.
        self.a.schedule("lab", again := self.policies()[0])
        self.a.wait_state("officer", again["computation_id"], "pending")

    def test_what_no_rule_allows_in_the_end(self):
        self.start(f"  - name: small\n    decision: allow\n    programs: [{sha(ADD)}]\n    max-ands: 3\n",
                   f"  - name: any\n    decision: allow\n    programs: [{sha(ADD)}]\n")
        p = self.policies()
        id = p[0]["computation_id"]
        for c in [one.schedule("lab", q) for one, q in zip((self.a, self.b), p)]:
            self.assertEqual(c.wait().status, 200)
        self.a.wait_state("lab", id, "failed")
        self.assertEqual(self.events(id), ["scheduled", "allowed", "refused", "ended"])
        self.assertIn("3 is the most", self.of(id, "refused")["why"])

    def test_nothing_happens_that_cannot_be_written(self):
        self.start()
        p = self.policies()[0]
        self.a.schedule("lab", p)
        self.a.wait_state("officer", p["computation_id"], "pending")
        log = self.a.folder / "audit.log"
        log.rename(self.a.folder / "taken.log")
        other = self.policies()[0]
        answer = self.a.schedule("lab", other).wait()
        self.assertEqual((answer.status, answer.json()["type"]), (503, "Audit"))
        self.assertIsNone(self.a.state("officer", other["computation_id"]))
        answer = self.a.approve("officer", p["computation_id"])
        self.assertEqual(answer.status, 503, answer)
        answer = self.a.call("officer", "POST", f"/computations/{p['computation_id']}/deny", {"why": "x"})
        self.assertEqual(answer.status, 503, answer)
        self.assertEqual(self.a.state("officer", p["computation_id"]), "pending")

    def test_killed_and_started_again(self):
        self.start()
        p = self.policies()[0]
        self.a.schedule("lab", p)
        self.a.wait_state("officer", p["computation_id"], "pending")
        self.a.node.kill()
        with self.a.folder.joinpath("audit.log").open("ab") as log:
            log.write(b'{"seq":5,"prev":"')
        self.assertEqual(self.verify().status, 0)
        self.a.start()
        self.assertEqual(self.a.state("officer", p["computation_id"]), "pending")
        done = self.verify()
        self.assertEqual(done.status, 0, done)
        self.assertIn('"bytes_of_half_a_line_cut_off":17', self.a.folder.joinpath("audit.log").read_text())

    def test_a_changed_log(self):
        """A node does not go on with it, and says what to do."""
        self.start()
        p = self.policies()[0]
        self.a.schedule("lab", p)
        self.a.wait_state("officer", p["computation_id"], "pending")
        self.a.node.stop()
        log = self.a.folder / "audit.log"
        log.write_text(log.read_text().replace('"caller":"lab"', '"caller":"you"', 1))
        started = polytune("node", f"--config={self.a.folder / 'node.yaml'}")
        self.assertEqual(started.status, 4, started)
        for text in ("was changed", "line 3 was changed", "Move it away"):
            self.assertIn(text, started.err)
        log.rename(self.a.folder / "evidence.log")
        self.a.start()

    def test_one_log_for_one_node(self):
        self.start()
        self.b.node.kill()
        self.b.folder.joinpath("audit.log").unlink()
        self.b.folder.joinpath("audit.log").symlink_to(self.a.folder / "audit.log")
        second = polytune("node", f"--config={self.b.folder / 'node.yaml'}")
        self.assertEqual(second.status, 4, second)
        self.assertIn("another process writes the audit log", second.err)

    def test_configurations_are_noted(self):
        self.start()
        config = self.a.folder / "node.yaml"
        first = sha(config.read_text())
        config.write_text(config.read_text() + "# more\n")
        self.a.node.process.process.send_signal(1)
        self.a.node.process.read_err_until(r"read again")
        noted = [line["sha256"] for line in self.lines() if line["event"] == "configured"]
        self.assertEqual(noted, [first, sha(config.read_text())])


if __name__ == "__main__":
    unittest.main()
