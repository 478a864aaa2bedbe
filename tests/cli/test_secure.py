"""Encryption end to end: keys, rosters, session secrets, words to compare, and relays that cheat."""
import contextlib
import http.client
import http.server
import os
import pathlib
import re
import resource
import signal
import stat
import sys
import threading
import time
import unittest

from support import BIN, Case, DONE, INPUT, MAX, PEER, Process, ROOT, USAGE, WORDS, keys, polytune, program_file, relay, wait_until

SUM3 = "pub fn main(a: u8, b: u8, c: u8) -> u8 { a + b + c }"
LONG = "pub fn main(a: u32, b: u32) -> u32 { let mut s = a; for i in 0u32..12000u32 { s = (s >> 1u8) ^ (s & (b << 3u8)); } s }"
SOON = 200
CONSTANTS = """
const ROWS: usize = PARTY_0::ROWS;
pub fn main(a: [u8; ROWS], b: u8) -> u8 { a[0] + b }
"""


def count_in_memory(pid, needle):
    """How often it stands in the memory of a process, or None where that may not be read."""
    count = 0
    try:
        with open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
                start, end, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
                if mode.startswith("rw") and int(end, 16) - int(start, 16) < 1 << 30:
                    memory.seek(int(start, 16))
                    with contextlib.suppress(OSError): # changed meanwhile
                        count += memory.read(int(end, 16) - int(start, 16)).count(needle)
    except PermissionError:
        return None
    return count


def run(url, program, inputs, flags, session="s"):
    """Parties, each with flags of its own; their results."""
    parties = [Process("party", url, f"--session={session}", f"--program={program}", f"--party={i}", f"--input={text}",
                       "--timeout=60", *more) for i, (text, more) in enumerate(zip(inputs, flags))]
    return [party.wait(SOON) for party in parties]


class Keygen(Case):
    def test_a_key_pair(self):
        with keys(1) as k:
            path = k.key(0)
            self.assertRegex(k.public[0], r"^pk:[A-Za-z0-9_-]{48}$")
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            self.assertTrue(path.read_text().startswith("# Polytune private key"))
            self.assertRan(polytune("keygen", "--public", path), k.public[0])
            # Never a second time into the same file, and never the same key.
            before = path.read_text()
            self.assertFailed(polytune("keygen", "-o", path), INPUT, "exists already")
            self.assertEqual(path.read_text(), before)
            self.assertNotEqual(polytune("keygen", "-o", path.with_name("other")).out.strip(), k.public[0])

    def test_what_cannot_be_written_or_read(self):
        self.assertFailed(polytune("keygen", "-o", "/nowhere/key"), INPUT, "/nowhere/key")
        self.assertFailed(polytune("keygen", "--public", "/nowhere/key"), INPUT, "/nowhere/key")
        self.assertFailed(polytune("keygen", "--public", ROOT), INPUT, str(ROOT))
        self.assertFailed(polytune("keygen", "--public", "a", "-o", "b"), USAGE, "-o")

    def test_a_key_that_others_may_read_is_refused(self):
        with keys(1) as k:
            for mode in (0o640, 0o604, 0o620, 0o611):
                k.key(0).chmod(mode)
                self.assertFailed(polytune("keygen", "--public", k.key(0)), INPUT, "chmod 600")
            k.key(0).chmod(0o400)
            self.assertRan(polytune("keygen", "--public", k.key(0)), k.public[0])

    def test_a_corrupt_key_file(self):
        with keys(1) as k:
            text = k.key(0).read_text()
            secret = text.split()[-1]
            at = len(text) - 10
            other = "A" if text[at] != "A" else "B"
            for bad, word in ((text[:at] + other + text[at + 1:], "typing error"),
                              (text[:at] + "!" + text[at + 1:], "character"),
                              (text[:-2] + "\n", "51 characters"),
                              (text + secret, "more than one key"),
                              ("# nothing\n", "has no key"), ("", "has no key"),
                              (k.public[0], "is a public key"), ("hello", "sk:"), ("\0" * 5000, "has no key"),
                              ("x" * 100000, "sk:")):
                k.key(0).write_text(bad)
                self.assertFailed(polytune("keygen", "--public", k.key(0)), INPUT, word)
            # What is shown on a screen is no secret.
            self.assertNotIn(secret, polytune("keygen", "--public", k.key(0)).err)


