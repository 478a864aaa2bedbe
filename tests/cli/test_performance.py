"""scripts/performance: that it makes its page, not what it measures."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from support import BIN, Case, ROOT, TIMEOUT


class Performance(Case):
    def test_a_page(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "page.md"
            done = subprocess.run([sys.executable, ROOT / "scripts/performance", "--quick", "--ands=100", f"--output={page}"],
                                  capture_output=True, text=True, timeout=TIMEOUT, env={**os.environ, "POLYTUNE_BIN": BIN})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            text = page.read_text()
            for part in ("## The machine", "## The protocol", "## Over a link", "## The compiler", "| read from .ptc |",
                         "| sum of 3 over p2p |"):
                self.assertIn(part, text)
            self.assertNotIn("nan", text)


if __name__ == "__main__":
    unittest.main()
