"""Computing with others: Python, the command, a dealer; over relays, directly, peer to peer and by channels of one's own."""
import asyncio
import contextlib
import logging
import pathlib
import queue
import tempfile
import time
import unittest
import warnings
from unittest import mock

import polytune
from polytune import Cancelled, Channel, Dealer, Direct, InputError, PeerError, P2P, Program, Relay, TimedOut, TransportError, UsageError
from support import LARGER, TIMEOUT, Together, cli

SECRET = "kabob-vapid-lemur-tonic-fjord"
ROWS = """const OURS: usize = PARTY_0::ROWS;
const THEIRS: usize = PARTY_1::ROWS;
pub fn main(a: [u8; OURS], b: [u8; THEIRS]) -> (u8, u16) { let mut s = 0u8; for x in a { s = s + x; } (s, b[0] as u16 + THEIRS as u16) }"""
ANY_PARTIES = "const N: usize = PARTIES::N;\npub fn main(a: [u8; N]) -> u8 { let mut s = 0u8; for x in a { s = s + x; } s }"


def both(where, inputs=(7, 5), program=LARGER, **options):
    """What the parties get; `where` is made for each."""
    options = {"secret": SECRET, "progress": False, **options}
    made = [Program(program) for _ in inputs]
    return Together(*[lambda i=i, v=v: made[i].party(where(), party=i, input=v, **options) for i, v in enumerate(inputs)]).results()


def values_of(results):
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result.value for result in results]


class Queues(Channel):
    """A channel within the process."""

    def __init__(self, boxes, party, kind="open"):
        self.boxes, self.party, self.kind = boxes, party, kind
        self.closed = 0

    def send(self, to, data, phase):
        assert isinstance(data, bytes) and isinstance(phase, str)
        self.boxes[self.party, to].put(data)

    def recv(self, sender, phase):
        message = self.boxes[sender, self.party].get(timeout=TIMEOUT)
        if message is None:
            raise EOFError("the other has gone")
        return message

    def close(self):
        self.closed += 1
        for (sender, _), box in self.boxes.items():
            if sender == self.party:
                box.put(None)


def queues(parties=2, kind="open", made=Queues):
    boxes = {(i, j): queue.Queue() for i in range(parties) for j in range(parties)}
    return [made(boxes, i, kind) for i in range(parties)]


