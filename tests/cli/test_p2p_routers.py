"""Peer to peer between homes: network namespaces with a router each, a relay outside.

    party A --- router A ---+--- relay
    192.168.1.2  .1   203.0.113.2   |   203.0.113.1
    party B --- router B ---+
    192.168.1.2  .1   203.0.113.3

Both homes use the same private addresses, as homes do. Needs root, ip and nft; skips visibly without."""
import itertools
import os
import re
import shutil
import subprocess
import sys
import unittest

from support import Case, DONE, LONG, Process, TICKET, program_file

SOON = 200
SKIPPED = 77
RELAY = "203.0.113.1"
numbers = itertools.count()

# What a home router does: it lets out everything under its own address, and in only what belongs to that.
HOME = """
table ip filter {
    chain input { type filter hook input priority 0; policy drop; iifname "home" accept; ct state established,related accept; }
    chain forward { type filter hook forward priority 0; policy drop; iifname "home" accept; ct state established,related accept; }
}
table ip nat {
    chain out { type nat hook postrouting priority 100; oifname "outside" masquerade %s; }
}
"""
# The same, but another outside port for every connection: nobody can be told beforehand where to connect to.
SYMMETRIC = "fully-random"
# The same for addresses that are everybody's: no translation, but nothing unasked comes in.
FIREWALL = """
table ip6 filter {
    chain forward { type filter hook forward priority 0; policy drop; iifname "home" accept; ct state established,related accept;
                    meta l4proto ipv6-icmp accept; }
}
"""


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


class Network:
    """Namespaces by short names; gone at the end."""

    def __init__(self):
        self.names = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    def add(self, short):
        self.names[short] = f"pt{os.getpid()}-{next(numbers)}"
        ip("netns", "add", self.names[short])
        self.ip(short, "link", "set", "lo", "up")

    def prefix(self, short):
        return ["ip", "netns", "exec", self.names[short]]

    def ip(self, short, *arguments):
        ip("-n", self.names[short], *arguments)

    def run(self, short, *command, **more):
        return subprocess.run([*self.prefix(short), *command], check=True, capture_output=True, text=True, **more)

    def connect(self, a, a_device, b, b_device):
        ip("link", "add", a_device, "netns", self.names[a], "type", "veth", "peer", "name", b_device, "netns", self.names[b])
        self.ip(a, "link", "set", a_device, "up")
        self.ip(b, "link", "set", b_device, "up")

    def address(self, short, device, address):
        self.ip(short, "address", "add", address, "dev", device, *(["nodad"] if ":" in address else []))


def internet(network):
    network.add("net")
    network.ip("net", "link", "add", "bridge", "type", "bridge")
    network.ip("net", "link", "set", "bridge", "up")
    network.address("net", "bridge", RELAY + "/24")


