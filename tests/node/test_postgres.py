"""Two nodes of one organisation on one queue in PostgreSQL, of which one is killed; and tables of two PostgreSQL servers as inputs,
with the result in a third. The servers are the test's own."""
import sys
import unittest

from node_support import ADD, call, organisations, policies, wait_until
import postgres
from support import relay
from test_trust import rule

SKIPPED = 77
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


class Postgres(unittest.TestCase):
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