class Over(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        running = cli.relay()
        cls.url, _ = running.__enter__()
        cls.addClassCleanup(running.__exit__, None, None, None)

    def where(self, **options):
        return Relay(self.url, self.id().rpartition(".")[2], **{"timeout": TIMEOUT, "wait": TIMEOUT, **options})


class Relays(Over):
    def test_two_parties(self):
        results = both(self.where)
        self.assertEqual(values_of(results), [True, True])
        self.assertEqual(results[0].fingerprint, results[1].fingerprint)
        self.assertEqual(results[0].stats.bytes_sent, results[1].stats.bytes_received)
        self.assertEqual(results[0].text, "true")

    def test_with_the_command(self):
        with cli.program_file(LARGER) as path:
            other = cli.Process("party", self.url, "--session=test_with_the_command", f"--program={path}", "--party=1", "--input=5", env={"POLYTUNE_SESSION_SECRET": SECRET})
            result = Program(path).party(self.where(), party=0, input=7, secret=SECRET)
            self.assertTrue(result.value)
            self.assertEqual(other.wait().out.strip(), "true")

    def test_constants_of_others(self):
        notices = []
        ours = Program(ROWS, constants={"ROWS": 3})
        theirs = Program(ROWS, constants={"PARTY_1::ROWS": 2})
        results = Together(
            lambda: ours.party(self.where(), party=0, input=[1, 2, 3], secret=SECRET, notice=notices.append),
            lambda: theirs.party(self.where(), party=1, input=b"\x07\x08", secret=SECRET),
        ).results()
        self.assertEqual(values_of(results), [(6, 9)] * 2)
        self.assertIn(("constant", "PARTY_1::ROWS = 2"), notices)
        self.assertIn("words", [notice.kind for notice in notices])

    def test_constants_with_the_command(self):
        with cli.program_file(ROWS) as path:
            other = cli.Process("party", self.url, "--session=test_constants_with_the_command", f"--program={path}", "--party=1", "--const=ROWS=2usize", "--input=[7, 8]", env={"POLYTUNE_SESSION_SECRET": SECRET})
            result = Program(path, constants={"ROWS": 3}).party(self.where(), party=0, input=[1, 2, 3], secret=SECRET)
            self.assertEqual(result.value, (6, 9))
            self.assertEqual(other.wait().out.strip(), "(6, 9)")

    def test_a_compiled_program(self):
        """One party has the text, another what was compiled of it; with constants and without."""
        for source, constants, inputs, expected in ((LARGER, {}, (7, 5), True), (ROWS, {"PARTY_0::ROWS": 1, "PARTY_1::ROWS": 2}, ([1], [7, 8]), (1, 9))):
            with tempfile.TemporaryDirectory() as folder:
                Program(source, constants=constants).save(f"{folder}/x.ptc")
                programs = [Program.load(f"{folder}/x.ptc"), Program(source, constants=constants)]
            where = lambda: Relay(self.url, f"compiled-{len(constants)}", timeout=TIMEOUT)
            results = Together(*[lambda i=i: programs[i].party(where(), party=i, input=inputs[i], secret=SECRET) for i in range(2)]).results()
            self.assertEqual(values_of(results), [expected] * 2)

    def test_a_constant_that_is_no_ones(self):
        with self.assertRaisesRegex(UsageError, "no constant PARTY_2::ROWS; did you mean PARTY_[01]::ROWS"):
            Program(ROWS, constants={"ROWS": 3}).party(self.where(), party=2, input=[1], secret=SECRET)

    def test_a_wrong_input_after_the_constants(self):
        ours = Program(ROWS, constants={"ROWS": 3})
        theirs = Program(ROWS, constants={"ROWS": 2})
        mine, other = Together(
            lambda: ours.party(self.where(), party=0, input=[1, 2], secret=SECRET),
            lambda: theirs.party(self.where(), party=1, input=[7, 8], secret=SECRET),
        ).results()
        self.assertIsInstance(mine, InputError)
        self.assertEqual(str(mine), "a: [u8; 3] has 3 elements, and here are 2")
        self.assertIsInstance(other, TransportError)
        self.assertEqual((other.status, other.party), ("PT_ERR_STOPPED", 0))

    def test_others_do_not_choose_how_large_a_program_gets(self):
        ours, theirs = Program(ROWS, constants={"ROWS": 3}), Program(ROWS, constants={"ROWS": 3})
        mine, other = Together(
            lambda: ours.party(self.where(), party=0, input=[1, 2, 3], secret=SECRET, max_ands=10),
            lambda: theirs.party(self.where(), party=1, input=[7, 8, 9], secret=SECRET),
        ).results()
        self.assertEqual(mine.status, "PT_ERR_LIMIT")
        self.assertIn("max_ands and max_bytes say how large programs may be", str(mine))
        self.assertEqual(other.status, "PT_ERR_STOPPED")

    def test_the_number_of_parties_may_be_a_constant(self):
        program = Program(ANY_PARTIES, constants={"PARTIES::N": 3})
        self.assertEqual(values_of(Together(*[lambda i=i: program.party(self.where(), party=i, input=i, secret=SECRET) for i in range(3)]).results()), [3] * 3)
        with self.assertRaisesRegex(UsageError, "say parties="):
            Program(ANY_PARTIES).party(self.where(), party=0, input=1)
        with self.assertRaisesRegex(UsageError, "for 3 parties, not 4"):
            program.party(self.where(), party=0, input=1, parties=4)

    def test_who_learns(self):
        results = both(self.where, output_parties=[1])
        self.assertEqual(values_of(results), [None, True])
        self.assertIsNone(results[0].text)
        self.assertEqual(repr(results[0]), "<Result of others>")
        with self.assertRaises(ValueError):
            results[0].frame()

    def test_private_results(self):
        program = "pub fn main(a: u8, b: u8) -> (u16, bool) { (b as u16 + 1u16, a > b) }"
        self.assertEqual(values_of(both(self.where, program=program, private_results=True)), [6, True])

    def test_keys(self):
        made = [polytune.keygen(), polytune.keygen()]
        roster = [keys.public_key for keys in made]
        self.assertNotIn(made[0].key, repr(made[0]))
        self.assertEqual(polytune.public_key_of(made[0].key), roster[0])
        program = Program(LARGER)

        def run(name, *rosters):
            where = lambda: Relay(self.url, name, timeout=TIMEOUT, wait=TIMEOUT)
            return Together(*[lambda i=i, v=v: program.party(where(), party=i, input=v, key=made[i].key, roster=rosters[i]) for i, v in enumerate((7, 5))]).results()

        self.assertEqual(values_of(run("right-keys", roster, dict(enumerate(roster)))), [True, True])
        with self.assertLogs("polytune", logging.WARNING) as log:
            self.assertEqual(values_of(run("half-known", [roster[0], None], roster)), [True, True])
        self.assertEqual(len(log.output), 1)
        for error in run("wrong-keys", roster, [polytune.keygen().public_key, roster[1]]):
            self.assertIsInstance(error, PeerError)
        for wrong, kind, words in (
            ([roster[0], "pk:x"], InputError, "the key of party 1"),
            ([roster[0], 5], UsageError, "the key of party 1 is a text"),
            ([roster[1], roster[0]], UsageError, "for party 0, this party, does not belong"),
            ([*roster, roster[0]], UsageError, "a key for party 2, but the parties are 0 to 1"),
        ):
            with self.subTest(wrong), self.assertRaisesRegex(kind, words):
                program.party(self.where(), party=0, input=7, key=made[0].key, roster=wrong)

    def test_another_secret(self):
        mine, other = Together(
            lambda: Program(LARGER).party(self.where(), party=0, input=7, secret=SECRET),
            lambda: Program(LARGER).party(self.where(), party=1, input=5, secret=b"river-vapid-lemur-tonic-fjord"),
        ).results()
        for error in (mine, other):
            self.assertIsInstance(error, PeerError)
        self.assertIn("PT_PEER_IDENTITY", (mine.status, other.status))

    def test_another_program(self):
        mine, other = Together(
            lambda: Program(LARGER).party(self.where(wait=3), party=0, input=7, secret=SECRET),
            lambda: Program(LARGER.replace("a > b", "a < b")).party(self.where(wait=3), party=1, input=5, secret=SECRET),
        ).results()
        self.assertIn("PT_PEER_SETUP", (mine.status, other.status))

    def test_words_are_a_warning_when_nobody_is_known(self):
        with self.assertLogs("polytune", logging.WARNING) as log:
            results = both(self.where, secret=None)
        self.assertEqual(values_of(results), [True, True])
        self.assertEqual(len(log.output), 2)
        for line in log.output:
            self.assertIn(f"not authenticated: if all parties, on the telephone for example, find the same words, nobody is in between: {results[0].fingerprint}", line)
        with self.assertNoLogs("polytune", logging.WARNING) if hasattr(self, "assertNoLogs") else self.subTest():
            values_of(both(lambda: Relay(self.url, "known", timeout=TIMEOUT)))

    def test_a_dealer(self):
        where = lambda: Relay(self.url, "dealt", timeout=TIMEOUT)
        program = Program(LARGER)
        dealt, *results = Together(
            lambda: Dealer(where(), parties=2, secret=SECRET).run(),
            *[lambda i=i, v=v: program.party(where(), party=i, input=v, secret=SECRET, dealer=True) for i, v in enumerate((7, 5))],
        ).results()
        self.assertEqual(values_of(results), [True, True])
        self.assertEqual(dealt.ands, program.ands)

    def test_nobody_comes(self):
        begin = time.monotonic()
        with self.assertRaises(TimedOut) as caught:
            Program(LARGER).party(self.where(wait=1), party=0, input=7, secret=SECRET)
        self.assertEqual((caught.exception.status, caught.exception.party), ("PT_ERR_TIMEOUT", 1))
        self.assertLess(time.monotonic() - begin, 60)
        with self.assertRaises(TimedOut):
            Program(LARGER).party(Relay(self.url, "nobody", deadline=1), party=0, input=7, secret=SECRET)

    def test_no_relay(self):
        with self.assertRaises(TransportError):
            Program(LARGER).party(Relay("http://127.0.0.1:1", "s", timeout=1, wait=1), party=0, input=7, secret=SECRET)

    def test_asyncio(self):
        async def run():
            program = Program(LARGER)
            return await asyncio.gather(*[program.party_async(self.where(), party=i, input=v, secret=SECRET) for i, v in enumerate((7, 5))])

        self.assertEqual(values_of(asyncio.run(run())), [True, True])

    def test_asyncio_cancelled(self):
        heard = []

        async def run():
            task = asyncio.ensure_future(Program(LARGER).party_async(self.where(), party=0, input=7, secret=SECRET, notice=heard.append))
            while not heard:
                await asyncio.sleep(0.01)
            task.cancel()
            await task

        with self.assertRaises(asyncio.CancelledError):
            asyncio.run(run())
        with self.assertRaisesRegex(TypeError, "no argument 'secrt'"):
            asyncio.run(Program(LARGER).party_async(self.where(), party=0, input=7, secrt=SECRET))

    def test_a_listener_that_fails(self):
        def broken(_):
            raise RuntimeError("of the caller's own")

        for error in both(self.where, notice=broken):
            self.assertIsInstance(error, (RuntimeError, TransportError, PeerError))
        with self.assertRaisesRegex(RuntimeError, "of the caller's own"):
            Program(LARGER).party(Relay(self.url, "broken", wait=TIMEOUT), party=0, input=7, notice=broken)

    def test_peer_to_peer(self):
        meeting = P2P.new(self.url, party=0, timeout=TIMEOUT)
        self.assertRegex(meeting.ticket, cli.TICKET)
        program = Program(LARGER)
        results = Together(
            lambda: program.party(meeting, party=0, input=7, secret=SECRET),
            lambda: program.party(P2P(meeting.ticket, timeout=TIMEOUT), party=1, input=5, secret=SECRET),
        ).results()
        self.assertEqual(values_of(results), [True, True])
        with self.assertRaisesRegex(UsageError, "another party"):
            program.party(P2P(meeting.ticket), party=0, input=7)
        with self.assertRaises(UsageError):
            P2P("p2p:nonsense")

    def test_peer_to_peer_with_the_command(self):
        meeting = P2P.new(self.url, party=1, timeout=TIMEOUT)
        with cli.program_file(LARGER) as path:
            other = cli.Process("party", meeting.ticket, f"--program={path}", "--party=0", "--input=5", env={"POLYTUNE_SESSION_SECRET": SECRET})
            self.assertIs(Program(LARGER).party(meeting, party=1, input=7, secret=SECRET).value, False)
            self.assertEqual(other.wait().out.strip(), "false")


class Elsewhere(unittest.TestCase):
    def test_direct(self):
        urls = cli.free_urls(2)
        self.assertEqual(values_of(both(lambda: Direct(urls, timeout=TIMEOUT))), [True, True])
        with self.assertRaisesRegex(UsageError, "3 URLs are given, but 2 take part"):
            Program(LARGER).party(Direct([*urls, urls[0]]), party=0, input=7)
        for listen in ("127.0.0.1:5", ("h", 65536), ("h", "5"), (5, 5)):
            with self.subTest(listen), self.assertRaisesRegex(UsageError, "a host and a port"):
                Direct(urls, listen=listen)
        with self.assertRaises(UsageError):
            Direct(urls[0])

    def test_channels_of_ones_own(self):
        for kind in ("open", "local"):
            made = queues(3, kind)
            program = Program("pub fn main(a: u8, b: u8, c: u8) -> u8 { a + b + c }")
            results = Together(*[lambda i=i: program.party(made[i], party=i, input=i, secret=SECRET if kind == "open" else None) for i in range(3)]).results()
            self.assertEqual(values_of(results), [3] * 3)
            self.assertEqual([channel.closed for channel in made], [1] * 3)
            self.assertEqual([bool(result.fingerprint) for result in results], [kind == "open"] * 3)

    def test_channels_that_fail(self):
        class Broken(Queues):
            def recv(self, sender, phase):
                raise KeyError("why")

        class NoBytes(Queues):
            def recv(self, sender, phase):
                return "text"

        class Late(Queues):
            def recv(self, sender, phase):
                raise TimeoutError("too late")

        class Gone(Queues):
            def send(self, to, data, phase):
                raise ConnectionResetError("gone")

        for made, kind, status, cause, words in (
            (Broken, TransportError, "PT_ERR_IO", KeyError, "KeyError: 'why'"),
            (NoBytes, TransportError, "PT_ERR_IO", TypeError, "gave a str, not bytes"),
            (Late, TimedOut, "PT_ERR_TIMEOUT", TimeoutError, "too late"),
            (Gone, TransportError, "PT_ERR_CLOSED", ConnectionResetError, "gone"),
        ):
            with self.subTest(made.__name__), self.assertRaises(kind) as caught:
                Program(LARGER).party(queues(made=made)[0], party=0, input=7, secret=SECRET)
            self.assertEqual((caught.exception.status, caught.exception.party), (status, 1))
            self.assertIsInstance(caught.exception.__cause__, cause)
            self.assertIn(words, str(caught.exception))

    def test_a_channel_that_is_given_up(self):
        class Waking(Queues):
            def cancel(self):
                self.boxes[1, 0].put(None)

        async def run(channel):
            task = asyncio.ensure_future(Program(LARGER).party_async(channel, party=0, input=7, secret=SECRET))
            while channel.boxes[0, 1].empty():
                await asyncio.sleep(0.01)
            task.cancel()
            await task

        channel = queues(made=Waking)[0]
        with self.assertRaises(asyncio.CancelledError):
            asyncio.run(run(channel))
        self.assertEqual(channel.closed, 1)

    def test_a_channel_that_alters(self):
        class Altering(Queues):
            def recv(self, sender, phase):
                message = super().recv(sender, phase)
                return message[:-1] + bytes([message[-1] ^ 1]) if len(message) > 500 else message

        made = queues(made=Altering)
        program = Program(LARGER)
        results = Together(*[lambda i=i: program.party(made[i], party=i, input=7, secret=SECRET) for i in range(2)]).results()
        found = [result for result in results if isinstance(result, PeerError)]
        self.assertTrue(found, results)
        self.assertEqual((found[0].status, found[0].phase, found[0].party), ("PT_PEER_ALTERED", "BOT1", 1 - results.index(found[0])))

    def test_a_channel_of_no_kind(self):
        with self.assertRaisesRegex(UsageError, "kind is one of"):
            Program(LARGER).party(queues(kind="safe")[0], party=0, input=7)

    def test_arguments(self):
        program, way = Program(LARGER), Relay("http://127.0.0.1:1", "s")
        for options, words in (
            ({"party": 2}, "the program's parties are 0 to 1"),
            ({"party": -1}, "from 0 to 254"),
            ({"party": True}, "from 0 to 254"),
            ({"party": "0"}, "from 0 to 254"),
            ({"key": "sk:x"}, "belong together"),
            ({"roster": []}, "belong together"),
            ({"secret": ""}, "the secret is empty"),
            ({"secret": 5}, "a text or bytes"),
            ({"output_parties": [2]}, "parties are 0 to 1"),
            ({"output_parties": [0], "private_results": True}, "use one of them"),
            ({"private_results": "no"}, "True or False"),
            ({"dealer": 1}, "True or False"),
            ({"rho": 20}, "40 to 80"),
            ({"parties": 3}, "for 2 parties, not 3"),
            ({"parties": "2"}, "parties is a number"),
            ({"parties": 0}, "parties is a number"),
            ({"max_ands": -1}, "max_ands is a number"),
            ({"max_bytes": 2**64}, "max_bytes is a number"),
            ({"output_parties": []}, "nobody would learn"),
            ({"output_parties": [0, 0]}, "names a party twice"),
            ({"evaluator": "0"}, "party '0'"),
        ):
            with self.subTest(options), self.assertRaisesRegex(UsageError, words):
                program.party(way, **{"party": 0, "input": 7, **options})
        with self.assertRaisesRegex(UsageError, "Relay, Direct, P2P or Channel"):
            program.party("http://127.0.0.1:1", party=0, input=7)
        with self.assertRaisesRegex(InputError, "^a: -1 is no u32"):
            program.party(way, party=0, input=-1)
        for make in (lambda: Relay("", "s"), lambda: Relay(None, "s"), lambda: Relay("http://r", ""), lambda: Relay("http://r", "s", timeout=0), lambda: Relay("http://r", "s", wait="5"), lambda: Dealer(way, parties=1), lambda: Dealer("x", parties=2)):
            with self.assertRaises(UsageError):
                make()
        with self.assertRaises(polytune.PolytuneError):
            program.party(Relay("no url", "s"), party=0, input=7)

    def test_weak_secrets(self):
        way = Relay("http://127.0.0.1:1", "s", timeout=1, wait=1)

        def told(secret, make=lambda secret: Program(LARGER).party(way, party=0, input=7, secret=secret)):
            with warnings.catch_warnings(record=True) as found, contextlib.suppress(TransportError):
                warnings.simplefilter("always")
                make(secret)
            self.assertEqual({warning.filename for warning in found} - {__file__}, set())
            return [str(warning.message) for warning in found]

        self.assertEqual(told(SECRET), [])
        for weak in ("hunter2", b"correct horse", bytearray(b"1234567890")):
            self.assertRegex(" ".join(told(weak)), "the secret is weak, about [0-9]+ bits")
        self.assertIn("weak", told("x", lambda secret: Dealer(way, parties=2, secret=secret))[0])
        for odd in (SECRET + " ", SECRET.encode() + b"\n"):
            self.assertEqual(told(odd), ["the secret ends with a blank or line break, which counts"])

    def test_key_files(self):
        with cli.keys(2) as files:
            key = polytune.read_key(files.key(0))
            self.assertEqual(polytune.read_roster(files.roster), files.public)
            self.assertEqual(polytune.public_key_of(key), files.public[0])
            files.key(0).chmod(0o644)
            with self.assertRaisesRegex(InputError, "open to others"):
                polytune.read_key(files.key(0))
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "roster"
            for text in ("x pk:1", "0", "0 pk:1\n0 pk:2", "256 pk:1"):
                path.write_text(text)
                with self.subTest(text), self.assertRaises(InputError):
                    polytune.read_roster(path)
            with self.assertRaises(InputError):
                polytune.read_roster(path.with_name("none"))
        with self.assertRaisesRegex(InputError, "the key: "):
            polytune.public_key_of("sk:" + "A" * 48)

    def test_keys_and_secrets_are_wiped(self):
        made = []

        class Kept(polytune.keys.Wiped):
            def __init__(self, content):
                super().__init__(content)
                made.append((self, bytes(polytune.keys.ffi.buffer(self.buffer, self.size))))

        mine, theirs = polytune.keygen(), polytune.keygen()
        channels = queues()
        program = Program(LARGER)
        with mock.patch("polytune.keys.Wiped", Kept):
            results = Together(*[
                lambda i=i, keys=keys: program.party(channels[i], party=i, input=i, secret=SECRET, key=keys.key, roster=[mine.public_key, theirs.public_key])
                for i, keys in enumerate((mine, theirs))
            ]).results()
        self.assertEqual(values_of(results), [False, False])
        self.assertTrue(any(before == SECRET.encode() for _, before in made))
        public = [polytune.keys.roster_bytes([keys.public_key], 1) for keys in (mine, theirs)]
        for kept, before in made:
            now = bytes(polytune.keys.ffi.buffer(kept.buffer, kept.size))
            self.assertTrue(now == bytes(kept.size) or now in public, "not wiped")

    def test_cancelled_is_its_class(self):
        self.assertTrue(issubclass(Cancelled, TransportError))


if __name__ == "__main__":
    unittest.main()
