"""The examples for Python: a join of two tables in two processes over a relay, and the notebook."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import polytune
from support import ROOT, TIMEOUT, cli

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(pathlib.Path(polytune.__file__).parents[1])}
ROWS = "300"


def start(*arguments, cwd=ROOT):
    return subprocess.Popen([sys.executable, "-B", *map(str, arguments)], cwd=cwd, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


class Examples(unittest.TestCase):
    def test_a_join_of_two_tables(self):
        script = ROOT / "examples/join.py"
        with cli.relay() as (url, _):
            parties = [start(script, url, who, ROWS) for who in ("clinic", "hospital")]
            outcomes = [party.communicate(timeout=TIMEOUT) for party in parties]
        expected, _ = start(script, "check", ROWS).communicate(timeout=TIMEOUT)
        self.assertIn("Warfarin", expected)
        for out, err in outcomes:
            self.assertEqual(out, expected, err)

    def test_the_notebook(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(ROOT / "examples/notebook.ipynb", folder)
            shutil.copytree(ROOT / "examples/tables", pathlib.Path(folder, "tables"))
            run = start("-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbmake", "--nbmake-timeout=100", "--overwrite", "notebook.ipynb", cwd=folder)
            out, err = run.communicate(timeout=2 * TIMEOUT)
            self.assertEqual(run.returncode, 0, out + err)
            cells = json.loads(pathlib.Path(folder, "notebook.ipynb").read_text())["cells"]
        shown = [output for cell in cells for output in cell.get("outputs", [])]
        self.assertTrue(any("image/png" in output.get("data", {}) for output in shown), "no plot")
        text = json.dumps(shown, ensure_ascii=False)
        text = re.sub(r'"image/png": "[^"]*"', "", text)
        for words in ("type error", "| ", "^^^", "row 2", "AND gates"):
            self.assertIn(words, text)


if __name__ == "__main__":
    unittest.main()
