"""Two nodes of one organisation on one queue in PostgreSQL, of which one is killed; and tables of two PostgreSQL servers as inputs,
with the result in a third. The servers are the test's own."""
import contextlib
import socket
import subprocess
import sys
import threading
import time
import unittest

from node_support import ADD, Node, call, organisations, policies, schedule, wait_until
import postgres
from support import relay
from test_trust import rule

SKIPPED = 77
RUNNING = 2
OTHER = "00000000-0000-4000-8000-00000000000a"
N = 6
SUM = """const ROWS_0: usize = PARTY_0::ROWS;
const ROWS_1: usize = PARTY_1::ROWS;
struct Visit { id: u32, days: u32 }
struct Total { id: u32, days: u32 }
pub fn main(a: [Visit; ROWS_0], b: [Visit; ROWS_1]) -> [Total; 1] {
    let mut sum = 0u32;
    for v in a { sum = sum + v.days }
    for v in b { sum = sum + v.days }
    [Total { id: 1u32, days: sum }]
}
"""


class Line:
    """Between a node and its database: what goes through it, until nobody hears anything any more."""

    def __init__(self, port):
        self.to, self.is_cut, self.server = port, threading.Event(), socket.create_server(("127.0.0.1", 0))
        self.port, self.sockets = self.server.getsockname()[1], []
        self.start(self.accept)

    def start(self, run, *arguments):
        threading.Thread(target=run, args=arguments, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                ours, theirs = self.server.accept()[0], socket.create_connection(("127.0.0.1", self.to))
                self.sockets += (ours, theirs)
                self.start(self.pass_on, ours, theirs)
                self.start(self.pass_on, theirs, ours)

    def pass_on(self, source, target):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if not self.is_cut.is_set():
                    target.sendall(piece)
            target.shutdown(socket.SHUT_RDWR)

    def close(self):
        for s in (self.server, *self.sockets):
            s.close()


def read_long(db):
    """As a backup does, until the server stops."""
    with contextlib.suppress(subprocess.CalledProcessError):
        db.sql("SELECT pg_sleep(60) FROM (SELECT count(*) FROM polytune_node.records) AS counted")


class Postgres(unittest.TestCase):
    def timed(self, seconds, *arguments, **named):
        begun = time.monotonic()
        answer = call(*arguments, **named)
        self.assertLess(time.monotonic() - begun, seconds)
        return answer

    def test_a_database_that_is_silent(self):
        """Nobody waits long for it, and afterwards all goes on."""
        with postgres.postgres() as db:
            line = Line(db.port)
            self.addCleanup(line.close)
            store = f"--store=postgres://app@127.0.0.1:{line.port}/postgres"
            node = Node("--insecure-allow-all", store, env={"PGPASSWORD": postgres.PASSWORD})
            self.addCleanup(node.kill)
            policy = policies([node.url, "http://127.0.0.1:9"])[0]
            held = schedule(node.url, policy)
            node.wait_state(policy["computation_id"], "waiting")
            line.is_cut.set()
            self.timed(15, node.url, "GET", "/health")
            for _ in range(3):
                answer = self.timed(15, node.url, "POST", "/schedule", policies([node.url, "http://127.0.0.1:9"])[0])
                self.assertEqual((answer.status, answer.headers["Retry-After"]), (503, "1"))
            wait_until(lambda: call(node.url, "GET", "/health").status == 503, "it being said", 20)
            for _ in range(5):
                self.assertEqual(self.timed(2, node.url, "GET", "/health").status, 503)
                self.assertIn("polytune_node_store_up 0\n", self.timed(2, node.url, "GET", "/metrics").body.decode())
                self.assertEqual(self.timed(2, node.url, "GET", "/computations").status, 503)
                time.sleep(0.1)
            # Of a node that could not give a sign of life either.
            db.sql("INSERT INTO polytune_node.records (id, state, agreed, refusal, policy, created, changed, deliver, deliver_since, tries,"
                   f" fetched, owner, lease) VALUES ('{OTHER}', {RUNNING}, 1, 0, '{{}}', 1, 1, 0, 0, 0, 0, 'another', 1)")
            reader = threading.Thread(target=read_long, args=(db,), daemon=True)
            reader.start()
            wait_until(lambda: db.sql("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()"),
                       "somebody who reads it all")
            line.is_cut.clear()
            wait_until(lambda: call(node.url, "GET", "/health").status == 200, "the database", 30)
            self.assertTrue(reader.is_alive(), "it waited for who reads the table")
            self.assertEqual(node.state(policy["computation_id"]), "waiting")
            self.assertFalse(held.is_over())
            time.sleep(0.3)
            self.assertEqual(db.sql(f"SELECT state FROM polytune_node.records WHERE id = '{OTHER}'"), [str(RUNNING)])

    def test_two_nodes_on_one_queue(self):
        """What the killed one had not begun, the other does; no computation is lost."""
        with postgres.postgres() as db, relay() as (url, _), organisations("a", "b") as (a, b):
            store = f"postgres://app@127.0.0.1:{db.port}/postgres"
            env = {"PGPASSWORD": postgres.PASSWORD}
            for one, other in ((a, b), (b, a)):
                one.add_caller("lab", "schedule", "read")
                one.configure([other], rule("adding", ADD), f"relay: {url}\n")
            # The second node of a: the same key and callers, an address and an audit log of its own.
            text = (a.folder / "node.yaml").read_text().replace("sqlite:store", store)
            a.write("node.yaml", text)
            a.start(env=env)
            db.sql("ALTER TABLE polytune_node.records DROP COLUMN summary") # as an earlier release made it
            second = a.another(env=env)
            self.addCleanup(second.kill)
            b.start()
            work = [policies([a.url, b.url]) for _ in range(N)]
            for p in work:
                a.schedule("lab", p[0])
            wait_until(lambda: len(a.call("lab", "GET", "/computations").json()) == N, "all scheduled", 60)
            a.node.kill()
            seen = call(second.url, "GET", "/computations", headers=a.auth("lab")).json()
            self.assertEqual(len(seen), N)
            for p in work:
                self.assertEqual(b.schedule("lab", p[1]).wait(120).status, 200)
                b.wait_state("lab", p[1]["computation_id"], "done")
            for p in work:
                path = f"/computations/{p[0]['computation_id']}/result"
                wait_until(lambda: call(second.url, "GET", path, headers=a.auth("lab")).status == 200, "the result", 60)
                self.assertEqual(call(second.url, "GET", path, headers=a.auth("lab")).json(),
                                 {"type": "success", "details": {"NumUnsigned": [81, "U32"]}})
            dump = "\n".join(db.sql("SELECT * FROM polytune_node.records"))
            self.assertNotIn("NumUnsigned", dump)

    def test_tables_of_two_servers_and_the_result_in_a_third(self):
        with postgres.postgres() as first, postgres.postgres() as second, postgres.postgres() as third, \
                organisations("a", "b") as (a, b):
            for one, other, db in ((a, b, first), (b, a, second)):
                db.sql("CREATE TABLE visits (id int, days int); INSERT INTO visits SELECT i, 2 * i FROM generate_series(1, 5) i")
                one.write("visits.odbc", db.connection())
                one.write("totals.odbc", third.connection())
                more = "sources:\n  - name: visits\n    from: odbc:@visits.odbc\n    query: SELECT id, days FROM visits\n    rows: ROWS\n"
                more += "outputs:\n  - name: totals\n    to: odbc:@totals.odbc\n    table: totals\n"
                one.add_caller("lab", "schedule")
                one.configure([other], rule("summing", SUM, sources="[visits]", min_rows=3, **({"outputs": "[totals]"} if one is a else {})), more)
                one.start()
            third.sql("CREATE TABLE totals (id int, days int)")
            p = policies([a.url, b.url], program=SUM, inputs=2 * [{"source": "visits"}])
            p[0]["output"] = {"output": "totals"}
            calls = [one.schedule("lab", q) for one, q in zip((a, b), p)]
            answers = [c.wait() for c in calls]
            self.assertEqual([x.status for x in answers], [200, 200], answers)
            id = p[0]["computation_id"]
            a.wait_state("lab", id, "done", "failed")
            self.assertEqual(a.call("lab", "GET", f"/computations/{id}/result").json(), {"type": "success", "details": {"output": "totals"}})
            self.assertEqual(third.sql("SELECT id, days FROM totals"), ["1|60"])


if __name__ == "__main__":
    if not postgres.is_installed():
        print("PostgreSQL or its ODBC driver is not installed")
        sys.exit(SKIPPED)
    unittest.main()
