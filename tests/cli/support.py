"""Running the command as a user does: processes, a relay on a free port, parties side by side."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("POLYTUNE_BIN", str(ROOT / "build/dev/bin/polytune"))
WRITE_CIRCUIT = os.environ.get("POLYTUNE_WRITE_CIRCUIT", str(ROOT / "build/dev/bin/write_circuit"))
TIMEOUT = 240

# Exit statuses.
DONE, INTERNAL, USAGE, PROGRAM, INPUT, PANIC, TRANSPORT, PEER = range(8)


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return f"exit {self.status}\nstdout: {self.out}\nstderr: {self.err}"


def polytune(*arguments, stdin=None, env=None):
    done = subprocess.run([BIN, *map(str, arguments)], text=True, capture_output=True, timeout=TIMEOUT, input=stdin,
                          cwd=ROOT, env={**os.environ, **(env or {})})
    return Result(done.returncode, done.stdout, done.stderr)


def circuit(name):
    """A circuit of tests/support/circuits.h as Bristol Fashion text."""
    return subprocess.run([WRITE_CIRCUIT, name], text=True, capture_output=True, timeout=TIMEOUT, check=True).stdout


class Process:
    """A command in the background."""

    def __init__(self, *arguments, env=None, under=(), cwd=ROOT):
        """`under`: a command that runs the rest."""
        self.process = subprocess.Popen([*under, BIN, *map(str, arguments)], text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=cwd,
                                        env={**os.environ, **(env or {})})

    def wait(self, timeout=TIMEOUT):
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            raise AssertionError(f"does not end: {out} {err}")
        return Result(self.process.returncode, out, err)

    def read_err_until(self, pattern):
        """Reads stderr lines until one matches; the match."""
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            found = re.search(pattern, line)
            if found:
                return found
        raise AssertionError("ended without " + pattern + ": " + "".join(lines))

    def kill(self):
        self.process.kill()
        self.process.communicate()


@contextlib.contextmanager
def relay(*arguments, scheme="http"):
    """A relay on a free port; yields (url, process)."""
    process = Process("serve", "--listen=127.0.0.1:0", *arguments)
    try:
        yield process.read_err_until(scheme + r"://127\.0\.0\.1:\d+").group(), process
    finally:
        process.kill()


def start_parties(url, session, program, inputs, *more):
    return [Process("party", url, f"--session={session}", f"--program={program}", f"--party={i}", f"--input={text}",
                    *more) for i, text in enumerate(inputs)]


@contextlib.contextmanager
def program_file(source, suffix=".garble"):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / ("program" + suffix)
        path.write_text(source)
        yield path


@contextlib.contextmanager
def authority():
    """A folder with ca.pem, and cert.pem and key.pem for localhost that this authority has signed."""
    with tempfile.TemporaryDirectory() as folder:
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=throwaway authority", "-days", "2",
                "-addext", "basicConstraints=critical,CA:TRUE")
        openssl("req", *key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost")
        (pathlib.Path(folder) / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names",
                "-days", "2", "-out", "cert.pem")
        yield pathlib.Path(folder)


class Example:
    """An example program with the inputs and the result that its opening comment states."""

    def __init__(self, path):
        text = path.read_text()
        self.path = path
        self.inputs = re.findall(r"^// party \d+: (.*)$", text, re.M)
        self.result = re.findall(r"^// result: (.*)$", text, re.M)[0]


def examples():
    return [Example(path) for path in sorted((ROOT / "examples").glob("*.garble"))]


class Case(unittest.TestCase):
    def assertRan(self, result, out):
        self.assertEqual((result.status, result.out.strip()), (DONE, out), result)

    def assertFailed(self, result, status, *words):
        self.assertEqual(result.status, status, result)
        self.assertEqual(result.out, "", result)
        for word in words:
            self.assertIn(word, result.err)

    def json_of(self, result):
        self.assertEqual(result.status, DONE, result)
        return json.loads(result.out)
