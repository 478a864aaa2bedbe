"""scripts/performance: that it makes its page, not what it measures."""
import json
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
            page, peers = pathlib.Path(folder) / "page.md", pathlib.Path(folder) / "peers.json"
            peers.write_text(json.dumps({"runs": 1, "rows": [
                {"what": "100 AND gates", "program": "another", "link": "100mbit/50ms", "seconds": 1.5, "cpu_seconds_per_party": 0.25,
                 "bytes_per_party": 2e6, "peak_mib_per_party": 3.0}]}))
            done = subprocess.run([sys.executable, ROOT / "scripts/performance", "--quick", "--ands=100", f"--output={page}",
                                   f"--peers={peers}"],
                                  capture_output=True, text=True, timeout=TIMEOUT, env={**os.environ, "POLYTUNE_BIN": BIN})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            text = page.read_text()
            for part in ("## The machine", "## The protocol", "## Over a link", "## The compiler", "| read from .ptc |",
                         "| sum of 3 over p2p |", "| 100 AND gates | another | 100mbit, 50ms | 1.50 s | 0.25 s | 2.0 MB | 3 MiB |"):
                self.assertIn(part, text)
            self.assertNotIn("nan", text)


if __name__ == "__main__":
    unittest.main()