class Flags(Case):
    BASE = ("party", "http://127.0.0.1:9", "--session=s", f"--program={MAX}", "--party=0", "--input=1")

    def test_key_and_roster_go_together(self):
        with keys(2) as k:
            self.assertFailed(polytune(*self.BASE, f"--key={k.key(0)}"), USAGE, "--roster")
            self.assertFailed(polytune(*self.BASE, f"--roster={k.roster}"), USAGE, "--key")

    def test_rosters_are_checked_before_anybody_is_bothered(self):
        with keys(2) as k:
            def fails(lines, status, *words):
                path = k.folder / "bad"
                path.write_text(lines)
                self.assertFailed(polytune(*self.BASE, *k.flags(0, path)), status, *words)
            zero, one = (f"{i} {key}\n" for i, key in enumerate(k.public))
            typo = one[:20] + ("x" if one[20] != "x" else "y") + one[21:]
            fails(zero, USAGE, "no key for party 1")
            fails(zero + typo, INPUT, "line 2", "party 1", "checksum")
            fails(zero + one + one, INPUT, "line 3", "two lines")
            fails(zero + zero.replace("0 pk", "1 pk"), INPUT, "line 2", "party 1 has the key of party 0")
            fails(zero + one.replace("1 pk", "300 pk"), INPUT, "line 2", "NUMBER PUBLIC_KEY")
            fails(zero + one.replace("1 pk", "one pk"), INPUT, "line 2", "NUMBER PUBLIC_KEY")
            fails(zero + "1\n", INPUT, "line 2", "not a public key")
            fails(zero + one[:-5], INPUT, "line 2", "51 characters")
            fails(zero + "1 " + k.key(1).read_text().split()[-1], INPUT, "private key")
            private = k.key(0).read_text()
            fails(private, INPUT, "private key")
            self.assertNotIn("sk:", polytune(*self.BASE, *k.flags(0, k.key(0))).err)
            fails(zero + "\0" + one, INPUT, "not text")
            fails(zero.replace("0 ", "1 ") + one.replace("1 ", "0 "), USAGE, "does not belong to --key")
            self.assertFailed(polytune(*self.BASE, *k.flags(0, "/nowhere/roster")), INPUT, "/nowhere/roster")
            self.assertFailed(polytune(*self.BASE, *k.flags(0, "/dev/zero")), INPUT, "'/dev/zero' is too large")
            self.assertFailed(polytune(*self.BASE, "--tls-ca=/dev/zero"), INPUT, "'/dev/zero' is too large")

    def test_usage_is_told_before_compiling(self):
        """What a run costs is said when the program is compiled."""
        with keys(2) as k:
            swapped = k.folder / "swapped"
            swapped.write_text("".join(f"{1 - i} {key}\n" for i, key in enumerate(k.public)))
            base = ["party", "http://127.0.0.1:1", f"--program={MAX}", "--party=0", "--input=1"]
            for result, word in ((polytune(*base, "--session=s", *k.flags(0, swapped)), "does not belong to --key"),
                                 (polytune(*base, "--session=a/b"), "a session name is"),
                                 (polytune("party", "http://127.0.0.1:1;http://127.0.0.1:2;http://127.0.0.1:3", *base[2:]),
                                  "3 URLs are given")):
                self.assertFailed(result, USAGE, word)
                self.assertNotIn("AND gates", result.err)

    def test_an_empty_secret_is_none(self):
        self.assertFailed(polytune(*self.BASE, "--session-secret="), USAGE, "empty")
        with program_file("\n", ".txt") as path:
            self.assertFailed(polytune(*self.BASE, f"--session-secret=@{path}"), USAGE, "empty")
        self.assertFailed(polytune(*self.BASE, env={"POLYTUNE_SESSION_SECRET": ""}), USAGE,
                          "POLYTUNE_SESSION_SECRET is empty")
        self.assertFailed(polytune(*self.BASE, "--session-secret=@/nowhere"), INPUT, "/nowhere")

    def test_a_weak_or_odd_secret_is_told(self):
        def err(secret):
            # It ends by its input, before anybody is looked for.
            return polytune(*self.BASE[:-1], "--input=x", f"--session-secret={secret}").err
        for weak in ("x", "correct horse", "1234567890", "a" * 200, "a1" * 100, "unpleasant-gathering-crucifix-overpower", "Password1234!",
                     "Unpleasant-Gathering-Crucifix-Overpower-7", "unpleasant.gathering.crucifix.overpower", "correcthorsebatterystaple"):
            self.assertRegex(err(weak), "weak, about [0-9]+ bits", weak)
        for strong in ("nosif dudun mapin kofuz daroz hanut", "kabob-vapid-lemur-tonic-fjord", "correct-horse-battery-staple-river", "Correct.Horse.Battery.Staple.River", "0f" + "3a9c51d7e8b2" * 2 + "46f0",
                       "kS9x2Qm0vT7bLr4w", "83920174650918273645"):
            self.assertNotIn("weak", err(strong), strong)
        strong = "correct-horse-battery-staple-river"
        self.assertIn("ends with a blank", err(strong + " "))
        self.assertIn("byte order mark", err("\ufeff" + strong))
        self.assertNotIn("which counts", err(strong))


