"""Many sessions through one relay: that nothing leaks, and that faults of the network never make a result wrong.

Short by default; by hand, POLYTUNE_SOAK=500 and POLYTUNE_FAULTS=1000 set how many sessions run.
"""
import collections
import concurrent.futures
import os
import pathlib
import random
import subprocess
import tempfile
import threading
import time
import unittest

from fault_proxy import FaultProxy
from support import (AFTERWARDS, BIN, Case, DONE, Example, MAX, ROOT, TRANSPORT, free_port, relay, start_parties,
                     wait_until)

SALARIES = Example(ROOT / "examples/salaries.garble")
SOAK = int(os.environ.get("POLYTUNE_SOAK", "6"))
FAULT_RUNS = int(os.environ.get("POLYTUNE_FAULTS", "6"))
AT_ONCE = 64 if SOAK >= 100 else 4
SEED = int(os.environ.get("POLYTUNE_SEED", "1"))
LONGEST_RUN_S = 240


def rss_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Soak(Case):
    def run_session(self, url, name):
        for result in [p.wait() for p in start_parties(url, name, MAX, ["7", "5"])]:
            self.assertRan(result, "true")

    def test_sessions_leave_nothing_behind(self):
        with relay() as (url, process):
            pid = process.process.pid
            self.run_session(url, "first")
            warm = (rss_kib(pid), open_files(pid))
            for i in range(SOAK):
                self.run_session(url, f"in-sequence-{i}")
            after = (rss_kib(pid), open_files(pid))
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(lambda i: self.run_session(url, f"at-once-{i}"), range(AT_ONCE)))
            # The last clients' connections may still be closing.
            wait_until(lambda: open_files(pid) <= warm[1], "all files closed", LONGEST_RUN_S)
            end = (rss_kib(pid), open_files(pid))
            print(f"relay (KiB, open files): after 1 session {warm}, after {SOAK} more in sequence {after}, "
                  f"after {AT_ONCE} at once {end}")
            self.assertLessEqual(after[1], warm[1])
            self.assertLessEqual(end[1], warm[1])
            if not os.environ.get("POLYTUNE_SANITIZE"):  # sanitizers keep what was freed
                # A leak of a session each would show, in a run of hundreds.
                self.assertLess(after[0] - warm[0], 2048 + SOAK)


class RestartingRelay:
    """A relay with a durable store that is killed and started anew at random moments, more rarely where all takes longer."""

    def __init__(self, folder, seed, pace):
        self.pace = pace
        self.port = free_port()
        self.command = [BIN, "serve", f"--listen=127.0.0.1:{self.port}", f"--store=sqlite:{folder}/relay.db", "--quiet"]
        self.random = random.Random(seed)
        self.stopped = threading.Event()
        self.n_kills = 0
        self.start()
        self.thread = threading.Thread(target=self.disturb)
        self.thread.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)

    def disturb(self):
        while not self.stopped.wait(self.pace * self.random.uniform(0.3, 3)):
            self.process.kill()
            self.process.wait(AFTERWARDS)
            self.n_kills += 1
            if self.stopped.wait(self.random.uniform(0, 0.5)):
                return
            self.start()

    def close(self):
        self.stopped.set()
        self.thread.join()
        self.process.kill()
        self.process.wait(AFTERWARDS)


class Faults(Case):
    def run_session(self, url, i):
        """The statuses of the parties; collects what must not happen."""
        parties = start_parties(url, f"faults-{SEED}-{i}", SALARIES.path, SALARIES.inputs, "--timeout=60")
        results = [p.wait(LONGEST_RUN_S) for p in parties]
        wanted = {DONE: SALARIES.result + "\n", TRANSPORT: ""}
        if any(wanted.get(r.status) != r.out for r in results):
            self.wrong.append((i, results))
        return tuple(sorted({r.status for r in results}))

    def test_faults_never_make_a_result_wrong(self):
        with tempfile.TemporaryDirectory() as folder:
            self.wrong = []
            with relay() as (url, _):
                begun = time.monotonic()
                self.assertEqual(self.run_session(url, "quiet"), (DONE,))
            server = RestartingRelay(folder, SEED, max(1, time.monotonic() - begun))
            proxy = FaultProxy(server.port, 0.03, SEED)
            try:
                with concurrent.futures.ThreadPoolExecutor(3) as pool:
                    ended = collections.Counter(pool.map(lambda i: self.run_session(proxy.url, i), range(FAULT_RUNS)))
            finally:
                proxy.close()
                server.close()
            print(f"{FAULT_RUNS} runs ended {dict(ended)}; {server.n_kills} restarts; {proxy.counts}")
            self.assertEqual(self.wrong, [])
            # Nothing lasts longer than the parties' patience, so most get through.
            self.assertGreater(ended[(DONE,)], FAULT_RUNS // 2)


if __name__ == "__main__":
    unittest.main()
