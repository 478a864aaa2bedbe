"""Nodes that are killed, stopped, told to read their configuration again, and short of room."""
import json
import pathlib
import random
import resource
import signal
import socket
import tempfile
import time
import unittest

import kills
from node_support import Node, call, collector, nodes, organisations, policies, schedule, wait_until
from support import free_urls

STOP_S = 60
# Some seconds of work.
LONG = """pub fn main(a: u32, b: u32) -> u32 {
    let mut x = a;
    for i in 0u32..1500u32 { x = (x ^ (x * b)) ^ i }
    x
}
""".replace("x * b", "(x & 65535u32) * (b & 65535u32)")


# Less, for what has to end.
SHORTER = LONG.replace("1500u32", "600u32")
END_S = 240  # for it to end, where everything is slow


class Durable(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.urls = free_urls(2)
        self.nodes = []
        self.addCleanup(lambda: [n.kill() for n in self.nodes])

    def start(self, i, *more, under=()):
        node = Node.__new__(Node)
        node.under = under
        node.arguments = ("--insecure-allow-all", f"--store=sqlite:{self.folder / str(i)}", *more)
        node.env, node.url = None, self.urls[i]
        node.restart()
        self.nodes.append(node)
        return node

    def test_what_waits_survives_a_kill(self):
        a = self.start(0)
        p = policies(self.urls)
        id = p[0]["computation_id"]
        held = schedule(a.url, p[0])
        a.wait_state(id, "waiting")
        a.kill()
        held.thread.join(10)
        self.assertTrue(held.is_over())
        a, b = self.start(0), self.start(1)
        again = schedule(a.url, p[0])  # the caller asks again
        self.assertEqual(schedule(b.url, p[1]).wait().status, 200)
        self.assertEqual(again.wait().status, 200)
        a.wait_state(id, "done")

    def test_what_runs_is_reported_and_not_repeated(self):
        with collector() as out:
            a, b = self.start(0), self.start(1)
            p = policies(self.urls, program=LONG, outputs=[f"{out.url}/0", f"{out.url}/1"])
            id = p[0]["computation_id"]
            calls = [schedule(n.url, q) for n, q in zip((a, b), p)]
            self.assertEqual([c.wait().status for c in calls], [200, 200])
            a.wait_state(id, "running")
            a.kill()
            a = self.start(0)
            for i in (0, 1):
                told = out.wait(f"/{i}")[0]
                self.assertEqual(told["type"], "error")
                self.assertIn("stopped in the middle", told["details"])
            self.assertEqual([n.state(id) for n in (a, b)], ["failed", "failed"])
            self.assertEqual(schedule(a.url, p[0]).wait().status, 200)  # as it was answered before
            self.assertEqual(a.state(id), "failed")

    def test_stop(self):
        """In order, soon, and the other party hears why; what waits stays."""
        with collector() as out:
            a, b = self.start(0), self.start(1)
            p = policies(self.urls, program=LONG, outputs=[f"{out.url}/0", f"{out.url}/1"])
            waits = policies(self.urls)[0]
            held = schedule(a.url, waits)
            calls = [schedule(n.url, q) for n, q in zip((a, b), p)]
            self.assertEqual([c.wait().status for c in calls], [200, 200])
            a.wait_state(p[0]["computation_id"], "running")
            begun = time.monotonic()
            stopped = a.stop()
            self.assertLess(time.monotonic() - begun, STOP_S)
            self.assertEqual(stopped.status, 0, stopped)
            answer = held.wait()
            self.assertEqual((answer.status, answer.json()["type"]), (500, "StateMachineStopped"))
            self.assertIn("stopped", out.wait("/0")[0]["details"])
            self.assertIn("party 0 stopped: its node is being stopped", out.wait("/1")[0]["details"])
            a = self.start(0)
            a.wait_state(waits["computation_id"], "waiting")

    def test_result_is_delivered_after_a_restart(self):
        with collector() as out:
            out.statuses["/0"] = [503] * 3
            a, b = self.start(0), self.start(1)
            p = policies(self.urls, outputs=[f"{out.url}/0", None])
            for c in [schedule(n.url, q) for n, q in zip((a, b), p)]:
                self.assertEqual(c.wait().status, 200)
            out.wait("/0")
            a.kill()
            self.start(0)
            wanted = {"type": "success", "details": {"NumUnsigned": [81, "U32"]}}
            self.assertEqual(out.wait("/0", 4), 4 * [wanted])

    def test_failure_is_told_to_all(self):
        """Of three parties, one has an input of another type: the others hear from it why there is no result."""
        program = "pub fn main(a: u32, b: u32, c: u32) -> u32 { a + b + c }"
        with collector() as out, nodes(3) as three:
            p = policies([n.url for n in three], program=program, outputs=[f"{out.url}/{i}" for i in range(3)])
            p[1]["input"] = "True"
            for c in [schedule(n.url, q) for n, q in zip(three, p)]:
                self.assertEqual(c.wait().status, 200)
            for i in (0, 2):
                self.assertIn("party 1 stopped: its input cannot be used", out.wait(f"/{i}")[0]["details"])
            p = policies([n.url for n in three], program=program, outputs=[f"{out.url}/ok{i}" for i in range(3)], output_parties=[0, 2])
            p[1]["output"] = None
            for c in [schedule(n.url, q) for n, q in zip(three, p)]:
                self.assertEqual(c.wait().status, 200)
            for i in (0, 2):
                self.assertEqual(out.wait(f"/ok{i}")[0]["details"], {"NumUnsigned": [123, "U32"]})
            three[1].wait_state(p[1]["computation_id"], "done")
            result = call(three[1].url, "GET", f"/computations/{p[1]['computation_id']}/result").json()
            self.assertEqual(result, {"type": "success", "details": None})

    def limit_files(self, node, size):
        """As if the disk were full: no file of the node's may be longer."""
        pid = node.process.process.pid
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]))

    def run_on_a_full_disk(self, out):
        """Two nodes; what the first one computed cannot be kept there. Its id."""
        a, b = self.start(0, under=("env", "--ignore-signal=XFSZ")), self.start(1)
        p = policies(self.urls, program=SHORTER, outputs=[f"{out.url}/0", f"{out.url}/1"])
        for c in [schedule(n.url, q) for n, q in zip((a, b), p)]:
            self.assertEqual(c.wait().status, 200)
        a.wait_state(p[0]["computation_id"], "running")
        self.limit_files(a, 0)
        wait_until(lambda: out.at("/1"), "the other's result", END_S)
        a.process.read_err_until("cannot be kept, and is tried again")
        return a, b, p[0]["computation_id"]

    def test_a_result_is_kept_once_the_store_takes_it(self):
        with collector() as out:
            a, b, id = self.run_on_a_full_disk(out)
            health = call(a.url, "GET", "/health")
            self.assertEqual(health.status, 503)
            self.assertIn("1 ended and wait for it in memory", health.json()["details"])
            self.assertIn("polytune_node_unkept 1\n", call(a.url, "GET", "/metrics").body.decode())
            self.assertEqual(a.state(id), "running")
            self.limit_files(a, resource.RLIM_INFINITY)
            a.wait_state(id, "done")
            self.assertEqual(out.wait("/0"), out.wait("/1"))
            self.assertEqual(call(a.url, "GET", "/health").status, 200)
            self.assertIn("polytune_node_unkept 0\n", call(a.url, "GET", "/metrics").body.decode())

    def test_a_result_that_is_never_kept(self):
        """A stop says so, and the next start says what it says of all that ran."""
        with collector() as out:
            a, b, id = self.run_on_a_full_disk(out)
            stopped = a.stop()
            self.assertEqual(stopped.status, 0)
            self.assertIn("how it ended is lost", stopped.err)
            a = self.start(0)
            self.assertIn("stopped in the middle", out.wait("/0")[0]["details"])
            self.assertEqual(a.state(id), "failed")

    def test_what_it_costs_is_shown(self):
        a, b = self.start(0), self.start(1)
        p = policies(self.urls, program=LONG)
        id = p[0]["computation_id"]
        for c in [schedule(n.url, q) for n, q in zip((a, b), p)]:
            self.assertEqual(c.wait().status, 200)
        shown = lambda: call(a.url, "GET", f"/computations/{id}").json()
        wait_until(lambda: shown().get("plan", {}).get("seconds_more", 0) > 0, "a plan", END_S)
        plan = shown()["plan"]
        self.assertGreater(plan["and_gates"], 200000)
        for key in ("bytes_sent", "bytes_received", "messages_sent", "delays", "memory_bytes", "seconds_at_least"):
            self.assertGreater(plan[key], 0, key)

    def test_a_stop_while_a_result_is_not_taken(self):
        """By a server that takes connections and says nothing: the stop ends all the same, and the next start tries again."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            a, b = self.start(0), self.start(1)
            p = policies(self.urls, outputs=[f"http://127.0.0.1:{silent.getsockname()[1]}/", None])
            for c in [schedule(n.url, q) for n, q in zip((a, b), p)]:
                self.assertEqual(c.wait().status, 200)
            silent.settimeout(60)
            with silent.accept()[0]:
                a.process.process.terminate()
                self.assertEqual(a.process.wait(40).status, 0)
            self.start(0)
            with silent.accept()[0] as again:
                self.assertIn(b"POST", again.recv(1000))

    def test_no_more_than_it_leads(self):
        """Twelve at once, of which each party leads half, one at a time: all end."""
        a, b = self.start(0, "--concurrency=1"), self.start(1, "--concurrency=1")
        work = [policies(self.urls, leader=i % 2) for i in range(12)]
        calls = [schedule(n.url, q) for p in work for n, q in zip((a, b), p)]
        self.assertEqual({c.wait().status for c in calls}, {200})
        for p in work:
            for n in (a, b):
                n.wait_state(p[0]["computation_id"], "done")

    def test_waiting_has_an_end(self):
        a = self.start(0, "--wait=1")
        answer = schedule(a.url, policies(self.urls)[0]).wait()
        self.assertEqual((answer.status, answer.json()["type"]), (500, "StateMachineStopped"))
        self.assertIn("did not come", answer.json()["details"])

    def test_no_sign_of_life(self):
        """The other node is there and does nothing any more, in the middle."""
        with collector() as out:
            a, b = self.start(0, "--timeout=5"), self.start(1)
            p = policies(self.urls, program=LONG, outputs=[f"{out.url}/0", None])
            for c in [schedule(n.url, q) for n, q in zip((a, b), p)]:
                self.assertEqual(c.wait().status, 200)
            b.wait_state(p[0]["computation_id"], "running")
            b.process.process.send_signal(signal.SIGSTOP)
            told = out.wait("/0")[0]
            self.assertEqual(told["type"], "error")
            self.assertIn("party 1", told["details"])

    def test_lines_of_the_log(self):
        """JSON, a line each, with the computation and who asked for it."""
        a = self.start(0, "--log-format=json")
        p = policies(self.urls)[0]
        schedule(a.url, p)
        a.wait_state(p["computation_id"], "waiting")
        lines = [json.loads(line) for line in a.stop().err.splitlines()]
        mine = [(line["event"], line["caller"]) for line in lines if line.get("computation_id") == p["computation_id"]]
        self.assertLessEqual({("scheduled", "anybody"), ("waiting", "anybody")}, set(mine))

    def test_deadline(self):
        with collector() as out:
            a, b = self.start(0, "--deadline=1"), self.start(1)
            p = policies(self.urls, program=LONG, outputs=[f"{out.url}/0", f"{out.url}/1"])
            for c in [schedule(n.url, q) for n, q in zip((a, b), p)]:
                self.assertEqual(c.wait().status, 200)
            self.assertIn("within", out.wait("/0")[0]["details"])
            self.assertIn("party 0 stopped", out.wait("/1")[0]["details"])

    def test_one_store_for_one_node(self):
        self.start(0)
        second = Node.__new__(Node)
        from support import Process
        done = Process("node", "--insecure-allow-all", "--addr=127.0.0.1:0", f"--store=sqlite:{self.folder / '0'}").wait(30)
        self.assertNotEqual(done.status, 0)
        self.assertIn("in use by another process", done.err)


class Reload(unittest.TestCase):
    def test_configuration_is_read_again(self):
        a, b = self.enterContext(organisations("a", "b"))
        a.add_caller("lab", "schedule")
        a.configure([b])
        a.start()
        a.add_caller("new", "schedule")
        self.assertEqual(a.call("new", "GET", "/computations").status, 401)
        a.configure([b])
        a.node.process.process.send_signal(signal.SIGHUP)
        wait_until(lambda: a.call("new", "GET", "/computations").status == 200, "the new caller", 20)
        (a.folder / "node.yaml").write_text("nonsense: yes\n")
        a.node.process.process.send_signal(signal.SIGHUP)
        a.node.process.read_err_until("goes on as before.*nonsense")
        self.assertEqual(a.call("new", "GET", "/computations").status, 200)


class Systemd(unittest.TestCase):
    def test_ready_alive_stopping(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as service:
            service.bind(folder + "/notify")
            service.settimeout(30)
            node = Node("--insecure-allow-all", env={"NOTIFY_SOCKET": folder + "/notify", "WATCHDOG_USEC": "200000"})
            try:
                self.assertEqual(service.recv(100), b"READY=1")
                self.assertEqual(service.recv(100), b"WATCHDOG=1")
                node.process.process.terminate()
                while (told := service.recv(100)) == b"WATCHDOG=1":
                    pass
                self.assertEqual(told, b"STOPPING=1")
                self.assertEqual(node.process.wait(10).status, 0)
            finally:
                node.kill()


class Kills(unittest.TestCase):
    def test_killed_in_the_middle_of_a_queue(self):
        """A sample of scripts/node-kills."""
        with organisations("hospital-a", "hospital-b") as (a, b):
            kills.run(a, b, n_computations=8, n_kills=4, seed=random.randrange(1 << 32))


if __name__ == "__main__":
    unittest.main()