def home(network, name, number, rules, parties):
    """A router on the internet and the parties behind it, at 192.168.1.2 and so on."""
    router = "router" + name
    network.add(router)
    network.connect(router, "outside", "net", "to" + name)
    network.ip("net", "link", "set", "to" + name, "master", "bridge")
    network.address(router, "outside", f"203.0.113.{number}/24")
    network.ip(router, "link", "add", "home", "type", "bridge")
    network.ip(router, "link", "set", "home", "up")
    network.address(router, "home", "192.168.1.1/24")
    network.run(router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
    network.run(router, "nft", "-f", "-", input=rules)
    for i, party in enumerate(parties):
        network.add(party)
        network.connect(party, "eth0", router, "to" + party)
        network.ip(router, "link", "set", "to" + party, "master", "home")
        network.address(party, "eth0", f"192.168.1.{2 + i}/24")
        network.ip(party, "route", "add", "default", "via", "192.168.1.1")


class Homes(Case):
    def compute(self, network, listen, parties="AB", rounds=100):
        """Opens a session, joins it, and compares the results; both parties' stderr."""
        with program_file(LONG.replace("300", str(rounds))) as program:
            return self.compute_program(network, listen, parties, program)

    def compute_program(self, network, listen, parties, program):
        relay = Process("serve", f"--listen={listen}:0", under=network.prefix("net"))
        try:
            url = relay.read_err_until(r"http://[^ ]*:\d+").group()
            opener = Process("party", "p2p:new", f"--relay={url}", f"--program={program}", "--party=0", "--input=5",
                             under=network.prefix(parties[0]))
            ticket = opener.read_err_until(TICKET).group()
            joined = Process("party", ticket, f"--program={program}", "--party=1", "--input=4",
                             under=network.prefix(parties[1]))
            results = [party.wait(SOON) for party in (opener, joined)]
        finally:
            relay.kill()
        self.assertEqual([result.status for result in results], [DONE, DONE], results)
        self.assertEqual(results[0].out, results[1].out)
        return [result.err for result in results]

    def assertDirect(self, errs, *addresses):
        for party, (err, address) in enumerate(zip(errs, addresses)):
            self.assertRegex(err, rf"(?m)direct connection to party {1 - party} at {re.escape(address)}:\d+$")

    def assertRelayed(self, errs):
        for party, err in enumerate(errs):
            self.assertIn(f"no direct connection to party {1 - party}; its messages go through the relay", err)

    def test_two_homes(self):
        with Network() as network:
            internet(network)
            home(network, "a", 2, HOME % "", "A")
            home(network, "b", 3, HOME % "", "B")
            self.assertDirect(self.compute(network, RELAY), "203.0.113.3", "203.0.113.2")

    def test_one_home(self):
        with Network() as network:
            internet(network)
            home(network, "a", 2, HOME % "", "AB")
            self.assertDirect(self.compute(network, RELAY), "192.168.1.3", "192.168.1.2")

    def test_a_home_and_a_server(self):
        with Network() as network:
            internet(network)
            home(network, "a", 2, HOME % SYMMETRIC, "A")
            network.add("B")
            network.connect("B", "eth0", "net", "server")
            network.ip("net", "link", "set", "server", "master", "bridge")
            network.address("B", "eth0", "203.0.113.9/24")
            self.assertDirect(self.compute(network, RELAY), "203.0.113.9", "203.0.113.2")

    def test_symmetric_routers_on_both_sides(self):
        with Network() as network:
            internet(network)
            home(network, "a", 2, HOME % SYMMETRIC, "A")
            home(network, "b", 3, HOME % SYMMETRIC, "B")
            self.assertRelayed(self.compute(network, RELAY, rounds=1))

    def test_a_symmetric_router_on_one_side(self):
        with Network() as network:
            internet(network)
            home(network, "a", 2, HOME % SYMMETRIC, "A")
            home(network, "b", 3, HOME % "", "B")
            self.assertRelayed(self.compute(network, RELAY, rounds=1))

    def test_ipv6_behind_firewalls(self):
        with Network() as network:
            internet(network)
            network.address("net", "bridge", "2001:db8::1/64")
            for name, number, party in (("a", 2, "A"), ("b", 3, "B")):
                home(network, name, number, HOME % SYMMETRIC + FIREWALL, party)
                network.address("router" + name, "outside", f"2001:db8::{number}/64")
                network.address("router" + name, "home", f"2001:db8:{number}::1/64")
                network.run("router" + name, "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
                network.address(party, "eth0", f"2001:db8:{number}::7/64")
                network.ip(party, "-6", "route", "add", "default", "via", f"2001:db8:{number}::1")
                network.ip("net", "-6", "route", "add", f"2001:db8:{number}::/64", "via", f"2001:db8::{number}")
                other = 5 - number
                network.ip("router" + name, "-6", "route", "add", f"2001:db8:{other}::/64", "via", f"2001:db8::{other}")
            self.assertDirect(self.compute(network, "[2001:db8::1]"), "[2001:db8:3::7]", "[2001:db8:2::7]")

    def test_one_machine_without_network(self):
        with Network() as network:
            network.add("net")
            for err in self.compute(network, "127.0.0.1", ["net", "net"]):
                self.assertRegex(err, r"(?m)\bdirect connection to party \d at (127\.0\.0\.1|\[::1\]):\d+$")
                self.assertNotIn("no direct", err)


def why_not():
    """Why there can be no namespaces here, or None."""
    for tool in ("ip", "nft"):
        if shutil.which(tool) is None:
            return f"there is no {tool} here (scripts/setup --tests)"
    try:
        with Network() as network:
            network.add("probe")
            network.run("probe", "nft", "-f", "-", input=HOME % SYMMETRIC)
    except subprocess.CalledProcessError as error:
        return f"no network namespaces can be made here: {error.stderr.strip()}"
    return None


if __name__ == "__main__":
    reason = why_not()
    if reason is not None:
        print("skipped:", reason)
        sys.exit(SKIPPED)
    unittest.main()
