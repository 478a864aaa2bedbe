"""Runs in which things go wrong by a seed: parties are stopped, killed and cut off, proxies and relays restarted. Each must end,
with the right result or cleanly, and nobody may be called a cheater.

    faulty_runs.py [--runs=N] [--seed=N] [--jobs=N] [--ways=nginx,haproxy,..]

A run is known by the way that its messages take and its number: `--only=haproxy:17 --seed=1` repeats one.
"""
import argparse
import collections
import concurrent.futures
import contextlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from fault_proxy import Link
from relays import RedisServer
from support import AFTERWARDS, BIN, DONE, Process, TRANSPORT, free_port, wait_until
import socket

TIMEOUT_S = 12
WAIT_S = 20
# Whatever happens: the others are waited for, then one more time-out and what closing takes;
LONGEST_S = WAIT_S + 3 * TIMEOUT_S + 120  # a loaded machine computes slowly

# Some rounds for everybody, so that something can happen in the middle.
PROGRAM = "pub fn main(%s) -> u64 { let mut x = p0; for i in 0u64..5u64 { x = x ^ (%s & (x * p1)); } x }"


def program_of(n):
    """The program for so many parties, and its result where all give 0 but party 0."""
    names = [f"p{i}" for i in range(n)]
    return PROGRAM % (", ".join(f"{name}: u64" for name in names), " & ".join(names))


class Child:
    """A server that can be killed and started again, at the same port."""

    def __init__(self, command, port):
        self.command, self.port = command, port
        self.start()

    def start(self):
        """As a service manager does: again, if it ends for want of what it needs."""
        for attempt in range(5):
            self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                            start_new_session=True)
            try:
                return wait_until(self.is_up, self.command[0])
            except AssertionError:
                if attempt == 4:
                    raise

    def is_up(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=AFTERWARDS):
            return True
        if self.process.poll() is not None:
            raise AssertionError(f"{self.command} ended with {self.process.returncode}")
        return False

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # its own session: workers too
        self.process.wait(AFTERWARDS)


def relay_child(store):
    port = free_port()
    return Child([BIN, "serve", f"--listen=127.0.0.1:{port}", f"--store={store}", "--quiet"], port)


NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 512; }}
http {{
    access_log off; {limits}
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    upstream relay {{ server 127.0.0.1:{relay}; {keepalive} }}
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://relay; {http11} }} }}
}}
"""

HAPROXY = """
global
    maxconn 512
defaults
    mode http
    timeout connect 5s
    timeout client 75s
    timeout server 75s
    retries 2
