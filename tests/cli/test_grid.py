"""The example programs over every channel and every way to know the others, a process for each party.

Here every example runs over some channel, and over every channel examples with 2, 3 and 5 parties. POLYTUNE_GRID=all runs
every example over every channel with every way, and tells how many and how long.
"""
import concurrent.futures
import contextlib
import dataclasses
import itertools
import os
import shutil
import tempfile
import threading
import time
import unittest

from relays import figure, redis
from support import Case, DONE, Example, Process, TICKET, WORDS, authority, examples, free_urls, keys, polytune, relay

ALL = os.environ.get("POLYTUNE_GRID") == "all"
AT_ONCE = 4  # parties
SIZES = (2, 3, 5)  # for which every channel has an example
OPENS = "p2p:new"
PATIENT = "--timeout=120"
WAYS = ("words", "secret", "roster")


class World:
    """What all runs share: relays, certificates and keys."""

    def __init__(self, stack):
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        self.seats = max(len(example.inputs) for example in examples()) + 1
        self.keys = stack.enter_context(keys(self.seats))
        self.memory = stack.enter_context(relay())[0]
        self.sqlite = stack.enter_context(relay(f"--store=sqlite:{folder}/relay.db"))[0]
        self.tls = stack.enter_context(authority()) if shutil.which("openssl") else None
        self.shared = []
        if self.tls and shutil.which("redis-server"):
            store = "--store=" + stack.enter_context(redis()).url
            own = [store, *self.certificate()]
            self.shared = [stack.enter_context(relay(store))[0], stack.enter_context(relay(*own, scheme="https"))[0],
                           stack.enter_context(relay(store))[0]]

    def certificate(self):
        return [f"--tls-cert={self.tls}/cert.pem", f"--tls-key={self.tls}/key.pem"]

    def trust(self):
        return f"--tls-ca={self.tls}/ca.pem"

    def way(self, way, seat):
        return {"words": [], "secret": ["--session-secret=correct horse"], "roster": self.keys.flags(seat)}[way]


# Each gives, for every seat, WHERE and the flags that belong to it.

def one_relay(store):
    return lambda world, session, seats: [(getattr(world, store), f"--session={session}")] * seats


def shared_relays(world, session, seats):
    """The first party at a relay without TLS, the second at one with, the third at another one without, and so on."""
    if not world.shared:
        raise unittest.SkipTest("redis-server or openssl is not installed")
    urls = itertools.cycle(world.shared)
    return [(url, f"--session={session}", *([world.trust()] if url.startswith("https") else []))
            for url in itertools.islice(urls, seats)]


def direct(_, session, seats):
    return [(";".join(free_urls(seats)), f"--session={session}")] * seats


def direct_mixed(world, session, seats):
    """Every second party serves with TLS."""
    if not world.tls:
        raise unittest.SkipTest("openssl is not installed")
    urls = free_urls(seats)
    urls[::2] = [url.replace("http:", "https:") for url in urls[::2]]
    return [(";".join(urls), f"--session={session}", world.trust(), *([] if seat % 2 else world.certificate()))
            for seat in range(seats)]


def peer_to_peer(world, _, seats):
    return [(OPENS, f"--relay={world.memory}"), *[(TICKET,)] * (seats - 1)]


def partly_relayed(world, session, seats):
    """The last party has no direct connections."""
    places = peer_to_peer(world, session, seats)
    return [*places[:-1], (*places[-1], "--only-relay")]


@dataclasses.dataclass(frozen=True)
class Channel:
    name: str
    places: object  # None: simulate
    dealer: bool = False

    def ways(self):
        return WAYS if self.places else WAYS[:1]


CHANNELS = (Channel("relay", one_relay("memory")), Channel("relay with SQLite", one_relay("sqlite")),
            Channel("relays with and without TLS on one Redis", shared_relays), Channel("direct", direct),
            Channel("direct, some with TLS", direct_mixed), Channel("p2p", peer_to_peer),
            Channel("p2p, one through the relay", partly_relayed), Channel("relay and dealer", one_relay("memory"), True),
            Channel("direct and dealer", direct, True), Channel("p2p and dealer", peer_to_peer, True),
            Channel("simulate", None), Channel("simulate with dealer", None, True))


@dataclasses.dataclass(frozen=True)
class Cell:
    example: Example
    channel: Channel
    way: str

    def __str__(self):
        return f"{self.example.path.stem} over {self.channel.name}, {self.way}"

    def seats(self):
        return len(self.example.inputs) + self.channel.dealer


