"""The table of circuit sizes is what the compiler makes, and no circuit is larger than Garble's."""
import os
import subprocess
import sys
import unittest

from support import BIN, Case, ROOT, TIMEOUT


class CircuitSizes(Case):
    def test_document_is_up_to_date(self):
        done = subprocess.run([sys.executable, ROOT / "scripts/circuit-sizes", "--check"], text=True,
                              capture_output=True, timeout=TIMEOUT, env={**os.environ, "POLYTUNE_BIN": BIN})
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
