"""The audit log as an auditor sees it: read with standard tools alone (hashlib, openssl), and by polytune node audit --verify."""
import base64
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from support import Case, DONE, INPUT, ROOT, TIMEOUT, USAGE, polytune

WRITE_AUDIT = os.environ.get("POLYTUNE_WRITE_AUDIT", str(ROOT / "build/dev/bin/write_audit"))
LINES = 1100  # more than are signed at once


class Fault(Exception):
    pass


def verify_by_hand(log, public_pem, work):
    """(lines, signatures) of a log that holds together; needs nothing of Polytune."""
    previous, signatures = b"", 0
    for number, line in enumerate(log.read_bytes().splitlines(keepends=True), 1):
        entry = json.loads(line)
        expected = hashlib.sha256(previous).hexdigest() if previous else 64 * "0"
        if entry["seq"] != number or entry["prev"] != expected:
            raise Fault(f"line {number} does not continue the one before")
        if entry["event"] == "signed":
            (work / "m").write_bytes(f"polytune audit 1\n{number}\n{expected}\n".encode())
            (work / "s").write_bytes(base64.b64decode(entry["signature"]))
            done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public_pem, "-rawin", "-in", work / "m",
                                   "-sigfile", work / "s"], capture_output=True, timeout=60)
            if done.returncode != 0:
                raise Fault(f"line {number} is not signed by the node")
            signatures += 1
        previous = line
    return number, signatures


class Audit(Case):
    def setUp(self):
        super().setUp()
        self.work = tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.addCleanup(self.work.cleanup)
        self.folder = pathlib.Path(self.work.name)
        self.log, self.key = self.folder / "audit.log", self.folder / "audit.key"
        self.public = polytune("node", "signing-key", self.key).out.strip()
        self.pem = self.folder / "public.pem"
        subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-out", self.pem], check=True, timeout=60)

    def append(self, lines, *crash):
        subprocess.run([WRITE_AUDIT, self.log, self.key, str(lines), *crash], check=True, timeout=TIMEOUT)

    def verify(self, *flags):
        return polytune("node", "audit", "--verify", f"--file={self.log}", *flags)

    def test_by_standard_tools_and_by_the_command(self):
        self.append(LINES)
        self.append(3)
        lines, signatures = verify_by_hand(self.log, self.pem, self.folder)
        self.assertEqual((lines, signatures), (LINES + 3 + 5, 3))
        done = self.verify(f"--public-key={self.public}")
        head = hashlib.sha256(self.log.read_bytes().splitlines(keepends=True)[-1]).hexdigest()
        self.assertEqual(done.out, f"{self.log} holds together: {lines} lines, 3 signatures\nhead {lines}:{head}\n")
        self.assertNotIn("not signed", done.err)
        self.assertEqual(self.verify(f"--head={lines}:{head}").status, DONE)
        whose = self.verify()
        self.assertEqual(whose.status, DONE)
        self.assertIn(f"all signatures are by {self.public}", whose.err)

    def test_tampering_is_found_by_both(self):
        self.append(5)
        good = self.log.read_bytes()
        self.log.write_bytes(good.replace(b'"number":3', b'"number":4', 1))
        with self.assertRaisesRegex(Fault, "line 5 "):
            verify_by_hand(self.log, self.pem, self.folder)
        done = self.verify(f"--public-key={self.public}")
        self.assertEqual((done.status, done.out), (INPUT, ""))
        self.assertIn("line 5: it does not continue the line before: line 4 was changed", done.err)

    def test_a_log_written_anew_with_another_key(self):
        other = polytune("node", "signing-key", self.folder / "other.key").out.strip()
        self.append(2)
        done = self.verify(f"--public-key={other}")
        self.assertEqual(done.status, INPUT, done)
        self.assertIn(f"it is signed by another key, {self.public}", done.err)

    def test_what_was_cut_off(self):
        self.append(2)
        head = self.verify().out.split("head ")[1].strip()
        lines = self.log.read_bytes().splitlines(keepends=True)
        self.log.write_bytes(b"".join(lines[:-2]))
        self.assertEqual(self.verify().status, DONE)
        done = self.verify(f"--head={head}")
        self.assertEqual(done.status, INPUT, done)
        self.assertIn("ends with line 2, but the head of line 4 was shown: what followed was cut off", done.err)

    def test_after_a_crash(self):
        self.append(2, "crash")
        done = self.verify()
        self.assertEqual(done.status, DONE, done)
        self.assertIn("the last 3 lines are not signed yet", done.err)
        with self.log.open("ab") as log:
            log.write(b'{"seq":4,"pr')
        done = self.verify()
        self.assertEqual(done.status, DONE, done)
        self.assertIn("12 bytes of a half-written line", done.err)
        self.append(1)
        verify_by_hand(self.log, self.pem, self.folder)
        self.assertIn(b'"bytes_of_half_a_line_cut_off":12', self.log.read_bytes())
        self.assertNotIn("half-written", self.verify().err)

    def test_usage(self):
        self.append(1)
        for flags, message in [
            ([], "needs --verify and either"),
            (["--verify"], "needs --verify and either"),
            (["--verify", f"--file={self.log}", "--config=x"], "needs --verify and either"),
            (["--verify", f"--file={self.log}", "--head=1"], "--head is SEQ:HASH"),
            (["--verify", f"--file={self.log}", "--head=1:abc"], "--head is SEQ:HASH"),
            (["--verify", f"--file={self.log}", "--head=x:" + 64 * "0"], "--head is SEQ:HASH"),
            (["--verify", f"--file={self.log}", "--public-key=x"], "--public-key is the line"),
        ]:
            done = polytune("node", "audit", *flags)
            self.assertEqual(done.status, USAGE, done)
            self.assertIn(message, done.err)
        self.assertEqual(polytune("node", "audit", "--verify", "--file=/nonexistent").status, INPUT)


if __name__ == "__main__":
    unittest.main()
