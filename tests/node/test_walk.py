"""docs/node.md, from nothing to a first approved computation: its commands, one after the other, in an empty folder."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import node_support  # noqa: F401 - finds the next one
from support import BIN, ROOT, free_port

CHAPTER = "## From nothing to a first approved computation"
LIMIT_S = 900


class Walk(unittest.TestCase):
    def test_every_command_of_the_chapter(self):
        text = (ROOT / "docs/node.md").read_text()
        chapter = text[text.index(CHAPTER):].split("\n## ")[0 if not text.startswith(CHAPTER) else 1]
        script = "\n".join(re.findall(r"^```sh\n(.*?)^```$", chapter, re.M | re.S))
        for port in ("8000", "8001"):
            script = script.replace(port, str(free_port()))
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            (place / "bin").mkdir()
            (place / "bin/polytune").symlink_to(BIN)
            # Whatever is left over ends with the test.
            script = "set -eu\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + script
            done = subprocess.run(["bash", "-c", script], cwd=folder, text=True, capture_output=True, timeout=LIMIT_S,
                                  env={**os.environ, "PATH": f"{place / 'bin'}:{os.environ['PATH']}"})
            logs = "".join(f"\n{name}: {(place / name / 'log').read_text()}" for name in "ab" if (place / name / "log").exists())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + logs)
        self.assertEqual(done.stdout.count('{"type":"success","details":{"NumUnsigned":[2,"U32"]}}'), 2, done.stdout)


if __name__ == "__main__":
    unittest.main()
