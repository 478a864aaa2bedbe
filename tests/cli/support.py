"""Running the command as a user does: processes, a relay on a free port, parties side by side."""
import concurrent.futures
import contextlib
import fcntl
import functools
import json
import os
import pathlib
import pty
import queue
import re
import select
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

from ports import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("POLYTUNE_BIN", str(ROOT / "build/dev/bin/polytune"))
WRITE_CIRCUIT = os.environ.get("POLYTUNE_WRITE_CIRCUIT", str(ROOT / "build/dev/bin/write_circuit"))
TIMEOUT = 240
NOBODY = 65534  # a user
AFTERWARDS = 30  # for what a process leaves to read, and for a killed one to end
MAX = ROOT / "examples/millionaires.garble"
# A circuit of two parties that takes a while.
LONG = """
pub fn main(a: u64, b: u64) -> u64 {
    let mut x = a;
    for i in 0..300 { x = ((x & 4294967295u64) * ((b ^ x) & 4294967295u64)) ^ a; }
    x
}
"""
TICKET = r"^p2p:[A-Za-z0-9_-]{90,}$"  # a line that p2p:new prints
WORDS = re.compile(r"nobody is in between: ((?:[bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]-?){5})$",
                   re.M)

# Exit statuses.
DONE, INTERNAL, USAGE, PROGRAM, INPUT, PANIC, TRANSPORT, PEER = range(8)


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return f"exit {self.status}\nstdout: {self.out}\nstderr: {self.err}"


def polytune(*arguments, stdin=None, env=None, cwd=ROOT):
    done = subprocess.run([BIN, *map(str, arguments)], text=True, capture_output=True, timeout=TIMEOUT, input=stdin,
                          cwd=cwd, env={**os.environ, **(env or {})})
    return Result(done.returncode, done.stdout, done.stderr)


def circuit(name):
    """A circuit of tests/support/circuits.h as Bristol Fashion text."""
    return subprocess.run([WRITE_CIRCUIT, name], text=True, capture_output=True, timeout=TIMEOUT, check=True).stdout