def whole_grid():
    return [Cell(example, channel, way) for channel in CHANNELS for way in channel.ways() for example in examples()]


def small_grid():
    """The examples of each size with the channels in turn, shifted so that a channel meets all ways."""
    cells = []
    others = {len(example.inputs) for example in examples()} - set(SIZES)
    for shift, n in enumerate((*SIZES, *others)):
        some = [example for example in examples() if len(example.inputs) == n]
        count = max(len(some), len(CHANNELS)) if n in SIZES else len(some)
        for i in range(count):
            channel = CHANNELS[i % len(CHANNELS)]
            way = channel.ways()[(i + shift) % len(channel.ways())]
            cells.append(Cell(some[i % len(some)], channel, way))
    return cells


class Slots:
    """Lets so many parties compute at once, and a larger run alone."""

    def __init__(self, n):
        self.n, self.free, self.changed = n, n, threading.Condition()

    @contextlib.contextmanager
    def take(self, wanted):
        wanted = min(wanted, self.n)
        with self.changed:
            self.changed.wait_for(lambda: self.free >= wanted)
            self.free -= wanted
        try:
            yield
        finally:
            with self.changed:
                self.free += wanted
                self.changed.notify_all()


class Grid(Case):
    def test_the_small_grid_leaves_nothing_out(self):
        cells = small_grid()
        self.assertEqual({cell.example.path.name for cell in cells}, {example.path.name for example in examples()})
        for channel in CHANNELS:
            mine = [cell for cell in cells if cell.channel == channel]
            self.assertLessEqual(set(SIZES), {len(cell.example.inputs) for cell in mine}, channel.name)
            self.assertEqual({cell.way for cell in mine}, set(channel.ways()), channel.name)

    def test_every_cell(self):
        cells = whole_grid() if ALL else small_grid()
        slots, start = Slots(AT_ONCE), time.monotonic()
        with contextlib.ExitStack() as stack:
            world = World(stack)
            pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(AT_ONCE // 2))

            def run(number, cell):
                with slots.take(cell.seats()):
                    self.run_cell(world, f"grid-{number}", cell)
            runs = [(cell, pool.submit(run, number, cell)) for number, cell in enumerate(cells)]
            for cell, done in runs:
                with self.subTest(str(cell)):
                    done.result()
            for url in world.shared:
                if url.startswith("http:"):
                    self.assertGreater(figure(url, "messages_total"), 0)
        if ALL:
            print(f"{len(cells)} runs in {time.monotonic() - start:.0f} s")

    def run_cell(self, world, session, cell):
        if cell.channel.places is None:
            dealer = ["--dealer"] * cell.channel.dealer
            self.assertRan(polytune("simulate", cell.example.path, *dealer, *[f"--input={i}" for i in cell.example.inputs]),
                           cell.example.result)
            return
        processes = []
        try:
            self.start(processes, world, session, cell)
            results = [process.wait() for process in processes]
        finally:
            for process in processes:
                process.kill()
        self.check(cell, results)

    def start(self, processes, world, session, cell):
        parties, ticket = len(cell.example.inputs), None
        for seat, (where, *flags) in enumerate(cell.channel.places(world, session, cell.seats())):
            flags += [PATIENT, *world.way(cell.way, seat)]
            if seat == parties:
                command = ["pre", f"--parties={parties}"]
            else:
                command = ["party", f"--program={cell.example.path}", f"--party={seat}", f"--input={cell.example.inputs[seat]}"]
                command += ["--dealer"] * cell.channel.dealer
            processes.append(Process(*command, ticket if where == TICKET else where, *flags))
            if where == OPENS:
                ticket = processes[-1].read_err_until(TICKET).group()

    def check(self, cell, results):
        parties = len(cell.example.inputs)
        for result in results[:parties]:
            self.assertRan(result, cell.example.result)
        for result in results[parties:]:
            self.assertEqual((result.status, result.out), (DONE, ""), result)
            self.assertIn("dealt", result.err)
        words = [WORDS.findall(result.err) for result in results]
        if cell.way == "words":
            self.assertEqual([len(found) for found in words], [1] * len(results), results)
            self.assertEqual(len({found[0] for found in words}), 1, results)
        else:
            self.assertEqual(words, [[]] * len(results), results)


if __name__ == "__main__":
    unittest.main()