class Parties(Case):
    def assertAll(self, results, status, *words):
        for result in results:
            self.assertFailed(result, status, *words)

    def test_without_keys_all_see_the_same_words(self):
        with relay() as (url, _), program_file(SUM3) as path:
            seen = set()
            for session in ("a", "b"):
                results = run(url, path, "123", [[]] * 3, session)
                for result in results:
                    self.assertRan(result, "6")
                    self.assertIn("not authenticated", result.err)
                words = {WORDS.search(result.err).group(1) for result in results}
                self.assertEqual(len(words), 1, results)
                seen |= words
            self.assertEqual(len(seen), 2)

    def test_with_a_roster_and_a_secret(self):
        with relay() as (url, _), keys(3) as k, program_file(SUM3) as path:
            secret = ["--session-secret=correct horse"]
            for session, flags in (("r", [k.flags(i) for i in range(3)]), ("s", [secret] * 3),
                                   ("rs", [k.flags(i) + secret for i in range(3)])):
                for result in run(url, path, "123", flags, session):
                    self.assertRan(result, "6")
                    self.assertNotIn("not authenticated", result.err)

    def test_a_roster_may_name_a_dealer(self):
        with relay() as (url, _), keys(3) as k:
            dealer = Process("pre", url, "--session=s", "--parties=2", *k.flags(2))
            for result in run(url, MAX, "12", [k.flags(i) + ["--dealer"] for i in range(2)]):
                self.assertRan(result, "false")
                self.assertNotIn("whoever takes its place", result.err)
            self.assertEqual(dealer.wait(SOON).status, DONE)
            for result in run(url, MAX, "12", [k.flags(i) for i in range(2)], "without"):
                self.assertRan(result, "false")

    def test_a_secret_from_a_file_and_the_environment(self):
        with relay() as (url, _), program_file("correct horse\r\n", ".txt") as path:
            os.environ["POLYTUNE_SESSION_SECRET"] = "correct horse"
            try:
                results = run(url, MAX, "12", [[f"--session-secret=@{path}"], []])
            finally:
                del os.environ["POLYTUNE_SESSION_SECRET"]
            for result in results:
                self.assertRan(result, "false")

    def test_a_given_secret_does_not_stay_where_it_was_given(self):
        secret = "nosif-dudun-mapin-kofuz-daroz-hanut"
        ways = {"cmdline": ([f"--session-secret={secret}"], {}), "environ": ([], {"POLYTUNE_SESSION_SECRET": secret})}
        with relay() as (url, _):
            for place, (flags, variables) in ways.items():
                os.environ.update(variables)
                try:
                    party = Process("party", url, f"--session={place}", f"--program={MAX}", "--party=1", "--input=1", *flags)
                finally:
                    for name in variables:
                        del os.environ[name]

                def is_clean():
                    shown = pathlib.Path(f"/proc/{party.process.pid}/{place}").read_bytes()
                    return b"SESSION" in shown.upper() and secret.encode() not in shown
                try:
                    wait_until(is_clean, f"a clean {place}", SOON)
                except PermissionError:
                    pass # only root sees the variables: as good
                finally:
                    party.process.kill()
                    party.wait()

    @unittest.skipIf(b"__asan_init" in pathlib.Path(BIN).read_bytes(), "takes longer to search than the run does")
    def test_a_secret_is_gone_while_the_parties_compute(self):
        secret = "nosif-dudun-mapin-kofuz-daroz-hanut"
        with relay() as (url, _), program_file(LONG) as path:
            parties = [Process("party", url, "--session=s", f"--program={path}", f"--party={i}", "--input=7",
                               f"--session-secret={secret}") for i in range(2)]
            pid = parties[0].process.pid
            # Twice, for it may move while it is looked for.
            wait_until(lambda: not any(count_in_memory(pid, secret.encode()) for _ in range(2)), "a memory without the secret")
            if count_in_memory(pid, secret.encode()) is None:
                for party in parties:
                    party.process.kill()
                    party.wait()
                self.skipTest("the memory of other processes may not be read here")
            # That was during the computation: it can still be interrupted.
            parties[0].process.send_signal(signal.SIGINT)
            for party in parties:
                self.assertNotEqual(party.wait(SOON).status, DONE)

    @unittest.skipIf(os.environ.get("POLYTUNE_SANITIZE"), "sanitizers lock no memory")
    @unittest.skipUnless(sys.platform == "linux" and resource.getrlimit(resource.RLIMIT_MEMLOCK)[1] != 0, "no memory may be locked here")
    def test_a_secret_is_locked_into_memory(self):
        with relay() as (url, _):
            party = Process("party", url, "--session=s", f"--program={MAX}", "--party=1", "--input=1", "--session-secret=correct horse")
            party.read_err_until("waiting for party 0")
            locked = re.search(r"VmLck:\s+(\d+) kB", pathlib.Path(f"/proc/{party.process.pid}/status").read_text())
            party.kill()
            self.assertGreater(int(locked[1]), 0)

    def test_a_secret_that_others_may_read(self):
        with program_file("correct horse", ".txt") as path:
            for mode, is_open in ((0o600, False), (0o640, True), (0o604, True)):
                path.chmod(mode)
                result = polytune("party", "http://127.0.0.1:9", "--session=s", f"--program={MAX}", "--party=2", "--input=1",
                                  f"--session-secret=@{path}")
                self.assertEqual(f"chmod 600 {path}" in result.err, is_open, result)

    def test_a_wrong_key_in_a_roster(self):
        with relay() as (url, _), keys(3) as k, keys(1) as stranger, program_file(SUM3) as path:
            other = k.write("other", [k.public[0], stranger.public[0], k.public[2]])
            flags = [k.flags(0, other), k.flags(1), k.flags(2)]
            results = run(url, path, "123", flags)
            self.assertFailed(results[0], PEER, "party 1 has another key than the roster says")
            self.assertFailed(results[1], PEER, "party 0", "expects this party to have another public key")
            self.assertFailed(results[2], PEER, "has ended the connection")

    def test_a_wrong_secret(self):
        with relay() as (url, _):
            results = run(url, MAX, "12", [["--session-secret=right"], ["--session-secret=wrong"]])
            self.assertAll(results, PEER, "the same session secret")

    def test_a_secret_given_by_one_only(self):
        with relay() as (url, _):
            for session, flags in (("a", [["--session-secret=x"], []]), ("b", [[], ["--session-secret=x"]])):
                results = run(url, MAX, "12", flags, session)
                self.assertAll(results, PEER, "session secret", "all parties must give the same one, or none")


