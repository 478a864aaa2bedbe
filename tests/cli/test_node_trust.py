"""What a node's operator does without a node running: the configuration checked, programs signed."""
import base64
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from support import Case, DONE, INPUT, ROOT, USAGE, polytune

PROGRAM = "pub fn main(a: u8, b: u8) -> u8 { a + b }\n"


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, timeout=60)


class Trust(Case):
    def setUp(self):
        super().setUp()
        self.work = tempfile.TemporaryDirectory()
        self.addCleanup(self.work.cleanup)
        self.folder = pathlib.Path(self.work.name)

    def write(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def public_pem(self, line):
        return self.write("public.pem", f"-----BEGIN PUBLIC KEY-----\n{line}\n-----END PUBLIC KEY-----\n")


class Configuration(Trust):
    def write_keys(self):
        """What the example names."""
        self.assertEqual(polytune("keygen", "-o", self.folder / "node.key").status, DONE)
        self.assertEqual(polytune("node", "signing-key", self.folder / "audit.key").status, DONE)
        private = self.folder / "login.key"
        self.assertEqual(openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", private).returncode, 0)
        self.assertEqual(openssl("ec", "-in", private, "-pubout", "-out", self.folder / "login.pem").returncode, 0)
        self.write("admissions.odbc", "DSN=admissions")

    def test_keys_are_looked_at(self):
        config = self.write("node.yaml", (ROOT / "examples/node.yaml").read_text(), 0o644)
        self.write_keys()
        for name, message in (("node.key", "is not a private key file"), ("audit.key", "is not the file of a private signing key"),
                              ("login.pem", "is not the public key (PEM) on P-256")):
            whole = (self.folder / name).read_text()
            self.write(name, "x")
            done = polytune("node", "check-config", f"--config={config}")
            self.assertEqual((done.status, done.out), (INPUT, ""), done)
            self.assertIn(message, done.err)
            self.write(name, whole)

    def test_the_example(self):
        config = self.write("node.yaml", (ROOT / "examples/node.yaml").read_text(), 0o644)
        done = polytune("node", "check-config", f"--config={config}")
        self.assertEqual(done.status, INPUT)
        self.assertIn("cannot read the key", done.err)
        self.write_keys()
        # A table may come later: that is no mistake, but worth knowing.
        done = polytune("node", "check-config", f"--config={config}")
        self.assertEqual(done.status, DONE, done)
        self.assertIn("source 'patients' cannot be read now", done.err)
        self.assertIn("patients.csv': No such file", done.err)
        (self.folder / "patients.csv").mkdir()
        done = polytune("node", "check-config", f"--config={config}")
        self.assertIn("patients.csv': it is no file", done.err)
        (self.folder / "patients.csv").rmdir()
        self.write("patients.csv", "id\n1\n")
        done = polytune("node", "check-config", f"--config={config}")
        self.assertEqual((done.status, done.err), (DONE, ""), done)
        self.assertIn("is in order: 2 participants, 2 sources, 1 outputs, 2 callers, 1 issuers of tokens, 3 rules", done.out)

    def test_the_examples_hash(self):
        digest = subprocess.run(["sha256sum", ROOT / "examples/measles.garble"], text=True, capture_output=True, check=True).stdout
        self.assertIn(digest.split()[0], (ROOT / "examples/node.yaml").read_text())

    def test_every_key_is_in_the_documents(self):
        keys = re.findall(r'^    \{"([a-z0-9-]+)", FIELD_', (ROOT / "src/node/config.c").read_text(), re.M)
        self.assertGreater(len(keys), 40)
        document = (ROOT / "docs/node.md").read_text()
        for key in keys:
            with self.subTest(key):
                self.assertIn(f"`{key}`", document)

    def test_rules_of_the_documents(self):
        """The rules shown in docs/node.md are rules, and the hash is that of the example."""
        rules = re.search(r"^```yaml\n(rules:.*?)^```", (ROOT / "docs/node.md").read_text(), re.M | re.S).group(1)
        example = (ROOT / "examples/node.yaml").read_text()
        config = self.write("n.yaml", example[:example.index("\nrules:")] + "\n" + rules, 0o644)
        self.write_keys()
        done = polytune("node", "check-config", f"--config={config}")
        self.assertEqual(done.status, DONE, done)
        self.assertIn("2 rules", done.out)
        self.assertIn(re.search(r"programs: \[(\w+)\]", rules).group(1), example)

    def test_what_is_wrong_is_told(self):
        for text, status, message in [
            ("", INPUT, "n.yaml:1: it is empty"),
            ("key: k\nsotre: x\n", INPUT, "n.yaml:2: the configuration has no key 'sotre'; did you mean 'store'?"),
        ]:
            done = polytune("node", "check-config", f"--config={self.write('n.yaml', text, 0o644)}")
            self.assertEqual((done.status, done.out), (status, ""), done)
            self.assertIn(message, done.err)

    def test_usage(self):
        for arguments, message in [
            (["chek-config"], "polytune node has no 'chek-config'; did you mean 'check-config'?"),
            (["check-config"], "needs --config=FILE"),
            (["check-config", "x", "--config=y"], "usage: polytune node check-config [FLAGS]"),
            (["check-config", "--config=y", "--key=k"], "polytune node check-config does not take --key"),
            (["sign", "--key=k"], "usage: polytune node sign PROGRAM [FLAGS]"),
            (["sign", "x"], "needs --key=FILE"),
        ]:
            done = polytune("node", *arguments)
            self.assertEqual(done.status, USAGE, done)
            self.assertIn(message, done.err)


class Signing(Trust):
    def test_a_program_signed_and_verified_by_openssl(self):
        key = self.folder / "board.key"
        made = polytune("node", "signing-key", key)
        self.assertEqual(made.status, DONE, made)
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        public = made.out.strip()
        self.assertEqual(openssl("pkey", "-in", key, "-pubout", "-outform", "DER").stdout, base64.b64decode(public))
        program = self.write("p.garble", PROGRAM)
        signed = polytune("node", "sign", program, f"--key={key}")
        self.assertEqual(signed.status, DONE, signed)
        body, line = signed.out[:len(PROGRAM)], signed.out[len(PROGRAM):]
        self.assertEqual(body, PROGRAM)
        slashes, label, by, signature = line.split()
        self.assertEqual((slashes, label, by), ("//", "polytune-signature:", public))
        message = self.write("message", "polytune program 1\n" + body)
        sig = self.folder / "sig"
        sig.write_bytes(base64.b64decode(signature))
        verified = openssl("pkeyutl", "-verify", "-pubin", "-inkey", self.public_pem(public), "-rawin", "-in", message, "-sigfile", sig)
        self.assertEqual(verified.returncode, 0, verified)
        # It still is that program.
        whole = self.write("signed.garble", signed.out)
        self.assertEqual(polytune("check", whole).status, DONE)
        again = polytune("node", "sign", whole, f"--key={key}")
        self.assertEqual((again.status, again.out), (INPUT, ""), again)

    def test_keys_of_openssl(self):
        key = self.folder / "k"
        self.assertEqual(openssl("genpkey", "-algorithm", "ed25519", "-out", key).returncode, 0)
        os.chmod(key, 0o600)
        signed = polytune("node", "sign", "-", f"--key={key}", stdin=PROGRAM)
        self.assertEqual(signed.status, DONE, signed)
        other = self.folder / "x"
        self.assertEqual(openssl("genpkey", "-algorithm", "x25519", "-out", other).returncode, 0)
        os.chmod(other, 0o600)
        refused = polytune("node", "sign", "-", f"--key={other}", stdin=PROGRAM)
        self.assertEqual((refused.status, refused.out), (INPUT, ""), refused)


if __name__ == "__main__":
    unittest.main()
