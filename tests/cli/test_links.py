"""That the links of links.py are as slow as said, and that link_times.py measures over them."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import links
from support import Case, ROOT

SKIPPED = 77
SOON = 200
RATE, RTT, BYTES = 1_000_000, 0.1, 300_000

SERVER = f"""
import socket
with socket.create_server(("", 9000)) as s:
    print("there", flush=True)
    client, _ = s.accept()
    client.sendall(bytes({BYTES}))
    client.recv(1)
"""
CLIENT = f"""
import socket, sys, time
start = time.monotonic()
s = socket.create_connection((sys.argv[1], 9000))
connected, n = time.monotonic(), 0
while n < {BYTES}:
    n += len(s.recv(65536))
print(connected - start, time.monotonic() - connected)
"""


class Links(Case):
    def test_a_link_delays_and_limits(self):
        with tempfile.TemporaryDirectory() as folder, links.Network(2, RATE, RTT, pathlib.Path(folder, "trace")) as network:
            server = subprocess.Popen([*network.prefix("0"), sys.executable, "-c", SERVER], stdout=subprocess.PIPE)
            with server, server.stdout:
                try:
                    self.assertEqual(server.stdout.readline(), b"there\n")
                    done = subprocess.run([*network.prefix("1"), sys.executable, "-c", CLIENT, network.address("0")],
                                          capture_output=True, text=True, timeout=SOON, check=True)
                finally:
                    server.kill()
            sent = [sum(times) for times in zip(*(map(int, line.split()) for line in network.trace.read_text().splitlines()))]
        self.assertGreater(sent[1], BYTES * 0.9)  # the last moment is not yet written
        self.assertLess(sent[2], BYTES / 10)
        connecting, receiving = map(float, done.stdout.split())
        self.assertGreater(connecting, RTT)
        self.assertGreater(receiving, BYTES / RATE)

    def test_parties_beside_other_programs(self):
        with tempfile.TemporaryDirectory() as folder:
            told = pathlib.Path(folder, "peers.json")
            subprocess.run([sys.executable, "-B", ROOT / "tests/cli/peers.py", "--ands=100", "--links=none", f"--output={told}"],
                           capture_output=True, timeout=SOON, check=True)
            row, = json.loads(told.read_text())["rows"]
        self.assertEqual((row["what"], row["program"], row["link"]), ("100 AND gates", "this build", "none"))
        for figure in ("seconds", "cpu_seconds_per_party", "bytes_per_party", "peak_mib_per_party"):
            self.assertGreater(row[figure], 0, figure)

    def test_other_programs_are_built_before(self):
        done = subprocess.run([sys.executable, "-B", ROOT / "tests/cli/peers.py", "--emp-ag2pc=/nowhere"],
                              capture_output=True, text=True, timeout=SOON)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/nowhere is no program; --help says how to build it", done.stderr)

    def test_times_of_every_way(self):
        done = subprocess.run([sys.executable, "-B", ROOT / "tests/cli/link_times.py", "--link=100mbit,10ms", "--json"],
                              capture_output=True, text=True, timeout=4 * SOON, check=True)
        rows = json.loads(done.stdout)
        self.assertEqual(len(rows), 3)
        for name, figures in rows.items():
            self.assertGreater(figures["protocol_seconds"], 14 * 0.005, name)
            self.assertGreater(figures["seconds"], figures["protocol_seconds"], name)


if __name__ == "__main__":
    reason = links.why_not()
    if reason is not None:
        print("skipped:", reason)
        sys.exit(SKIPPED)
    unittest.main()
