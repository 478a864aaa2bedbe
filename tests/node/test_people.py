"""Who looks after a node: `polytune node pending`, `show`, `approve`, `deny`, from another process with a token of one's own."""
import time
import unittest

from node_support import ADD, collector, fresh_id, organisations, policies, polytune

ANSI = "pub fn main(a: u32, b: u32) -> u32 { a + b } // \x1b[2J"


class People(unittest.TestCase):
    def setUp(self):
        (self.a, self.b) = self.enterContext(organisations("hospital-a", "hospital-b"))
        self.a.add_caller("lab", "schedule")
        self.a.add_caller("officer", "read", "approve")
        self.a.configure([self.b])
        self.a.start()
        for name in ("lab", "officer"):
            self.a.write(f"{name}.token", self.a.tokens[name] + "\n")

    def ask(self, *arguments, caller="officer"):
        return polytune("node", *arguments, f"--node={self.a.url}", f"--token-file={self.a.folder / (caller + '.token')}")

    def wait_pending(self, program=ADD, **more):
        policy = policies([self.a.url, self.b.url], program=program, **more)[0]
        call = self.a.schedule("lab", policy)
        self.a.wait_state("officer", policy["computation_id"], "pending")
        return policy["computation_id"], call

    def test_pending_show_approve(self):
        nothing = self.ask("pending")
        self.assertEqual((nothing.status, nothing.out), (0, ""), nothing)
        self.assertIn("nothing waits for a person", nothing.err)
        id, _ = self.wait_pending()
        shown = self.ask("pending")
        self.assertEqual(shown.status, 0, shown)
        for text in (id, "asked for by  lab", f"party 0       {self.a.url} (this node)", f"party 1       {self.b.url}",
                     "why it waits  no rule allows it"):
            self.assertIn(text, shown.out)
        whole = self.ask("show", id)
        self.assertEqual(whole.out[:len(shown.out)], shown.out)
        self.assertIn(ADD, whole.out)
        wrong = self.ask("approve", id, "--program=" + 64 * "0")
        self.assertEqual(wrong.status, 6, wrong)
        self.assertIn("not that of --program", wrong.err)
        self.assertEqual(self.a.state("officer", id), "pending")
        wrong = self.ask("approve", id, "--policy=" + 64 * "0")
        self.assertEqual(wrong.status, 6, wrong)
        self.assertIn("not that of --policy", wrong.err)
        self.assertEqual(self.a.state("officer", id), "pending")
        program, policy = (shown.out.split(label)[1].split()[0] for label in ("program       ", "policy        "))
        approved = self.ask("approve", id, f"--program={program}", f"--policy={policy}")
        self.assertEqual(approved.status, 0, approved)
        self.assertIn("approved: it is ", approved.err)
        self.assertIn(policy, approved.out)
        for text in ("pending", "why it waits"):
            self.assertNotIn(text, approved.out + approved.err)
        self.a.wait_state("officer", id, "waiting")
        again = self.ask("approve", id)
        self.assertEqual(again.status, 6, again)
        self.assertIn("the node answers 409: it does not wait for a person", again.err)

    def test_all_of_a_policy_is_shown(self):
        constants = {"N": {"NumUnsigned": [4, "Usize"]}, "WIDE": "True"}
        id, _ = self.wait_pending(ADD + ADD.replace("main", "other"), constants=constants, function="other", output_parties=[1], leader=1,
                                  outputs=["http://lab:s3cret@127.0.0.1:9/results", None])
        for verb in (["pending"], ["show", id], ["approve", id]):
            shown = self.ask(*verb)
            self.assertEqual(shown.status, 0, shown)
            for text in ("leader        party 1", "function      other", "constant      N = 4usize", "constant      WIDE = true",
                         "input         comes with the request", "result for    party 1\n", "127.0.0.1:9/results"):
                self.assertIn(text, shown.out)
            self.assertNotIn("s3cret", shown.out + shown.err)
        self.assertNotIn(b"s3cret", self.a.call("officer", "GET", "/computations").body)

    def test_lists(self):
        """Newest first; by state; and what one asked for oneself, for who may see no more."""
        self.a.node.kill()
        self.a.add_caller("ward", "schedule")
        self.a.configure([self.b])
        self.a.start()
        first, second = self.wait_pending()[0], self.wait_pending()[0]
        self.assertEqual(self.ask("deny", first, "--why=x").status, 0)
        third = policies([self.a.url, self.b.url])[0]
        self.a.schedule("ward", third)
        self.a.wait_state("officer", third["computation_id"], "pending")
        third = third["computation_id"]
        for caller, query, wanted in (("officer", "", [third, second, first]), ("officer", "?state=pending", [third, second]),
                                      ("officer", "?state=failed", [first]), ("officer", "?state=waiting", []),
                                      ("lab", "", [second, first]), ("ward", "?state=pending", [third]), ("ward", "?state=failed", [])):
            answer = self.a.call(caller, "GET", "/computations" + query)
            self.assertEqual([one["computation_id"] for one in answer.json()], wanted, (caller, query))
        self.assertEqual(self.a.approve("officer", second).status, 200)
        self.a.wait_state("officer", second, "waiting")
        waiting = self.a.call("officer", "GET", "/computations?state=waiting").json()
        self.assertEqual([one["computation_id"] for one in waiting], [second])

    def test_another_program_under_the_same_id(self):
        id, _ = self.wait_pending()
        policy = self.a.call("officer", "GET", f"/computations/{id}").json()["policy_sha256"]
        answer = self.a.call("officer", "POST", f"/computations/{id}/approve", {"policy_sha256": policy, "program_sha256": 64 * "0"})
        self.assertEqual((answer.status, answer.json()["type"]), (409, "OtherProgram"), answer)
        for body in ({"program_sha256": 5}, {"program_sha256": "x"}, {"policy_sha256": 5}, {"policy_sha256": policy[1:]}, [], "{", "null"):
            self.assertEqual(self.a.call("officer", "POST", f"/computations/{id}/approve", body).status, 422, body)
        self.assertEqual(self.a.state("officer", id), "pending")

    def test_stopped_while_it_is_checked(self):
        """Before it waits for a person: it does not, afterwards; and nobody else is told."""
        program = "pub fn main(a: u32, b: u32) -> u32 {\n" + "    let c = a + b;\n" * 100000 + "    a + b\n}"
        with collector() as out:
            policy = policies([self.a.url, self.b.url], program=program, outputs=[out.url + "/0", None])[0]
            id = policy["computation_id"]
            held = self.a.schedule("lab", policy)
            self.a.wait_state("officer", id, "queued", "checking")
            stopped = self.a.call("lab", "DELETE", f"/computations/{id}")
            self.assertIn(stopped.status, (202, 204), stopped)
            self.assertEqual(held.wait().status, 500)
            self.assertIn(self.a.state("officer", id), ("failed", None))
            self.assertEqual(out.at("/0"), [])

    def test_a_denial_is_told_to_the_output(self):
        """Once: who asked may have gone long before somebody decided."""
        with collector() as out:
            id, held = self.wait_pending(outputs=[out.url + "/0", None])
            self.assertEqual(self.ask("deny", id, "--why=no consent").status, 0)
            self.assertEqual(out.wait("/0"), [{"type": "error", "details": "Error: denied: no consent\n"}])
            self.assertEqual(held.wait().status, 403)
            time.sleep(1)
            self.assertEqual(len(out.at("/0")), 1)

    def test_a_reason_of_several_lines(self):
        policy = policies([self.a.url, self.b.url], program="pub fn main(a: u32, b: u32) -> u32 { a + c }")[0]
        self.assertEqual(self.a.schedule("lab", policy).wait().status, 400)
        shown = self.ask("show", policy["computation_id"]).out
        reason = shown.split("why it failed ")[1].split("\n\npub fn")[0].split("\n")
        self.assertEqual(reason[0], "the policy's program is not valid")
        self.assertTrue(all(line.startswith(16 * " ") for line in reason[1:]), reason)
        self.assertTrue(any("c" in line for line in reason[1:]), reason)
        self.assertNotIn("?", shown)

    def test_deny(self):
        id, call = self.wait_pending()
        self.assertEqual(self.ask("deny", id).status, 2)
        denied = self.ask("deny", id, "--why=no consent")
        self.assertEqual(denied.status, 0, denied)
        self.assertIn("denied: no consent", call.wait().json()["details"])
        self.assertIn("why it failed denied: no consent", self.ask("show", id).out)
        self.assertEqual(self.a.state("officer", id), "failed")

    def test_who_may_not(self):
        id, _ = self.wait_pending()
        for arguments in (["approve", id], ["deny", id, "--why=x"]):
            refused = self.ask(*arguments, caller="lab")
            self.assertEqual(refused.status, 6, refused)
            self.assertIn("the node answers 403: lab may not do that", refused.err)
        without = polytune("node", "pending", f"--node={self.a.url}")
        self.assertEqual(without.status, 6, without)
        self.assertIn("the node answers 401", without.err)
        self.assertEqual(self.a.state("officer", id), "pending")

    def test_what_is_shown_cannot_disturb_a_terminal(self):
        id, _ = self.wait_pending(ANSI)
        shown = self.ask("show", id)
        self.assertEqual(shown.status, 0, shown)
        self.assertNotIn("\x1b", shown.out)

    def test_mistakes(self):
        for arguments, status, message in [
            (["show", "x"], 2, "'x' is no id of a computation"),
            (["approve", "../health"], 2, "is no id of a computation"),
            (["show", fresh_id()], 6, "the node answers 404"),
            (["pending", "x"], 2, "usage: polytune node pending"),
        ]:
            done = self.ask(*arguments)
            self.assertEqual(done.status, status, done)
            self.assertIn(message, done.err)
        token = self.a.folder / "officer.token"
        far = polytune("node", "pending", "--node=http://node.example", f"--token-file={token}")
        self.assertEqual(far.status, 2, far)
        self.assertIn("could be read on its way", far.err)
        self.a.write("bad.token", "two words\n")
        bad = polytune("node", "pending", f"--token-file={self.a.folder / 'bad.token'}")
        self.assertEqual(bad.status, 4, bad)
        self.assertIn("holds no token", bad.err)


if __name__ == "__main__":
    unittest.main()
