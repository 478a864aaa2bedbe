"""Two parties of this build, and two of other programs, on the same work in the same run: whole processes, from their start to
their end, on one machine and with a slow link between. What is not given is not run.

    peers.py [--emp-ag2pc=PROGRAM] [--polytune-rust=PROGRAM] [--ands=1000000] [--links=none,100mbit/50ms] [--runs=N] [--output=FILE.json]

Parties of this build encrypt, over direct HTTP; the others here send in the clear.

emp-ag2pc: test_simple_circuit of https://github.com/emp-toolkit/emp-ag2pc, which reads a circuit in the older Bristol format from
test/ands.txt. One set of versions that fit together, with g++, OpenSSL's headers, and P a folder to install into:

    for r in emp-tool emp-ot emp-ag2pc; do git clone https://github.com/emp-toolkit/$r; done
    git -C emp-tool checkout 802b5d4; git -C emp-ot checkout a603ca0; git -C emp-ag2pc checkout 356cfd8
    flags="-DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=$P -DCMAKE_PREFIX_PATH=$P"
    cmake -S emp-tool -B emp-tool/build $flags && cmake --build emp-tool/build --target emp-tool && cmake --install emp-tool/build
    cmake -S emp-ot -B emp-ot/build $flags -DCMAKE_FOLDER=$P && cmake --install emp-ot/build
    cmake -S emp-ag2pc -B emp-ag2pc/build $flags -DCMAKE_FOLDER=$P
    cmake --build emp-ag2pc/build --target test_simple_circuit

It builds for the processor it is built on, and connects to 127.0.0.1; where a link is between, a process at the second party
forwards its connections.

polytune-rust: an example of https://github.com/sine-fdn/polytune (5631a9b), which listens on 127.0.0.1 alone, so there is no link,
and takes no message of more than 2 MB, so it gets a small program, of which it makes its own circuit:

    cargo build --release -p polytune-http-multi-server          # target/release/polytune-http-multi-server"""
import argparse
import itertools
import json
import os
import pathlib
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import link_times
import links
from support import BIN

PORT, LONGEST_S, CONNECT_S, ATTEMPTS = 9000, 600, 30, 3
STAGGER_S = 0.05  # the second party after the first
NO_LINK = "none"
N_PRODUCTS = 5
PRODUCTS = f"""pub fn main(a: u32, b: u32) -> u32 {{
    let mut x = a;
    for i in 0u32..{N_PRODUCTS}u32 {{ x = (((x as u64) * ((b ^ x) as u64)) >> 16u8) as u32; }}
    x
}}
"""


# ---- the programs ----

def older_bristol(text):
    """The circuit of Bristol Fashion, of two inputs and one output, in the format before it."""
    lines = text.split("\n", 3)
    (_, first, second), (_, result) = lines[1].split(), lines[2].split()
    return "\n".join([lines[0], f"{first} {second} {result}", lines[3]])


def urls_of(addresses, port):
    return ";".join(f"http://{address}:{port + i}" for i, address in enumerate(addresses))


class Ours:
    name, links, forwards = "this build", True, False

    def __init__(self, work):
        self.work = work

    def prepare(self, folder):
        (folder / "work").write_text(self.work)

    def command(self, party, addresses, port):
        value = "0x0" if self.work[0].isdigit() else "7"
        return [BIN, "party", urls_of(addresses, port), "--program=work", f"--input={value}", f"--party={party}"]


class EmpAg2pc:
    name, links, forwards = "emp-ag2pc", True, True

    def __init__(self, program, circuit):
        self.program, self.circuit = program, circuit

    def prepare(self, folder):
        (folder / "test").mkdir()
        (folder / "test/ands.txt").write_text(older_bristol(self.circuit))

    def command(self, party, _, port):
        return [self.program, str(party + 1), str(port)]


class PolytuneRust:
    name, links, forwards = "Polytune in Rust", False, False

    def __init__(self, program, text):
        self.program, self.text = program, text

    def prepare(self, folder):
        (folder / "work").write_text(self.text)

    def command(self, party, addresses, port):
        return [self.program, urls_of(addresses, port), "--program=work", "--input=7u32", f"--party={party}"]


def workloads(wish):
    """Name, and the programs that do it."""
    if wish.emp_ag2pc or not wish.polytune_rust:
        circuit = link_times.circuit_of(wish.ands)
        yield f"{wish.ands:,} AND gates", [Ours(circuit), *([EmpAg2pc(wish.emp_ag2pc, circuit)] if wish.emp_ag2pc else [])]
    if wish.polytune_rust:
        yield f"{N_PRODUCTS} products of u32", [Ours(PRODUCTS), PolytuneRust(wish.polytune_rust, PRODUCTS)]


# ---- a connection to somewhere else ----

def connect_patiently(address, port):
    deadline = time.monotonic() + CONNECT_S
    while True:
        try:
            return socket.create_connection((address, port))
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def join_ends(near, far):
    """Passes on what either says until one of them ends."""
    other = {near: far, far: near}
    for end in other:
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with near, far:
        while True:
            for end in select.select(list(other), [], [])[0]:
                piece = end.recv(1 << 20)
                if not piece:
                    return
                other[end].sendall(piece)


def forward(port, address):
    """Takes connections to 127.0.0.1 and makes each of them one to that address, one after the other."""
    with socket.create_server(("127.0.0.1", port)) as server:
        print("there", flush=True)
        while True:
            near, _ = server.accept()
            threading.Thread(target=join_ends, args=(near, connect_patiently(address, port)), daemon=True).start()


