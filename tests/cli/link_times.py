"""How long parties take, as processes with a slow link between them, over each way that messages can go.

    link_times.py [--link=100mbit,50ms] [--ways=direct,relay,p2p] [--runs=N] [--ands=N] [--json] [--trace]

With --trace, also what every party sent in each tenth of a run's seconds, in percent of what its line takes."""
import argparse
import itertools
import json
import pathlib
import random
import statistics
import tempfile
import time

import links
from support import Process, TICKET

SUM = "pub fn main(a: u32, b: u32) -> u32 { a + b }"
WAYS = ("direct", "relay", "p2p")
LIVE, BITS, PORT, LONGEST_S = 1024, 128, 9000, 600
TRACE_MS = 100
UNITS = {"kbit": 1e3, "mbit": 1e6, "gbit": 1e9}


def link_of(text):
    """Bytes a second and seconds of a text such as 100mbit,50ms."""
    rate, _, rtt = text.partition(",")
    unit = rate[-4:]
    if unit not in UNITS or not rtt.endswith("ms"):
        raise argparse.ArgumentTypeError("a link is a rate and a round trip, such as 100mbit,50ms")
    return float(rate[:-4]) * UNITS[unit] / 8, float(rtt[:-2]) / 1000


def circuit_of(n_and):
    """AND gates, and as many XOR gates, on random wires among the last made, as `polytune bench` has."""
    chance, wires, next_wire, gates = random.Random(1), [i % (2 * BITS) for i in range(LIVE)], 2 * BITS, []

    def gate(x, y, kind):
        nonlocal next_wire
        gates.append(f"2 1 {x} {y} {next_wire} {kind}")
        next_wire += 1
        return next_wire - 1

    for i in range(n_and):
        at = i % LIVE
        product = gate(wires[(at + 1 + chance.randrange(LIVE // 2 - 1)) % LIVE],
                       wires[(at + LIVE // 2 + chance.randrange(LIVE // 2)) % LIVE], "AND")
        wires[at] = gate(wires[at], product, "XOR")
    for i in range(BITS, LIVE):
        wires[i % BITS] = gate(wires[i % BITS], wires[i], "XOR")
    return "\n".join([f"{len(gates)} {next_wire}", f"2 {BITS} {BITS}", f"1 {BITS}", "", *gates, ""])


def wheres(network, way, session):
    """WHERE and flags of party 0 and party 1; of p2p the first makes the ticket."""
    if way == "direct":
        urls = ";".join(f"http://{network.address(str(i))}:{PORT + session}" for i in range(2))
        return [[urls], [urls]]
    url = f"http://{network.address('relay')}:{PORT}"
    if way == "relay":
        return [[url, f"--session=s{session}"]] * 2
    return [["p2p:new", f"--relay={url}"], None]


def run_once(network, way, session, program, value):
    """Seconds from the second party's start until both have ended, and what the parties tell in JSON. Shows the trace, if there is one."""
    where = wheres(network, way, session)
    flags = [f"--program={program}", f"--input={value}", "--json"]
    first = Process("party", *where[0], *flags, "--party=0", under=network.prefix("0"))
    try:
        if way == "p2p":
            where[1] = [first.read_err_until(TICKET).group()]
        start = time.monotonic()
        second = Process("party", *where[1], *flags, "--party=1", under=network.prefix("1"))
        results = [second.wait(LONGEST_S), first.wait(LONGEST_S)]
        seconds = time.monotonic() - start
    finally:
        first.kill()
    for result in results:
        if result.status != 0:
            raise SystemExit(f"a party failed: {result}")
    told = [json.loads(result.out) for result in results]
    if network.trace is not None:
        show_trace(network, start, seconds)
    return {"seconds": seconds, "protocol_seconds": max(t["seconds"] for t in told),
            "bytes": sum(t["bytes_sent"] for t in told)}


def sent_shares(network, start_s, seconds):
    """For each party, what it sent in each TRACE_MS from then on, in percent of what its line takes."""
    n = int(seconds * 1000 / TRACE_MS) + 1
    shares = [[0.0] * n for _ in range(2)]
    for line in network.trace.read_text().splitlines():
        at_ms, *sent = map(int, line.split())
        at = int((at_ms - start_s * 1000) // TRACE_MS)
        for party in range(2 if 0 <= at < n else 0):
            shares[party][at] += sent[party] / network.rate / TRACE_MS * 1e5
    return shares


def show_trace(network, start_s, seconds):
    for party, shares in enumerate(sent_shares(network, start_s, seconds)):
        print(f"  party {party}: {sum(shares) / len(shares):.0f} % on average;", *(f"{share:.0f}" for share in shares))


def measure(network, way, sessions, program, value, runs):
    """The medians of so many runs."""
    all_runs = [run_once(network, way, next(sessions), program, value) for _ in range(runs)]
    return {name: round(statistics.median(run[name] for run in all_runs), 3) for name in all_runs[0]}


def workloads(n_and, folder):
    """Name, program, and everybody's input."""
    source = pathlib.Path(folder, "sum.garble")
    source.write_text(SUM)
    yield "sum of two u32", source, "7"
    if n_and:
        path = pathlib.Path(folder, "ands.txt")
        path.write_text(circuit_of(n_and))
        yield f"{n_and} AND gates", path, "0x0"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--link", type=link_of, default="100mbit,50ms")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--ands", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--trace", action="store_true")
    wish = parser.parse_args()
    if wish.trace and wish.json:
        parser.error("--trace is text")
    ways = wish.ways.split(",")
    if not set(ways) <= set(WAYS):
        parser.error("--ways are " + ", ".join(WAYS))
    reason = links.why_not()
    if reason is not None:
        raise SystemExit(reason)
    rows, sessions = {}, itertools.count()
    with tempfile.TemporaryDirectory() as folder, \
            links.Network(2, *wish.link, pathlib.Path(folder, "trace") if wish.trace else None) as network:
        relay = Process("serve", f"--listen={network.address('relay')}:{PORT}", under=network.prefix("relay"))
        try:
            relay.read_err_until(r"http://")
            for name, program, value in workloads(wish.ands, folder):
                for way in ways:
                    figures = rows[f"{name} over {way}"] = measure(network, way, sessions, program, value, wish.runs)
                    if not wish.json:
                        print(f"{name} over {way:8}", *(f"{key} {value}" for key, value in figures.items()), flush=True)
        finally:
            relay.kill()
    if wish.json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
