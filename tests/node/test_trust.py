"""Two organisations whose nodes allow what their rules and people allow, and callers who would like more."""
import hashlib
import json
import signal
import sqlite3
import time
import unittest

from node_support import ADD, JSON, call, collector, fresh_id, organisations, policies
from support import polytune, relay
from test_durable import LONG

SUM = """const ROWS: usize = PARTY_0::ROWS;
struct Row { id: u32, days: u32 }
pub fn main(table: [Row; ROWS], most: u32) -> u32 {
    let mut sum = 0u32;
    for row in table { if row.days <= most { sum = sum + row.days } }
    sum
}
"""


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def rule(name, program, **keys):
    text = f"  - name: {name}\n    decision: allow\n    programs: [{sha(program)}]\n"
    return text + "".join(f"    {key.replace('_', '-')}: {value}\n" for key, value in keys.items())


class Trust(unittest.TestCase):
    def setUp(self):
        self.a, self.b = self.enterContext(organisations("hospital-a", "hospital-b"))
        for one in (self.a, self.b):
            one.add_caller("lab", "schedule")
            one.add_caller("other", "schedule")
            one.add_caller("officer", "read", "approve")
            one.add_caller("auditor", "schedule", "read")
            one.add_caller("root", "admin")

    def start(self, rules_a="", rules_b="", more_a="", more_b="", flags=()):
        self.a.configure([self.b], rules_a, more_a)
        self.b.configure([self.a], rules_b, more_b)
        for one in (self.a, self.b):
            one.start(*flags)

    def policies(self, **more):
        return policies([self.a.url, self.b.url], **more)

    def result(self, one, caller, id):
        return one.call(caller, "GET", f"/computations/{id}/result").json()

    def stop_and_read_audit(self, one):
        stopped = one.node.stop()
        self.assertEqual(stopped.status, 0, stopped)
        done = polytune("node", "audit", "--verify", f"--config={one.folder / 'node.yaml'}")
        self.assertEqual(done.status, 0, done)
        return (one.folder / "audit.log").read_text()

    def test_rules_allow(self):
        self.start(rule("adding", ADD), rule("adding", ADD))
        p = self.policies()
        calls = [one.schedule("lab", q) for one, q in zip((self.a, self.b), p)]
        self.assertEqual([c.wait().status for c in calls], [200, 200])
        for one in (self.a, self.b):
            one.wait_state("lab", p[0]["computation_id"], "done")
            self.assertEqual(self.result(one, "lab", p[0]["computation_id"]), {"type": "success", "details": {"NumUnsigned": [81, "U32"]}})
            shown = one.call("officer", "GET", f"/computations/{p[0]['computation_id']}").json()
            self.assertEqual((shown["allowed_by"], shown["caller"], shown["program_sha256"]), ("rule adding", "lab", sha(ADD)))

    def test_a_person_decides(self):
        self.start(rule("adding", ADD))
        p = self.policies()
        id = p[0]["computation_id"]
        calls = [one.schedule("lab", q) for one, q in zip((self.a, self.b), p)]
        self.b.wait_state("officer", id, "pending")
        waiting = self.b.call("officer", "GET", "/computations?state=pending").json()
        self.assertEqual([w["computation_id"] for w in waiting], [id])
        for caller in ("lab", "other", "root"):
            self.assertEqual(self.b.approve(caller, id).status, 403)
        self.assertFalse(any(c.is_over() for c in calls))
        self.assertEqual(self.b.approve("officer", id).status, 200)
        self.assertEqual([c.wait().status for c in calls], [200, 200])
        self.b.wait_state("lab", id, "done")
        self.assertEqual(self.b.call("officer", "GET", f"/computations/{id}").json()["allowed_by"], "person officer")
        self.assertEqual(self.b.approve("officer", id).status, 409)

    def test_an_approval_is_for_the_whole_policy(self):
        """What was looked at may be withdrawn, and something else be scheduled under its id."""
        self.a.write("days.csv", "1\n")
        self.start(more_a='sources:\n  - {name: days, from: "@days.csv"}\n')
        first = self.policies(program=ADD + ADD.replace("main", "other"), constants={"N": {"NumUnsigned": [4, "Usize"]}})[0]
        id = first["computation_id"]
        self.a.schedule("lab", first)
        self.a.wait_state("officer", id, "pending")
        seen = self.a.call("officer", "GET", f"/computations/{id}").json()
        self.assertEqual((seen["function"], seen["constants"], seen["output_parties"]), ("main", {"N": "4usize"}, [0, 1]))
        self.assertEqual(self.a.call("officer", "GET", "/computations").json()[0]["policy_sha256"], seen["policy_sha256"])
        approval = {"policy_sha256": seen["policy_sha256"], "program_sha256": seen["program_sha256"]}
        for change in ({"function": "other"}, {"constants": {"N": {"NumUnsigned": [5, "Usize"]}}}, {"constants": {}}, {"leader": 1},
                       {"input": {"source": "days"}}, {"output": "http://127.0.0.1:9/"}, {"output_parties": [1]},
                       {"participants": [self.a.url, self.b.url + "/"]}):
            self.assertEqual(self.a.call("lab", "DELETE", f"/computations/{id}").status, 204)
            self.a.schedule("lab", {**first, **change})
            self.a.wait_state("officer", id, "pending")
            answer = self.a.call("officer", "POST", f"/computations/{id}/approve", approval)
            self.assertEqual((answer.status, answer.json()["type"]), (409, "OtherPolicy"), change)
            self.assertEqual(self.a.state("officer", id), "pending")
        for nothing in (None, {}, {"program_sha256": seen["program_sha256"]}):
            answer = self.a.call("officer", "POST", f"/computations/{id}/approve", nothing)
            self.assertEqual(answer.status, 400, answer)
            self.assertIn("policy_sha256 is missing", answer.json()["details"])
        self.assertEqual(self.a.call("lab", "DELETE", f"/computations/{id}").status, 204)
        self.a.schedule("lab", first)
        self.a.wait_state("officer", id, "pending")
        self.assertEqual(self.a.call("officer", "POST", f"/computations/{id}/approve", approval).status, 200)

    def test_a_person_denies(self):
        """The other party hears of it, and why."""
        self.start(rule("adding", ADD))
        p = self.policies()
        id = p[0]["computation_id"]
        calls = [one.schedule("lab", q) for one, q in zip((self.a, self.b), p)]
        self.b.wait_state("officer", id, "pending")
        self.assertEqual(self.b.call("officer", "POST", f"/computations/{id}/deny", {"why": 5}).status, 422)
        self.assertEqual(self.b.call("officer", "POST", f"/computations/{id}/deny", {"why": "no consent"}).status, 200)
        answers = [c.wait() for c in calls]
        self.assertEqual([a.status for a in answers], [500, 403], answers)
        for answer in answers:
            self.assertIn("denied: no consent", answer.json()["details"])

    def test_rules_refuse(self):
        self.start("  - name: never\n    decision: deny\n", rule("adding", ADD))
        p = self.policies()
        calls = [one.schedule("lab", q) for one, q in zip((self.a, self.b), p)]
        answers = [c.wait() for c in calls]
        self.assertEqual([a.status for a in answers], [403, 500], answers)
        self.assertIn("never", answers[0].json()["details"])
        self.assertIn("it is not allowed there", answers[1].json()["details"])

    def test_sources_outputs_and_rows(self):
        """The caller names tables, and sees none; too few rows are no result."""
        self.a.write("days.csv", "id,days\n" + "".join(f"{i},{i}\n" for i in range(1, 11)))
        self.a.write("few.csv", "id,days\n1,1\n")
        more = "sources:\n" + "".join(f'  - name: {n}\n    from: "@{n}.csv"\n    header: true\n    rows: ROWS\n' for n in ("days", "few"))
        more += "outputs:\n  - name: sums\n    to: sqlite:sums\n    table: sums\n"
        allowed = rule("summing", SUM, sources="[days, few]", outputs="[sums]", min_rows=5)
        self.start(allowed, rule("summing", SUM), more)
        inputs = [{"source": "days"}, {"NumUnsigned": [4, "U32"]}]
        p = self.policies(program=SUM, inputs=inputs)
        p[0]["output"] = {"output": "sums"}
        calls = [one.schedule("lab", q) for one, q in zip((self.a, self.b), p)]
        self.assertEqual([c.wait().status for c in calls], [200, 200])
        id = p[0]["computation_id"]
        self.b.wait_state("lab", id, "done", "failed")
        self.a.wait_state("lab", id, "done", "failed")
        self.assertEqual(self.result(self.b, "lab", id), {"type": "success", "details": {"NumUnsigned": [10, "U32"]}})
        self.assertEqual(self.result(self.a, "lab", id), {"type": "success", "details": {"output": "sums"}})
        with sqlite3.connect(self.a.folder / "sums") as db:
            self.assertEqual(db.execute("SELECT * FROM sums").fetchall(), [(10,)])
        # Nobody decides for less than five rows; nor may a caller say how many there are.
        few = self.policies(program=SUM, inputs=[{"source": "few"}, inputs[1]])
        few[0]["output"] = {"output": "sums"}
        self.a.schedule("lab", few[0])
        self.a.wait_state("lab", few[0]["computation_id"], "pending")
        said = self.policies(program=SUM, inputs=inputs)
        said[0]["constants"] = {"ROWS": {"NumUnsigned": [1, "Usize"]}}
        self.a.schedule("lab", said[0])
        self.a.wait_state("lab", said[0]["computation_id"], "pending", "failed")
        unknown = self.policies(program=SUM, inputs=[{"source": "nothing"}, inputs[1]])
        self.assertEqual(self.a.schedule("lab", unknown[0]).wait().status, 403)

    def test_a_source_that_cannot_be_read(self):
        """The other party is told of the input, not that the program lacks the rows it should have given."""
        more = 'sources:\n  - {name: days, from: "@days.csv", header: true, rows: ROWS}\n'
        self.start(rule("summing", SUM, sources="[days]"), rule("summing", SUM), more)
        p = self.policies(program=SUM, inputs=[{"source": "days"}, {"NumUnsigned": [4, "U32"]}])
        for leader in (0, 1):
            q = [{**one, "computation_id": fresh_id() if i == 0 else None, "leader": leader} for i, one in enumerate(p)]
            q[1]["computation_id"] = id = q[0]["computation_id"]
            calls = [one.schedule("lab", r) for one, r in zip((self.a, self.b), q)]
            for c in calls:
                c.wait()
            for one in (self.a, self.b):
                one.wait_state("lab", id, "failed")
            self.assertIn("days.csv", self.result(self.a, "lab", id)["details"])
            self.assertEqual(self.result(self.b, "lab", id)["details"], "Error: party 0 stopped: its input cannot be used\n")

    def test_a_source_without_the_names_of_its_columns(self):
        """No row is lost in silence: the configuration has to say what the first line is."""
        counted = "const ROWS: usize = PARTY_0::ROWS;\npub fn main(table: [(u32, u32); ROWS], more: u32) -> u32 { table[0usize].1 + more }\n"
        self.a.write("days.csv", "".join(f"{i},{i}\n" for i in range(7, 17)))
        more = 'sources:\n  - {name: days, from: "@days.csv", rows: ROWS}\n  - {name: rows, from: "@days.csv", header: false, rows: ROWS}\n'
        self.start(rule("counting", counted, sources="[days, rows]"), rule("counting", counted), more)
        for source, state in (("days", "failed"), ("rows", "done")):
            p = self.policies(program=counted, inputs=[{"source": source}, {"NumUnsigned": [4, "U32"]}])
            calls = [one.schedule("lab", q) for one, q in zip((self.a, self.b), p)]
            for c in calls:
                c.wait()
            self.a.wait_state("lab", p[0]["computation_id"], "done", "failed")
            details = self.result(self.a, "lab", p[0]["computation_id"])["details"]
            if state == "failed":
                self.assertIn("header: false reads it as a row, header: true as names", details)
            else:
                self.assertEqual(details, {"NumUnsigned": [11, "U32"]})

    def test_hostile_callers(self):
        self.start(rule("adding", ADD), rule("adding", ADD))
        p = self.policies()
        id = p[0]["computation_id"]
        tokens = [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic bGFiOmxhYg==", "Bearer " + "x" * 5000,
                  f"Bearer {self.b.tokens['lab']}", f"bearer{self.a.tokens['lab']}", f"Bearer {self.a.tokens['lab']}x"]
        for token in tokens:
            headers = {**JSON, **({"Authorization": token} if token is not None else {})}
            for method, path in (("POST", "/schedule"), ("GET", "/computations"), ("GET", f"/computations/{id}"),
                                 ("DELETE", f"/computations/{id}"), ("POST", f"/computations/{id}/approve"), ("GET", "/metrics")):
                answer = call(self.a.url, method, path, p[0] if method == "POST" else None, headers)
                self.assertEqual(answer.status, 401, (token, method, path))
        self.assertIsNone(self.a.state("officer", id))
        # Another's computation is as good as none.
        held = self.a.schedule("lab", p[0])
        self.a.wait_state("lab", id, "waiting")
        self.assertEqual(self.a.call("other", "GET", f"/computations/{id}").status, 404)
        self.assertEqual(self.a.call("other", "GET", f"/computations/{id}/result").status, 404)
        self.assertEqual(self.a.call("other", "DELETE", f"/computations/{id}").status, 404)
        self.assertEqual(self.a.call("officer", "DELETE", f"/computations/{id}").status, 403)
        self.assertEqual(self.a.call("other", "GET", "/computations").json(), [])
        # The same id for another policy, by the same caller and by another.
        for caller, policy in (("other", p[0]), ("lab", {**p[0], "program": ADD + " "}),
                               ("lab", {**p[0], "input": {"NumUnsigned": [41, "U32"]}})):
            answer = self.a.schedule(caller, policy).wait()
            self.assertEqual((answer.status, answer.json()["type"]), (400, "Schedule"))
        # Messages in the names of parties, and of nobody.
        for path, status in ((f"/msg/{id}/1", 400), (f"/msg/{id}/9", 404), (f"/msg/{id}/0", 404), (f"/msg/{id}/-1", 400),
                             (f"/msg/{fresh_id()}/1", 404), ("/msg/x/1", 400), (f"/msg/{id}", 400), (f"/x/msg/{id}/1", 404)):
            self.assertEqual(call(self.a.url, "POST", path, b"hello", {}).status, status, path)
        headers = {"X-Polytune-Session": id, "X-Polytune-Client": "0" * 32, "X-Polytune-To": "0", "X-Polytune-Seq": "1"}
        self.assertEqual(call(self.a.url, "POST", f"/msg/{id}/1", b"hello", headers).status, 403)
        # It all changed nothing.
        self.assertFalse(held.is_over())
        self.assertEqual(self.b.schedule("lab", p[1]).wait().status, 200)
        self.assertEqual(held.wait().status, 200)
        self.a.wait_state("lab", id, "done")
        self.assertEqual(self.a.call("other", "GET", f"/computations/{id}/result").status, 404)
        # Nor is the result for everybody who may see that there is one.
        self.assertEqual(self.a.call("officer", "GET", f"/computations/{id}/result").status, 403)
        self.assertEqual(self.a.call("auditor", "GET", f"/computations/{id}").status, 200)
        self.assertEqual(self.a.call("auditor", "GET", f"/computations/{id}/result").status, 403)
        # Late: the same answer. A message for what has ended: gone.
        self.assertEqual(self.a.schedule("lab", p[0]).wait().status, 200)
        self.assertEqual(call(self.a.url, "POST", f"/msg/{id}/1", b"x", {}).status, 410)
        # Each is in the audit log, which holds together, and no token or input is.
        text = self.stop_and_read_audit(self.a)
        lines = [json.loads(line) for line in text.splitlines()]
        events = {line["event"] for line in lines}
        self.assertLessEqual({"request refused", "scheduled", "allowed", "begun", "ended"}, events)
        self.assertEqual([line["outcome"] for line in lines if line["event"] == "ended" and line["computation"] == id], ["done"])
        for secret in (*self.a.tokens.values(), self.b.tokens["lab"], "NumUnsigned"):
            self.assertNotIn(secret, text)

    def test_stranger_as_participant(self):
        """Who is not in the configuration, or is not this node's number, is refused."""
        self.start(rule("adding", ADD))
        p = policies([self.a.url, "http://127.0.0.1:9"])[0]
        answer = self.a.schedule("lab", p).wait()
        self.assertEqual(answer.status, 403, answer)
        p = {**self.policies()[0], "party": 1}
        answer = self.a.schedule("lab", p).wait()
        self.assertEqual(answer.status, 403, answer)

    def test_key_of_another(self):
        """Party 1 has the right URL and the wrong key."""
        self.a.configure([self.b], rule("adding", ADD))
        wrong = self.b.key
        self.b.folder.joinpath("node.key").unlink()
        polytune("keygen", "-o", self.b.folder / "node.key")
        self.b.configure([self.a], rule("adding", ADD))
        self.a.start(), self.b.start()
        self.assertNotEqual(wrong, None)
        calls = [one.schedule("lab", q) for one, q in zip((self.a, self.b), self.policies())]
        answers = [c.wait() for c in calls]
        self.assertEqual([a.status for a in answers], [500, 500], answers)
        details = answers[0].json()["details"]
        self.assertIn("another key than the configuration says", details)
        self.assertNotIn("roster", details)

    def test_runs_a_day(self):
        self.start(rule("adding", ADD, runs_a_day=1), rule("adding", ADD))
        for allowed in (True, False):
            p = self.policies()
            id = p[0]["computation_id"]
            calls = [one.schedule("lab", q) for one, q in zip((self.a, self.b), p)]
            self.a.wait_state("lab", id, "done" if allowed else "pending")
            if not allowed:
                self.assertEqual(self.a.call("lab", "DELETE", f"/computations/{id}").status, 204)
                self.assertEqual(calls[0].wait().status, 500)

    def reload(self, one, other, rules, more=""):
        one.configure([other], rules, more)
        one.node.process.process.send_signal(signal.SIGHUP)
        one.node.process.read_err_until("was read again")

    def test_rules_that_come_while_it_waits_for_a_person(self):
        self.start(rules_b=rule("adding", ADD))
        p = self.policies()
        id = p[0]["computation_id"]
        calls = [one.schedule("lab", q) for one, q in zip((self.a, self.b), p)]
        self.a.wait_state("officer", id, "pending")
        self.reload(self.a, self.b, rule("adding", ADD))
        self.assertEqual([c.wait().status for c in calls], [200, 200])
        self.a.wait_state("lab", id, "done")
        self.assertEqual(self.a.call("officer", "GET", f"/computations/{id}").json()["allowed_by"], "rule adding")

    def test_rules_that_deny_what_waits_for_a_person(self):
        """Who asked may have gone long ago: the output is told."""
        with collector() as out:
            self.start(rules_b=rule("adding", ADD))
            p = self.policies(outputs=[out.url + "/0", None])[0]
            held = self.a.schedule("lab", p)
            self.a.wait_state("officer", p["computation_id"], "pending")
            self.reload(self.a, self.b, "  - name: never\n    decision: deny\n")
            self.assertEqual(held.wait().status, 403)
            self.assertIn("'never' denies it", out.wait("/0")[0]["details"])

    def test_rules_that_deny_what_a_person_allowed(self):
        """They count until it begins."""
        self.start(rules_b=rule("adding", ADD))
        p = self.policies()[0]
        held = self.a.schedule("lab", p)
        self.a.wait_state("officer", p["computation_id"], "pending")
        self.assertEqual(self.a.approve("officer", p["computation_id"]).status, 200)
        self.a.wait_state("officer", p["computation_id"], "waiting")
        self.reload(self.a, self.b, "  - name: never\n    decision: deny\n")
        answer = held.wait()
        self.assertEqual(answer.status, 403)
        self.assertIn("'never' denies it", answer.json()["details"])

    def test_rules_that_go_while_it_waits_for_others(self):
        """Nothing runs that no rule allows any more; who asked hears of it where he may still listen."""
        with collector() as out:
            self.start(rule("adding", ADD, outputs=f"['{out.url}/']"), rule("adding", ADD))
            p = self.policies(outputs=[out.url + "/0", None])
            id = p[0]["computation_id"]
            held = self.a.schedule("lab", p[0])
            self.a.wait_state("lab", id, "waiting")
            self.reload(self.a, self.b, rule("adding", ADD, outputs=f"['{out.url}/']") + "# the same\n")
            self.a.wait_state("lab", id, "waiting")
            self.reload(self.a, self.b, "")
            self.a.wait_state("officer", id, "pending")
            self.assertIsNone(self.a.call("officer", "GET", f"/computations/{id}").json()["allowed_by"])
            self.b.schedule("lab", p[1])
            self.b.wait_state("lab", id, "waiting")
            self.assertEqual(self.a.approve("officer", id).status, 200)
            self.assertEqual(held.wait().status, 200)
            self.a.wait_state("lab", id, "done")
            # A person has allowed it, and rules deny it since.
            p = self.policies(outputs=[out.url + "/1", None])
            id = p[0]["computation_id"]
            held = self.a.schedule("lab", p[0])
            self.a.wait_state("officer", id, "pending")
            self.assertEqual(self.a.approve("officer", id).status, 200)
            self.a.wait_state("officer", id, "waiting")
            self.reload(self.a, self.b, "  - name: never\n    decision: deny\n")
            self.assertEqual(held.wait().status, 403)
            self.assertIn("'never' denies it", out.wait("/1")[0]["details"])
            self.assertIsNone(self.a.call("officer", "GET", f"/computations/{id}").json()["allowed_by"])
            self.assertIn("not allowed", self.b.schedule("lab", p[1]).wait().json()["details"])
            time.sleep(1)
            self.assertEqual(len(out.at("/1")), 1)

    def test_rules_that_go_while_the_leader_has_no_room(self):
        """The parties have met: who stays allowed is not disturbed, and who is not any more hears of it instead of beginning."""
        other = ADD + "// other\n"
        both = rule("adding", ADD) + rule("other", other)
        (c,) = self.enterContext(organisations("c"))
        c.add_caller("lab", "schedule")
        c.configure([self.a], rule("long", LONG))
        self.a.configure([self.b, c], both + rule("long", LONG), "concurrency: 1\n")
        self.b.configure([self.a], both)
        for one in (self.a, self.b, c):
            one.start()
        # What has the only place goes on for as long as it is wanted.
        first = policies([self.a.url, c.url], program=LONG)
        c.schedule("lab", first[1])
        c.wait_state("lab", first[1]["computation_id"], "waiting")
        held = self.a.schedule("lab", first[0])
        self.assertEqual(held.wait().status, 200)
        c.node.process.process.send_signal(signal.SIGSTOP)
        work = [self.policies(), self.policies(program=other)]
        for p in work:
            for answer in [one.schedule("lab", q) for one, q in zip((self.a, self.b), p)]:
                self.assertEqual(answer.wait().status, 200)
        self.reload(self.b, self.a, rule("adding", ADD))
        self.a.call("lab", "DELETE", f"/computations/{first[0]['computation_id']}")
        for one in (self.a, self.b):
            for p, state in zip(work, ("done", "failed")):
                one.wait_state("lab", p[0]["computation_id"], "done", "failed")
                self.assertEqual(one.state("lab", p[0]["computation_id"]), state, one.name)
        id = work[1][0]["computation_id"]
        self.assertIn("no rule allows it", self.result(self.b, "lab", id)["details"])
        self.assertIn("it is not allowed there", self.result(self.a, "lab", id)["details"])

    def test_a_reload_while_it_waits_at_a_relay(self):
        with relay() as (url, _):
            more = f"relay: {url}\n"
            self.start(rule("adding", ADD), rule("adding", ADD), more, more)
            p = self.policies()
            held = self.a.schedule("lab", p[0])
            self.a.wait_state("lab", p[0]["computation_id"], "waiting")
            time.sleep(1)  # it is at the relay
            self.reload(self.a, self.b, rule("adding", ADD) + "# more\n", more)
            self.assertEqual(self.b.schedule("lab", p[1]).wait().status, 200)
            self.assertEqual(held.wait().status, 200)
            self.a.wait_state("lab", p[0]["computation_id"], "done")

    def test_a_caller_who_goes_while_it_waits(self):
        """Whoever may not schedule any more has nothing computed, whatever allowed it, also after a restart."""
        self.start(rule("adding", ADD), rule("adding", ADD))
        first, second = self.policies(), self.policies(program=ADD + " ")
        calls = [self.a.schedule("lab", p[0]) for p in (first, second)]
        self.a.wait_state("officer", first[0]["computation_id"], "waiting")
        self.a.wait_state("officer", second[0]["computation_id"], "pending")
        self.a.callers = [text for text in self.a.callers if "name: lab\n" not in text]
        self.reload(self.a, self.b, rule("adding", ADD))
        for c in calls:
            answer = c.wait()
            self.assertEqual(answer.status, 403)
            self.assertIn("may not schedule any more", answer.json()["details"])

    def test_another_key_while_it_waits_for_others(self):
        """Whose key was mistaken in the configuration is met with the right one."""
        right = self.b.key
        self.b.key = self.a.key
        self.a.configure([self.b], rule("adding", ADD))
        self.b.key = right
        self.b.configure([self.a], rule("adding", ADD))
        self.a.start(), self.b.start()
        p = self.policies()
        held = self.a.schedule("lab", p[0])
        self.a.wait_state("lab", p[0]["computation_id"], "waiting")
        self.reload(self.a, self.b, rule("adding", ADD))
        self.assertEqual(self.b.schedule("lab", p[1]).wait().status, 200)
        self.assertEqual(held.wait().status, 200)

    def test_two_results_for_one_file(self):
        """Two that end at the same time and have the same output: one of the two is there, whole, and nothing else."""
        program = "struct Row { id: u32, n: u32 }\npub fn main(a: u32, b: u32) -> [Row; 200] { [Row { id: a, n: a + b }; 200] }"
        outputs = 'outputs:\n  - {name: table, to: "@table.csv"}\n'
        self.start(rule("rows", program, outputs="[table]"), rule("rows", program), outputs)
        work = [self.policies(program=program, inputs=[{"NumUnsigned": [10 * k + 1, "U32"]}, {"NumUnsigned": [k, "U32"]}]) for k in (1, 2, 3)]
        for p in work:
            p[0]["output"] = {"output": "table"}
        calls = [one.schedule("lab", q) for p in work for one, q in zip((self.a, self.b), p)]
        self.assertEqual({c.wait().status for c in calls}, {200})
        for p in work:
            self.a.wait_state("lab", p[0]["computation_id"], "done")
        tables = ["id,n\n" + 200 * f"{10 * k + 1},{11 * k + 1}\n" for k in (1, 2, 3)]
        self.assertIn((self.a.folder / "table.csv").read_text(), tables)
        self.assertEqual([f.name for f in self.a.folder.iterdir() if "table" in f.name], ["table.csv"])

    def test_delete(self):
        """Who asked for it stops it, and the other party hears why."""
        self.start(rule("adding", ADD), rule("adding", ADD))
        p = self.policies()
        id = p[0]["computation_id"]
        held = self.a.schedule("lab", p[0])
        self.a.wait_state("lab", id, "waiting")
        self.assertEqual(self.a.call("lab", "DELETE", f"/computations/{id}").status, 202)
        answer = held.wait()
        self.assertEqual((answer.status, answer.json()["type"]), (500, "StateMachineStopped"))
        answer = self.b.schedule("lab", p[1]).wait()
        self.assertEqual(answer.status, 500)
        self.assertIn("stopped", answer.json()["details"])
        self.assertEqual(self.a.call("root", "DELETE", f"/computations/{id}").status, 204)
        self.assertIsNone(self.a.state("officer", id))


if __name__ == "__main__":
    unittest.main()