class Forwarder:
    def __init__(self, network, host, address, port):
        self.process = subprocess.Popen([*network.prefix(host), sys.executable, "-B", __file__, "--forward", address, str(port)],
                                        stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


# ---- runs ----

def sent_bytes(network, hosts, device):
    """What the kernel has counted there, with the heads of all packets."""
    total = 0
    for host in hosts:
        text = subprocess.run([*network.prefix(host), "cat", "/proc/net/dev"], capture_output=True, text=True, check=True).stdout
        line = next(line for line in text.splitlines() if line.strip().startswith(device + ":"))
        total += int(line.split(":")[1].split()[8])
    return total


class Failed(Exception):
    pass


def start(network, program, party, folder, hosts, addresses, port):
    return subprocess.Popen([*network.prefix(hosts[party]), *program.command(party, addresses, port)], cwd=folder,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def peak_kib(pid):
    """Of the program alone: what wait4 tells begins with the memory of this one, from which it was forked."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def wait_for_all(processes):
    """What each of them has used, when all have ended, and the greatest peak of memory in KiB."""
    used, peak, deadline = {}, 0, time.monotonic() + LONGEST_S
    while len(used) < len(processes):
        for process in processes:
            if process.pid in used:
                continue
            peak = max(peak, peak_kib(process.pid))
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid == 0:
                continue
            used[pid], process.returncode = usage, os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                raise Failed(f"{process.args[-3:]} failed: {process.stderr.read().decode().strip()}")
        if time.monotonic() > deadline:
            raise Failed(f"{processes[0].args[-3:]}: no end after {LONGEST_S} s")
        time.sleep(0.005)
    return list(used.values()), peak


def run_pair(network, program, folder, hosts, port):
    """Seconds from the start of the first to the end of both, and what they used."""
    is_linked = hosts[0] != hosts[1]
    device = "line" if is_linked else "lo"
    addresses = [network.address(host) if is_linked else "127.0.0.1" for host in hosts]
    before, started, processes = sent_bytes(network, set(hosts), device), time.monotonic(), []
    try:
        for party in range(2):
            time.sleep(party * STAGGER_S)
            processes.append(start(network, program, party, folder, hosts, addresses, port))
        used, peak = wait_for_all(processes)
        seconds = time.monotonic() - started
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                process.wait()
            process.stderr.close()
    return {"seconds": seconds,
            "cpu_seconds_per_party": sum(u.ru_utime + u.ru_stime for u in used) / 2,
            "bytes_per_party": (sent_bytes(network, set(hosts), device) - before) / 2,
            "peak_mib_per_party": peak / 1024}


def run_once(network, program, folder, is_linked, port):
    hosts = ("0", "1") if is_linked else ("0", "0")
    if not (is_linked and program.forwards):
        return run_pair(network, program, folder, hosts, port)
    with Forwarder(network, hosts[1], network.address(hosts[0]), port):
        return run_pair(network, program, folder, hosts, port)


def run_patiently(network, program, folder, is_linked, ports):
    """emp-ag2pc opens its port anew for each of three connections, and now and then loses one that comes in between."""
    for attempt in range(ATTEMPTS):
        try:
            return run_once(network, program, folder, is_linked, next(ports))
        except Failed as failure:
            print(f"{program.name}, attempt {attempt + 1}: {failure}", file=sys.stderr)
    raise SystemExit(f"{program.name} does not run here")


def median_row(runs):
    return {key: round(statistics.median(run[key] for run in runs), 3) for key in runs[0]}


def measure(programs, folders, link, runs):
    """The name of each program that can, and its medians of so many runs, one of each after the other."""
    rate, rtt = (None, 0) if link == NO_LINK else link_times.link_of(link.replace("/", ","))
    told, ports = {}, itertools.count(PORT, 2)
    with links.Network(2, rate, rtt) as network:
        for _ in range(runs):
            for program, folder in zip(programs, folders):
                if link == NO_LINK or program.links:
                    row = run_patiently(network, program, folder, link != NO_LINK, ports)
                    told.setdefault(program.name, []).append(row)
    return {name: median_row(rows) for name, rows in told.items()}


def measure_all(wish, place):
    for what, programs in workloads(wish):
        folders = [pathlib.Path(place, what, program.name) for program in programs]
        for program, folder in zip(programs, folders):
            folder.mkdir(parents=True)
            program.prepare(folder)
        for link in wish.links.split(",") if all(program.links for program in programs) else [NO_LINK]:
            for name, row in measure(programs, folders, link, wish.runs).items():
                yield {"what": what, "program": name, "link": link, **row}


def show(row):
    print(f"{row['what']:22} {row['program']:18} link {row['link']:14}{row['seconds']:8.2f} s, CPU a party "
          f"{row['cpu_seconds_per_party']:6.2f} s, sent a party {row['bytes_per_party'] / 1e6:7.1f} MB, at most "
          f"{row['peak_mib_per_party']:5.0f} MiB", flush=True)


def program(path):
    found = pathlib.Path(path).resolve()
    if not os.access(found, os.X_OK):
        raise argparse.ArgumentTypeError(f"{path} is no program; --help says how to build it")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emp-ag2pc", type=program, metavar="PROGRAM")
    parser.add_argument("--polytune-rust", type=program, metavar="PROGRAM")
    parser.add_argument("--ands", type=int, default=1000000)
    parser.add_argument("--links", default=f"{NO_LINK},100mbit/50ms")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--forward", nargs=2, help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.forward:
        forward(int(wish.forward[1]), wish.forward[0])
    reason = links.why_not()
    if reason is not None:
        raise SystemExit(reason)
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for row in measure_all(wish, place):
            show(row)
            rows.append(row)
    if wish.output:
        wish.output.write_text(json.dumps({"runs": wish.runs, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
