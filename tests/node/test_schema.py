"""schemathesis calls a node by its document (api.json), with what fits the document and what does not, and compares the answers
with what it says. A rule denies everything, so /schedule refuses what fits, too: that check is left out."""
import pathlib
import subprocess
import sys
import unittest

from node_support import fresh_id, organisations

COMMAND = pathlib.Path(sys.executable).with_name("schemathesis")
LIMIT_S = 900
SKIPPED = 77


class Schema(unittest.TestCase):
    def test_answers_are_as_documented(self):
        a, b = self.enterContext(organisations("a", "b"))
        a.add_caller("all", "schedule", "read", "approve", "admin")
        a.configure([b], "  - name: nothing\n    decision: deny\n")
        a.start()
        done = subprocess.run([COMMAND, "run", f"{a.url}/api.json", "--header", f"Authorization: Bearer {a.tokens['all']}", "--seed", "1",
                               "--max-examples", "6", "--exclude-checks", "positive_data_acceptance", "--request-timeout", "120",
                               "--phases", "coverage,fuzzing"], text=True, capture_output=True, timeout=LIMIT_S, cwd=a.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIsNone(a.state("all", fresh_id()))  # it is still there


if __name__ == "__main__":
    if not COMMAND.exists():
        print("schemathesis is not installed: scripts/setup --tests")
        sys.exit(SKIPPED)
    unittest.main()