listen relay
    bind 127.0.0.1:{port}
    balance roundrobin
{servers}
"""


def nginx_child(folder, relay, is_alive, limits="client_max_body_size 8m;"):
    port = free_port()
    config = pathlib.Path(folder, f"nginx-{port}.conf")
    config.write_text(NGINX.format(folder=folder, relay=relay.port, port=port, limits=limits, keepalive="keepalive 16;" if is_alive else "",
                                   http11='proxy_http_version 1.1; proxy_set_header Connection "";' if is_alive else ""))
    return Child([shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", str(config)], port)


def haproxy_child(folder, *relays):
    port = free_port()
    config = pathlib.Path(folder, f"haproxy-{port}.cfg")
    servers = "\n".join(f"    server r{i} 127.0.0.1:{relay.port}" for i, relay in enumerate(relays))
    config.write_text(HAPROXY.format(port=port, servers=servers))
    return Child([shutil.which("haproxy") or "/usr/sbin/haproxy", "-f", str(config), "-db", "-q"], port)


class World:
    """The servers of one run: `entries` the ports at which parties may come, `servers` by name what may be restarted."""

    def __init__(self, way, folder, stack):
        self.servers, self.entries = {}, []
        if way.startswith("redis"):
            redis = RedisServer(folder)
            stack.callback(redis.kill)
            self.redis = redis
            relays = [self.keep(stack, f"relay {i}", relay_child(redis.url)) for i in range(2)]
        else:
            self.redis = None
            relays = [self.keep(stack, "relay", relay_child(f"sqlite:{folder}/relay.db"))]
        if way == "nginx":
            self.entries = [self.keep(stack, "nginx", nginx_child(folder, relays[0], False))]
        elif way == "nginx-keepalive":
            self.entries = [self.keep(stack, "nginx", nginx_child(folder, relays[0], True))]
        elif way in ("haproxy", "redis-haproxy"):
            self.entries = [self.keep(stack, "haproxy", haproxy_child(folder, *relays))]
        else:
            self.entries = relays

    def keep(self, stack, name, child):
        stack.callback(child.kill)
        self.servers[name] = child
        return child


WAYS = ("nginx", "nginx-keepalive", "haproxy", "redis", "redis-haproxy")


class Run:
    def __init__(self, way, number, seed):
        self.way, self.number = way, number
        self.random = random.Random(f"{seed}:{way}:{number}")
        self.log, self.killed = [], set()

    def note(self, text):
        self.log.append(f"{time.monotonic() - self.begun:.2f} {text}")

    # ---- faults ----

    def pause(self):
        """Stopped, most often for less than the time-out, with or without its connections."""
        i = self.random.randrange(len(self.parties))
        seconds = self.random.choice((0.5, 2, 4, 8, 16))
        self.note(f"party {i} is stopped for {seconds} s")
        with contextlib.suppress(ProcessLookupError):
            self.parties[i].process.send_signal(signal.SIGSTOP)
            if self.random.random() < 0.3:
                self.links[i].cut()
            time.sleep(seconds)
            self.parties[i].process.send_signal(signal.SIGCONT)

    def cut(self):
        i = self.random.randrange(len(self.links))
        self.note(f"party {i} is cut")
        for _ in range(self.random.randrange(1, 4)):
            self.links[i].cut()
            time.sleep(self.random.uniform(0, 0.3))

    def away(self):
        i = self.random.randrange(len(self.links))
        seconds = self.random.choice((0.5, 1, 2))
        self.note(f"party {i} has no network for {seconds} s")
        with self.links[i].away():
            time.sleep(seconds)

    def kill(self):
        if self.killed or self.random.random() < 0.5:
            return self.cut()
        i = self.random.randrange(len(self.parties))
        self.note(f"party {i} is killed")
        if self.parties[i].process.poll() is None:
            self.killed.add(i)
            self.parties[i].process.kill()
        return None

    def restart(self):
        name = self.random.choice(sorted(self.world.servers))
        seconds = self.random.choice((0, 0.2, 1, 2))
        self.note(f"{name} is killed and back after {seconds} s")
        child = self.world.servers[name]
        child.kill()
        time.sleep(seconds)
        child.start()

    def stop_redis(self):
        if self.world.redis is None:
            return self.restart()
        self.note("Redis is stopped for 1 s")
        self.world.redis.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        self.world.redis.process.send_signal(signal.SIGCONT)
        return None

    # ---- the run ----

    def start_parties(self, folder):
        n = self.random.choice((2, 2, 3))
        program = pathlib.Path(folder, "program.garble")
        program.write_text(program_of(n))
        self.links = [Link(self.random.choice(self.world.entries).port) for _ in range(n)]
        self.parties = []
        for i, link in enumerate(self.links):
            self.parties.append(Process("party", link.url, "--session=run", f"--program={program}", f"--party={i}",
                                        f"--input={0 if i else 5}", f"--timeout={TIMEOUT_S}", f"--wait={WAIT_S}",
                                        env={"POLYTUNE_SESSION_SECRET": "a session secret for faulty runs"}))
            time.sleep(self.random.choice((0, 0, 0.3, 1)))

    def disturb(self):
        faults = (self.pause, self.cut, self.cut, self.away, self.kill, self.restart, self.restart, self.stop_redis)
        for _ in range(self.random.randrange(1, 4)):
            time.sleep(self.random.uniform(0, 0.8))
            self.random.choice(faults)()

    def judge(self):
        """What is wrong, "" for nothing, and how it ended."""
        statuses, deadline = [], time.monotonic() + LONGEST_S
        for i, party in enumerate(self.parties):
            result = party.wait(max(1, deadline - time.monotonic()))
            if i in self.killed and result.status == -signal.SIGKILL:
                continue
            statuses.append(result.status)
            wanted = {DONE: "5\n", TRANSPORT: ""}
            if wanted.get(result.status) != result.out:
                return f"party {i}: {result}", "wrong"
        return "", "right" if set(statuses) == {DONE} else "clean" if DONE not in statuses else "right for some"

    def perform(self):
        self.begun = time.monotonic()
        self.parties, self.links = [], []
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            os.chmod(folder, 0o755)
            try:
                self.world = World(self.way, folder, stack)
                self.start_parties(folder)
                self.disturb()
                problem, ended = self.judge()
            except (AssertionError, OSError) as error:
                problem, ended = str(error), "hung" if "does not end" in str(error) else "failed to run"
            finally:
                for party in self.parties:
                    with contextlib.suppress(ProcessLookupError):
                        party.process.kill()
                for link in self.links:
                    link.close()
        return self, ended, problem, time.monotonic() - self.begun


def available_ways():
    tools = {"nginx": ("nginx",), "nginx-keepalive": ("nginx",), "haproxy": ("haproxy",), "redis": ("redis-server",),
             "redis-haproxy": ("redis-server", "haproxy")}
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    return [way for way in WAYS if all(shutil.which(tool, path=path) for tool in tools[way])]


def perform_all(ways, n_runs, seed, jobs, show=None):
    """(how many ended how, what went wrong)"""
    ended, wrong, lock = collections.Counter(), [], threading.Lock()

    def one(number):
        done, end, problem, seconds = Run(ways[number % len(ways)], number, seed).perform()
        with lock:
            ended[done.way, end] += 1
            if problem:
                wrong.append(f"{done.way}:{number} (seed {seed}) {end}: {problem}\n    " + "\n    ".join(done.log))
            if show:
                show(done, end, problem, seconds, wrong)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, range(n_runs)))
    return ended, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--only", help="WAY:NUMBER")
    options = parser.parse_args()

    def show(done, end, problem, seconds, wrong):
        print(f"{done.way}:{done.number} {end} {seconds:.1f} s; {'; '.join(done.log)}", flush=True)
        if problem:
            print(wrong[-1], flush=True)

    if options.only:
        way, number = options.only.split(":")
        done, end, problem, seconds = Run(way, int(number), options.seed).perform()
        show(done, end, problem, seconds, [problem])
        return 1 if problem else 0
    ways = options.ways.split(",")
    missing = set(ways) - set(available_ways())
    if missing:
        sys.exit(f"not installed for {', '.join(sorted(missing))}: scripts/setup --tests")
    ended, wrong = perform_all(ways, options.runs, options.seed, options.jobs, show)
    for (way, end), n in sorted(ended.items()):
        print(f"{way:16} {end:16} {n}")
    print(f"{len(wrong)} of {options.runs} runs went wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
