"""What callers of the Rust project's server saw of it (exchanges.jsonl), they see of two of our nodes: the same requests, in
the same order, get the same statuses and results. Where ours differ on purpose, it is said here."""
import json
import re
import time
import unittest

from node_support import HERE, call, collector, fresh_id, nodes, schedule

GAP_S = 0.05  # between the two parties' requests, so that the order is the recorded one


def scenarios():
    found = {}
    for line in (HERE / "exchanges.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if "scenario" in entry:
            found.setdefault(entry["scenario"], []).append(entry)
    return found


class Scenario:
    """The requests to /schedule with their answers, and the posts to outputs, of one scenario."""

    def __init__(self, entries, urls, collector_url, new_id):
        def place(text):
            for recorded, ours in (("http://party0.example", urls[0]), ("http://party1.example", urls[1]),
                                   ("http://out.example", collector_url)):
                text = text.replace(recorded, ours)
            return text.replace(self.id, new_id)

        requests = [e for e in entries if e["kind"] == "request"]
        answers = {e["id"]: e["status"] for e in entries if e["kind"] == "response"}
        calls = [e for e in requests if e["path"] == "/schedule"]
        self.id = json.loads(calls[0]["body"]["text"])["computation_id"]
        self.calls = [(int(e["to"][-1]), place(e["body"]["text"]), answers.get(e["id"])) for e in calls]
        self.outputs = [(place(e["path"]), json.loads(e["body"]["text"])) for e in requests if e["to"] == "output"]


class Exchanges(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.all = scenarios()
        cls.nodes = cls.enterClassContext(nodes(2))
        cls.collector = cls.enterClassContext(collector())

    def play(self, name):
        """Makes the scenario's calls; the scenario, and our answers."""
        s = Scenario(self.all[name], [n.url for n in self.nodes], self.collector.url, fresh_id())
        calls = []
        for party, body, _ in s.calls:
            calls.append(schedule(self.nodes[party].url, body))
            time.sleep(GAP_S)
        return s, [c.wait() for c in calls]

    def play_same(self, name):
        s, answers = self.play(name)
        self.assertEqual([a.status for a in answers], [status for _, _, status in s.calls], answers)
        for path, body in s.outputs:
            self.assertEqual(self.collector.wait(path), [body])
        return s, answers

    def test_success(self):
        for name in ("success", "success-follower-first", "success-no-constants", "success-leader-1", "success-types"):
            with self.subTest(name):
                _, answers = self.play_same(name)
                self.assertEqual([a.body for a in answers], [b"", b""])

    def test_programs_differ(self):
        s, answers = self.play_same("fail-program-differs")
        self.assertEqual([a.json()["type"] for a in answers], ["Schedule", "StateMachineStopped"])
        self.assertIn("another program", answers[0].json()["details"])

    def test_both_lead(self):
        """There, one waited for ever."""
        _, answers = self.play("fail-leader-differs")
        for answer in answers:
            self.assertEqual((answer.status, answer.json()["type"]), (400, "Schedule"))
            self.assertIn("leader", answer.json()["details"])

    def test_program_is_invalid(self):
        _, answers = self.play_same("fail-invalid-program")
        for answer in answers:
            self.assertEqual(answer.json()["type"], "Schedule")
            self.assertIn("not valid", answer.json()["details"])

    def test_panic(self):
        """What a caller may look for in the text is there, after a sentence; the columns of that server are one less."""
        s, answers = self.play("fail-panic")
        self.assertEqual([a.status for a in answers], [200, 200])
        for path, recorded in s.outputs:
            posted = self.collector.wait(path)[0]
            mark = re.search(r"Panic\(EvalPanic \{ reason: \w+, panicked_at: ", recorded["details"]).group()
            self.assertEqual(posted["type"], "error")
            self.assertIn(mark, posted["details"])

    def test_input_of_another_type(self):
        """Both are told at once; who is not to see the input is not told what was in it."""
        s, answers = self.play("fail-input-type")
        self.assertEqual([a.status for a in answers], [200, 200])
        told = {path[:9]: self.collector.wait(path)[0] for path, _ in s.outputs}
        self.assertEqual({t["type"] for t in told.values()}, {"error"})
        self.assertIn("party 1 stopped: its input cannot be used", told["/output/0"]["details"])
        self.assertIn("u32", told["/output/1"]["details"])

    def test_constant_is_missing(self):
        """There, both waited until the servers were stopped."""
        s, answers = self.play("fail-constant-missing")
        self.assertEqual([a.status for a in answers], [200, 200])
        for path, recorded in s.outputs:
            posted = self.collector.wait(path)[0]
            self.assertEqual(posted["type"], "error")
            self.assertIn("PARTY_1::", posted["details"])

    def test_twice(self):
        """Both calls get the answer, and the computation runs once."""
        s, answers = self.play("twice")
        self.assertEqual([a.status for a in answers], [200, 200, 200], answers)
        for path, body in s.outputs:
            self.assertEqual(self.collector.wait(path), [body])

    def test_output_that_answers_503_or_404(self):
        """There, the result was lost at the first 404."""
        for name, status in (("output-503", 503), ("output-404", 404)):
            s = Scenario(self.all[name], [n.url for n in self.nodes], self.collector.url, fresh_id())
            path = s.outputs[0][0]
            self.collector.statuses[path] = [status, status]
            calls = [schedule(self.nodes[party].url, body) for party, body, _ in s.calls]
            self.assertEqual([c.wait().status for c in calls], [200, 200])
            self.assertEqual(self.collector.wait(path, 3), 3 * [s.outputs[0][1]])

    def test_paths(self):
        """Participants' URLs with paths work, which there they did not."""
        s, answers = self.play("paths")
        self.assertEqual([a.status for a in answers], [200, 200], answers)

    def test_requests_that_are_wrong(self):
        """The statuses are the same."""
        entries = self.all["fail-requests"]
        answers = {e["id"]: e for e in entries if e["kind"] == "response"}
        for e in entries:
            if e["kind"] != "request" or e["path"] in ("/run", "/consts", "/validate", "/swagger"):
                continue
            body = e["body"].get("text", "x" * e["body"].get("bytes", 0))
            ours = call(self.nodes[0].url, e["method"], e["path"], body, dict(e["headers"]))
            with self.subTest(f"{e['method']} {e['path']} {body[:60]}"):
                self.assertEqual(ours.status, answers[e["id"]]["status"], ours)
                if ours.status == 405:
                    theirs = dict(answers[e["id"]]["headers"])["allow"]
                    self.assertEqual(ours.headers["Allow"].replace(" ", ""), theirs)

    def test_numbers_of_parties_out_of_range(self):
        """Refused at once; there, both waited for ever."""
        _, answers = self.play("fail-party-out-of-range")
        self.assertEqual([a.status for a in answers], [422, 422], answers)


if __name__ == "__main__":
    unittest.main()
