"""The two nodes and the database of compose.yaml, without an engine: what packaging/container/prepare makes, run on this machine."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/cli"), str(ROOT / "tests/node")]
from node_support import JSON, Call, call, wait_until  # noqa: E402
from postgres import is_installed, postgres  # noqa: E402
from support import BIN, Process, free_urls  # noqa: E402

RESULT = {"Tuple": [{"Array": [{"NumUnsigned": [3, "U8"]}, {"NumUnsigned": [2, "U8"]}]},
                    {"Array": [{"NumUnsigned": [37, "U16"]}, {"NumUnsigned": [7, "U16"]}]}]}  # as examples/measles.garble says


@unittest.skipUnless(is_installed(), "no PostgreSQL here")
class Nodes(unittest.TestCase):
    def prepare(self, server):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "nodes"
        a, b = (url.removeprefix("http://") for url in free_urls(2))
        subprocess.run([ROOT / "packaging/container/prepare", folder, BIN], check=True, capture_output=True, timeout=60,
                       env={**os.environ, "NODE_A": a, "NODE_B": b, "DATABASE": "127.0.0.1", "DATABASE_PORT": str(server.port)})
        server.run("psql", "-h", "127.0.0.1", "-p", server.port, "-U", "app", "-d", "postgres", "-v", "ON_ERROR_STOP=1",
                   input=(folder / "postgres/tables.sql").read_text())
        return {folder / "a": f"http://{a}", folder / "b": f"http://{b}"}

    def test_two_nodes_join_their_tables(self):
        with postgres() as server:
            nodes = self.prepare(server)
            processes = [Process("node", f"--config={folder / 'node.yaml'}") for folder in nodes]
            try:
                for process in processes:
                    process.read_err_until(r"node listening on")
                self.run_policies(nodes)
            finally:
                for process in processes:
                    process.kill()

    def run_policies(self, nodes):
        heads = {folder: {**JSON, "Authorization": f"Bearer {(folder / 'token').read_text()}"} for folder in nodes}
        calls = [Call(url, "POST", "/schedule", (folder / "policy.json").read_text(), heads[folder]) for folder, url in nodes.items()]
        self.assertEqual([c.wait().status for c in calls], [200, 200], [c.answer for c in calls])
        id = json.loads((next(iter(nodes)) / "policy.json").read_text())["computation_id"]
        for folder, url in nodes.items():
            wait_until(lambda: call(url, "GET", f"/computations/{id}/result", headers=heads[folder]).status == 200, "a result", 60)
            result = call(url, "GET", f"/computations/{id}/result", headers=heads[folder]).json()
            self.assertEqual(result, {"type": "success", "details": RESULT})


if __name__ == "__main__":
    unittest.main()
