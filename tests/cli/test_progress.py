"""What one sees while it takes long, and that it can be stopped."""
import contextlib
import os
import pathlib
import pty
import re
import resource
import select
import signal
import subprocess
import time
import unittest

from support import BIN, Case, DONE, MAX, Process, ROOT, TIMEOUT, WORDS, program_file, relay, start_parties

# Takes minutes to compile.
LONG = """
const ROUNDS: usize = max(PARTY_0::ROUNDS, 1usize);
pub fn main(a: [u64; 40], b: u64) -> u64 {
    let mut x = b;
    for i in 0usize..ROUNDS { for y in a { x = (x * y) ^ (x / (y | 1u64)); } }
    x
}
"""
CONSTANT = "--const=PARTY_0::ROUNDS=2000usize"
SECONDS_TO_STOP = 30  # on a machine that does much else; alone it takes some hundredths
CPU_SECONDS_TO_STOP = 2


class Terminal:
    """A command whose stderr is a terminal, while it runs."""

    def __init__(self, *arguments):
        try:
            self.ours, theirs = pty.openpty()
        except OSError as error:
            raise unittest.SkipTest(f"no terminal can be made here: {error}") from None
        self.process = subprocess.Popen([BIN, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=theirs, cwd=ROOT)
        os.close(theirs)
        self.text = ""

    def read_until(self, pattern):
        deadline = time.monotonic() + TIMEOUT
        while not re.search(pattern, self.text):
            if not select.select([self.ours], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"{TIMEOUT} s without {pattern}: {self.text}")
            self.text += os.read(self.ours, 65536).decode()

    def end(self):
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            os.close(self.ours)


def cpu_seconds(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def assert_stops_at_once(case, process):
    """By its own clock, which runs no faster while the machine does much else; and in the end by everybody's."""
    ended, computed, start = resource.getrusage(resource.RUSAGE_CHILDREN), cpu_seconds(process), time.monotonic()
    process.send_signal(signal.SIGINT)
    case.assertEqual(process.wait(TIMEOUT), -signal.SIGINT)
    case.assertLess(time.monotonic() - start, SECONDS_TO_STOP)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    in_all = used.ru_utime + used.ru_stime - ended.ru_utime - ended.ru_stime
    case.assertLess(in_all - computed, CPU_SECONDS_TO_STOP)


class Compiling(Case):
    def test_it_shows_how_far_it_is_and_stops_at_once(self):
        with program_file(LONG) as path:
            for arguments in (("compile", path, CONSTANT), ("eval", path, CONSTANT, f"--input={[1] * 40}", "--input=2"),
                              ("simulate", path, CONSTANT, f"--input={[1] * 40}", "--input=2")):
                terminal = Terminal(*arguments)
                try:
                    terminal.read_until(r"\r\x1b\[Kcompiling: lowering, \d+ gates\r\x1b\[Kcompiling: lowering, \d+ gates")
                    assert_stops_at_once(self, terminal.process)
                finally:
                    terminal.end()

    def test_a_party_stops_at_once(self):
        with program_file(LONG) as path, relay() as (url, _):
            parties = start_parties(url, "s", path, [[1] * 40, 2], CONSTANT, "--timeout=600")
            for party in parties:
                party.read_err_until("constant PARTY_0::ROUNDS")
            parties[0].read_err_until("compiling: lowering, [0-9]+ gates$")
            for party in parties:
                assert_stops_at_once(self, party.process)
                self.assertNotIn("party", party.rest()[1])

    def test_a_party_alone_stops_at_once(self):
        with program_file(LONG.replace("PARTY_0::ROUNDS", "2000usize")) as path:
            alone = Process("party", "http://127.0.0.1:9", "--session=s", f"--program={path}", "--party=1", "--input=2")
            alone.read_err_until("compiling: lowering")
            assert_stops_at_once(self, alone.process)
            alone.rest()


class Waiting(Case):
    def test_a_line_that_is_rewritten(self):
        with relay() as (url, _):
            terminal = Terminal("party", url, "--session=s", f"--program={MAX}", "--party=0", "--input=1")
            try:
                terminal.read_until(r"(\r\x1b\[Kpolytune: waiting for party 1 \(\d s\)){3}")
                self.assertNotIn("\n", terminal.text[terminal.text.index("waiting"):])
            finally:
                terminal.end()

    def test_lines_that_get_rare(self):
        with relay() as (url, _):
            party = start_parties(url, "s", MAX, ["1"])[0]
            seconds = [int(party.read_err_until(r"waiting for party 1 \((\d+) s\)").group(1)) for _ in range(3)]
            party.kill()
            self.assertGreaterEqual(seconds[1] - seconds[0], 2)
            self.assertGreaterEqual(seconds[2] - seconds[1], 4)


class Quiet(Case):
    def test_it_does_not_hide_that_somebody_may_be_in_between(self):
        with relay() as (url, _):
            results = [party.wait() for party in start_parties(url, "s", MAX, ["7", "5"], "--quiet")]
            for result in results:
                self.assertRan(result, "true")
                self.assertRegex(result.err, "^polytune: warning: encrypted, but not authenticated")
                self.assertEqual(result.err.count("\n"), 1)
            self.assertEqual(*(WORDS.search(result.err).group(1) for result in results))
            results = [party.wait() for party in start_parties(url, "t", MAX, ["7", "5"], "--quiet", "--session-secret=a b c d e")]
            for result in results:
                self.assertEqual((result.status, result.err), (DONE, ""))


if __name__ == "__main__":
    unittest.main()