class Lines:
    """What a process writes, line by line, read by a thread: so the process never waits, and a reader need not for ever."""

    def __init__(self, stream):
        self.queue = queue.SimpleQueue()
        self.ended = False
        self.thread = threading.Thread(target=self.read, args=(stream,), daemon=True)
        self.thread.start()

    def read(self, stream):
        with stream:
            for line in stream:
                self.queue.put(line)
        self.queue.put(None)

    def next(self, deadline):
        """The next line, or None at the end; TimeoutError after the deadline."""
        if self.ended:
            return None
        try:
            line = self.queue.get(timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            raise TimeoutError from None
        self.ended = line is None
        return line

    def rest(self, deadline):
        """All that was not read yet, up to the end or the deadline."""
        lines = []
        with contextlib.suppress(TimeoutError):
            while (line := self.next(deadline)) is not None:
                lines.append(line)
        return "".join(lines)


class Process:
    """A command in the background."""

    def __init__(self, *arguments, env=None, under=(), cwd=ROOT, program=BIN):
        """`under`: a command that runs the rest."""
        self.process = subprocess.Popen([*under, program, *map(str, arguments)], text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, cwd=cwd,
                                        env={**os.environ, **(env or {})})
        self.out, self.err = Lines(self.process.stdout), Lines(self.process.stderr)

    def rest(self):
        deadline = time.monotonic() + AFTERWARDS
        return self.out.rest(deadline), self.err.rest(deadline)

    def wait(self, timeout=TIMEOUT):
        """The end of the process; its output but for the lines that read_err_until has taken."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("does not end: %s %s" % self.rest()) from None
        return Result(self.process.returncode, *self.rest())

    def read_err_until(self, pattern, timeout=TIMEOUT):
        """Reads stderr lines until one matches; the match."""
        lines, deadline = [], time.monotonic() + timeout
        try:
            while (line := self.err.next(deadline)) is not None:
                lines.append(line)
                found = re.search(pattern, line)
                if found:
                    return found
            problem = "ended"
        except TimeoutError:
            problem = f"{timeout} s"
        raise AssertionError(f"{problem} without {pattern}: " + "".join(lines))

    def kill(self):
        self.process.kill()
        self.process.wait(AFTERWARDS)
        self.rest()


def on_terminal(*arguments, env=None, stdout=subprocess.DEVNULL, columns=None):
    """Exit status, and what a command writes to the terminal that its stderr is, and with stdout=None its stdout."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        raise unittest.SkipTest(f"no terminal can be made here: {error}") from None
    if columns is not None:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")} | {"TERM": "xterm"} | (env or {})
    process = subprocess.Popen([BIN, *map(str, arguments)], stdin=subprocess.DEVNULL, stderr=theirs, cwd=ROOT,
                               stdout=theirs if stdout is None else stdout, env=environment)
    os.close(theirs)
    text, deadline = b"", time.monotonic() + TIMEOUT
    with contextlib.suppress(OSError):  # the other side is closed
        while select.select([ours], [], [], max(0, deadline - time.monotonic()))[0] and (piece := os.read(ours, 65536)):
            text += piece
    os.close(ours)
    return process.wait(AFTERWARDS), text.decode().replace("\r\n", "\n")


def wait_until(condition, what, timeout=TIMEOUT):
    """Asks again and again, with a short rest."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{timeout} s without {what}")
        time.sleep(0.002)


def free_urls(n, scheme="http", host="127.0.0.1"):
    shown = f"[{host}]" if ":" in host else host
    return [f"{scheme}://{shown}:{free_port(host)}" for _ in range(n)]


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


LONG_INPUTS = ("[0u64; 64]", "2", "3")
LONG_FOLDER = tempfile.TemporaryDirectory()  # goes when this process ends
LONG_LOCK = threading.Lock()


def long_program(parties=2):
    """A program that runs long enough for something to happen in the middle, compiled once for all its parties, who give
    LONG_INPUTS; the result is party 1's."""
    with LONG_LOCK:
        return compiled_long_program(parties)


@functools.lru_cache(None)
def compiled_long_program(parties):
    source, compiled = (pathlib.Path(LONG_FOLDER.name, f"{parties}.{suffix}") for suffix in ("garble", "ptc"))
    others = ", ".join(f"b{i}: u64" for i in range(1, parties))
    source.write_text(f"pub fn main(a: [u64; 64], {others}) -> u64 {{ let mut x = b1; "
                      f"for y in a {{ x = x ^ (y & (x * b{parties - 1})); }} x }}")
    done = polytune("compile", str(source), "-o", str(compiled))
    assert done.status == DONE, done
    return compiled


@contextlib.contextmanager
def authority(days=2, names="DNS:localhost,IP:127.0.0.1"):
    """A folder with ca.pem, and cert.pem and key.pem that this authority has signed for a host; for -1 days it has expired."""
    with tempfile.TemporaryDirectory() as folder:
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=TIMEOUT)
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=throwaway authority", "-days", "2",
                "-addext", "basicConstraints=critical,CA:TRUE")
        openssl("req", *key, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost")
        (pathlib.Path(folder) / "names").write_text(f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names",
                "-days", str(days), "-out", "cert.pem")
        yield pathlib.Path(folder)


class Keys:
    """A folder with key files of so many parties and their roster."""

    def __init__(self, folder, parties):
        self.folder = pathlib.Path(folder)
        self.public = []
        for i in range(parties):
            made = polytune("keygen", "-o", self.key(i))
            assert made.status == DONE, made
            self.public.append(made.out.strip())
        self.roster = self.write("roster", self.public)

    def key(self, i):
        return self.folder / f"{i}.key"

    def write(self, name, public):
        path = self.folder / name
        path.write_text("# who is who\n\n" + "".join(f"{i} {key}  # party {i}\n" for i, key in enumerate(public)))
        return path

    def flags(self, i, roster=None):
        return [f"--key={self.key(i)}", f"--roster={roster or self.roster}"]


@contextlib.contextmanager
def keys(parties):
    with tempfile.TemporaryDirectory() as folder:
        yield Keys(folder, parties)


class Example:
    """An example program with the inputs and the result that its opening comment states."""

    def __init__(self, path):
        text = path.read_text()
        self.path = path
        self.inputs = re.findall(r"^// party \d+: (.*)$", text, re.M)
        self.result = re.findall(r"^// result: (.*)$", text, re.M)[0]


def examples():
    return [Example(path) for path in sorted((ROOT / "examples").glob("*.garble"))]


def one_processor(case):
    """What a computation takes grows with its threads: on one processor every machine tells the same. For a test's setUp."""
    if hasattr(os, "sched_setaffinity"):
        usable = os.sched_getaffinity(0)
        case.addCleanup(os.sched_setaffinity, 0, usable)
        os.sched_setaffinity(0, {max(usable)})


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


AT_ONCE = 3


class AtOnce(unittest.TestSuite):
    """Cases that wait more than they compute: several at once, without what classes set up for all of theirs."""

    def cases(self):
        for test in self:
            yield from test.cases() if isinstance(test, AtOnce) else (test,)

    def run(self, result, debug=False):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda case: case.run(result), self.cases()))
        return result


def main_at_once():
    loader = unittest.TestLoader()
    loader.suiteClass = AtOnce
    unittest.main(testLoader=loader)