class Meddler(http.server.BaseHTTPRequestHandler):
    """A relay that does what `server.meddle(path, body)` says: (path, body) of what it passes on to the real one."""
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock: # several packets may be on their way at once
            path, body = self.server.meddle(self.path, body)
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=SOON)
        # Without the tokens of the seats: the real one is not to see that anything is wrong.
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ("host", "content-length", "authorization")}
        try:
            upstream.request(self.command, path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                # What it does not offer, so that each message comes by itself: bodies of many messages.
                if name.lower() not in ("content-length", "connection", "date", "transfer-encoding", "x-polytune-body"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except OSError:
            self.close_connection = True
        finally:
            upstream.close()

    do_GET = do_POST = do_PUT = do_DELETE = pass_on

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


@contextlib.contextmanager
def meddling_relay(meddle):
    with relay() as (url, _):
        server = Server(("127.0.0.1", 0), Meddler)
        server.upstream, server.meddle, server.lock = url.removeprefix("http://"), meddle, threading.Lock()
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()


PACKET_HEADER, FRAGMENT_HEADER = 9, 13
FLIPPED = 28 # which byte of a message is changed


def messages(body):
    """Where the messages in a packet are, of programs whose messages are not cut into several: slices of their bytes."""
    at = PACKET_HEADER
    while at < len(body):
        first = at + FRAGMENT_HEADER
        at = first + int.from_bytes(body[at + 1:at + 5], "little")
        yield slice(first, at)


def with_message(body, where, message):
    """A packet with another message in the place of one of its own."""
    length = where.start - FRAGMENT_HEADER + 1
    return body[:length] + len(message).to_bytes(4, "little") + body[length + 4:where.start] + message + body[where.stop:]


def goes_to_party_1(path):
    return re.match(r"/send/[^/]+/0/1", path)


class CheatingRelays(Case):
    def test_one_that_only_watches_sees_nothing(self):
        """And shows that the others fail for what they do."""
        seen = []

        def watch(path, body):
            seen.append(body)
            return path, body
        with meddling_relay(watch) as url, program_file(CONSTANTS) as path:
            results = run(url, path, ("[1, 2]", "3"), [["--const=ROWS=2usize"], []])
            for result in results:
                self.assertRan(result, "4")
        everything = b"".join(seen)
        self.assertGreater(len(everything), 10000)
        for word in (b"ROWS", b"2usize", b"PARTY_0"):
            self.assertNotIn(word, everything)

    def test_one_that_holds_a_goodbye_does_not_hold_the_result(self):
        """Whoever has the result shows it before it waits for what it still has to send, and for the end of its connections."""
        leavers, held, let_go, first = [], threading.Event(), threading.Event(), threading.Lock()

        def hold(path, body):
            leaving = re.match(r"/send/s/(\d)/\d\?.*leave=1", path) # the last message gives the seat back
            if leaving and first.acquire(blocking=False): # never released: of two at once only one is held
                leavers.append(int(leaving[1]))
                held.set()
                let_go.wait(SOON)
            return path, body
        with meddling_relay(hold) as url:
            parties = [Process("party", url, "--session=s", f"--program={MAX}", f"--party={i}", f"--input={value}")
                       for i, value in enumerate("12")]
            try:
                self.assertTrue(held.wait(SOON))
                leaver, = leavers
                parties[leaver].process.send_signal(signal.SIGSTOP) # what it has not said, it will not
                self.assertEqual(parties[leaver].out.next(time.monotonic() + 60), "false\n")
            finally:
                let_go.set()
                for party in parties:
                    party.process.send_signal(signal.SIGCONT)
            for i, party in enumerate(parties):
                self.assertRan(party.wait(SOON), "" if i == leaver else "false")

    def test_one_that_swaps_two_parties(self):
        swapped = {"0/1": "0/2", "0/2": "0/1", "1/0": "2/0", "2/0": "1/0"}

        def swap(path, body):
            match = re.fullmatch(r"(/send/[^/]+/)(\d/\d)(.*)", path)
            if match:
                path = match[1] + swapped.get(match[2], match[2]) + match[3]
            return path, body
        with meddling_relay(swap) as url, program_file(SUM3) as path:
            for result in run(url, path, "123", [[]] * 3):
                self.assertFailed(result, PEER)
                self.assertRegex(result.err, "the relay mixes up the parties|has ended the connection")

    def flip(self, nth):
        """A bit of the nth message that party 0 sends to party 1, however messages are gathered in packets; what both say."""
        seen = 0

        def meddle(path, body):
            nonlocal seen
            for where in messages(body) if goes_to_party_1(path) else ():
                message = body[where]
                seen += len(message) > FLIPPED
                if seen == nth and len(message) > FLIPPED:
                    body = with_message(body, where, message[:FLIPPED] + bytes([message[FLIPPED] ^ 4]) + message[FLIPPED + 1:])
            return path, body
        with meddling_relay(meddle) as url:
            results = run(url, MAX, "12", [[], []])
        self.assertGreaterEqual(seen, nth)
        return results

    def test_one_that_flips_a_bit(self):
        for nth in (1, 2, 5):
            for result in self.flip(nth):
                self.assertFailed(result, PEER)
                self.assertRegex(result.err, "altered|committed|set up differently|another name")

    def test_one_that_replays_a_message(self):
        passed, replayed = [], []

        def replay(path, body):
            """Once, an earlier message in place of a later one that is not shorter, which its length would give away."""
            for where in messages(body) if goes_to_party_1(path) else ():
                message = body[where]
                earlier = [old for old in passed if 128 < len(old) <= len(message)]
                passed.append(message)
                if earlier and not replayed:
                    replayed.append(earlier[0])
                    return path, with_message(body, where, earlier[0])
            return path, body
        with meddling_relay(replay) as url:
            results = run(url, MAX, "12", [[], []])
        self.assertEqual(len(replayed), 1)
        for result in results:
            self.assertFailed(result, PEER, "altered")


if __name__ == "__main__":
    unittest.main()
