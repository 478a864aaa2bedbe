"""Things that go wrong between processes: every process ends in time, with the right status and a message to act on."""
import contextlib
import http.server
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import unittest

from support import (BIN, Case, DONE, INPUT, LONG_INPUTS, MAX, PEER, PROGRAM, Process, ROOT, TRANSPORT, USAGE, free_urls,
                     long_program, main_at_once, polytune, program_file, relay, start_parties)

VOTE = ROOT / "examples/vote.garble"
QUICK = "--timeout=3"
SOON = 200  # a process that is to end by itself ends well within this


def as_nobody():
    """What runs a command so that the limit of core files is its own doing, and so is that it belongs to root in /proc."""
    nobody = ["prlimit", "--core=unlimited", "setpriv", "--reuid=65534", "--clear-groups"]
    can = os.geteuid() == 0 and subprocess.run([*nobody, BIN, "--version"], capture_output=True).returncode == 0
    return nobody if can else []


class Failures(Case):
    def test_no_relay_there(self):
        with relay() as (url, process):
            process.kill()
            party = start_parties(url, "s", MAX, ["1"], QUICK)[0]
            self.assertFailed(party.wait(SOON), TRANSPORT, url)

    def test_a_peer_that_never_comes(self):
        with relay() as (url, _):
            party = start_parties(url, "s", MAX, ["1"], "--wait=3")[0]
            result = party.wait(SOON)
            self.assertFailed(result, TRANSPORT, "party 1")

    @unittest.skipUnless(sys.platform == "linux", "reads /proc")
    def test_no_core_is_written(self):
        with relay() as (url, _):
            party = Process("party", url, "--session=s", f"--program={MAX}", "--party=0", "--input=1", QUICK, under=as_nobody())
            party.read_err_until("waiting for party 1")
            limits = pathlib.Path(f"/proc/{party.process.pid}/limits").read_text()
            self.assertRegex(limits, r"Max core file size +0 +0 ")
            # Who may not be looked into belongs to root.
            self.assertEqual(os.stat(f"/proc/{party.process.pid}/mem").st_uid, 0)
            party.kill()

    def test_a_short_timeout_still_tells_who_is_missing(self):
        with relay() as (url, _):
            party = start_parties(url, "s", MAX, ["1"], "--timeout=1", "--wait=2")[0]
            self.assertFailed(party.wait(SOON), TRANSPORT, "party 1 did not join")

    def test_no_relay_but_something_else(self):
        with relay() as (url, _):
            party = start_parties(url + "/elsewhere", "s", MAX, ["1"], QUICK)[0]
            self.assertFailed(party.wait(SOON), TRANSPORT, "404", "is this a relay?")

    def test_a_web_page_is_not_shown_but_explained(self):
        for status, words in ((413, ("a proxy in between finds a message too large", "client_max_body_size")),
                              (404, ("another server, or a proxy, is at this URL",))):
            class Page(http.server.BaseHTTPRequestHandler):
                def do_PUT(self):
                    page = b"<html><h1>no</h1></html>"
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(page)))
                    self.end_headers()
                    self.wfile.write(page)

                def log_message(self, *_):
                    pass
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                party = start_parties(f"http://127.0.0.1:{server.server_port}", "s", MAX, ["1"], "--timeout=2")[0]
                result = party.wait(SOON)
                self.assertFailed(result, TRANSPORT, f"HTTP status {status}", *words)
                self.assertNotIn("<", result.err)
            finally:
                server.shutdown()
                server.server_close()

    def test_a_redirection_is_shown_and_not_followed(self):
        class Redirect(http.server.BaseHTTPRequestHandler):
            def do_PUT(self):
                self.send_response(301)
                self.send_header("Location", "https://relay.example" + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass
        with http.server.HTTPServer(("127.0.0.1", 0), Redirect) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            party = start_parties(f"http://127.0.0.1:{server.server_address[1]}", "s", MAX, ["1"], QUICK)[0]
            self.assertFailed(party.wait(SOON), TRANSPORT, "HTTP status 301: redirects to https://relay.example/join/s/0",
                              "give that server's URL", "is this a relay?")
            server.shutdown()

    def test_a_password_in_the_url_is_not_shown(self):
        with relay() as (url, process):
            process.kill()
            party = start_parties(url.replace("//", "//me:secret@"), "s", MAX, ["1"], QUICK)[0]
            result = party.wait(SOON)
            self.assertFailed(result, TRANSPORT, url)
            self.assertNotIn("secret", result.err)
            # Nor does every attempt get a line.
            self.assertLessEqual(result.err.count("(0 s)"), 1)

    def test_a_peer_that_dies(self):
        # A circuit long enough that the killed party is in the middle of it.
        source = "pub fn main(a: u64, b: u64, c: u64) -> u64 { let mut x = a; for i in 0..400 { x = (x ^ (b & c)) & (x ^ a ^ b); x = x ^ (x & c); } x }"
        with program_file(source) as path, relay() as (url, _):
            parties = start_parties(url, "s", path, ["1", "2", "3"], QUICK, "--wait=5")
            parties[2].kill()
            for party in parties[:2]:
                result = party.wait(SOON)
                self.assertFailed(result, TRANSPORT, "party")

    def test_a_peer_that_dies_is_not_waited_for(self):
        # The other's patience is far longer than the test's.
        with relay() as (url, _):
            parties = start_parties(url, "s", long_program(), LONG_INPUTS[:2], "--timeout=100")
            parties[1].read_err_until("find the same words")
            parties[1].kill()
            self.assertFailed(parties[0].wait(SOON), TRANSPORT, "party 1", "has gone")

    def test_ctrl_c_gives_the_seat_back(self):
        with relay() as (url, _):
            alone = start_parties(url, "s", MAX, ["1"])[0]
            alone.read_err_until("waiting for party 1")
            alone.process.send_signal(signal.SIGINT)
            result = alone.wait(SOON)
            self.assertEqual((result.status, result.out), (-signal.SIGINT, ""), result)
            self.assertIn("cancelled", result.err)
            for result in [p.wait(SOON) for p in start_parties(url, "s", MAX, ["7", "5"])]:
                self.assertRan(result, "true")

    def test_ctrl_c_without_a_relay_says_what_was_awaited(self):
        nowhere = free_urls(1)[0]
        alone = start_parties(nowhere, "s", MAX, ["1"])[0]
        alone.read_err_until("retrying")
        alone.process.send_signal(signal.SIGINT)
        result = alone.wait(SOON)
        self.assertEqual((result.status, result.out), (-signal.SIGINT, ""), result)
        self.assertIn(f"cancelled while waiting for the relay {nowhere}: ", result.err)
        self.assertNotIn("party", result.err)

    def test_a_relay_that_never_answers_is_told_with_the_time(self):
        nowhere = free_urls(1)[0]
        result = start_parties(nowhere, "s", MAX, ["1"], "--timeout=1", "--wait=100")[0].wait(SOON)
        self.assertFailed(result, TRANSPORT, f"relay {nowhere} cannot be used by party 0", "(tried for 1 s)")

    def test_a_seat_that_is_taken_is_explained(self):
        three = "pub fn main(a: u8, b: u8, c: u8) -> u8 { a + b + c }"
        with relay() as (url, _), program_file(three) as path:
            dealer = Process("pre", url, "--session=s", "--parties=2")
            dealer.read_err_until("waiting for")
            result = polytune("party", url, "--session=s", f"--program={path}", "--party=2", "--input=1")
            self.assertFailed(result, TRANSPORT, "another client holds this seat: a party of the same number, or a dealer",
                              "a dealer has the one behind the last party's")
            dealer.kill()

    def test_ctrl_c_in_the_middle_tells_the_others(self):
        with relay() as (url, _):
            ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN  # by nohup, which the command keeps to
            for number in (signal.SIGINT, signal.SIGTERM, *(() if ignored else (signal.SIGHUP,))):
                parties = start_parties(url, f"s{number}", long_program(), LONG_INPUTS[:2])
                parties[0].read_err_until("find the same words")
                parties[0].process.send_signal(number)
                results = [p.wait(SOON) for p in parties]
                self.assertEqual((results[0].status, results[0].out), (-number, ""), results)
                self.assertFailed(results[1], TRANSPORT, "party 0 stopped: its user cancelled")

    def test_ctrl_c_of_one_is_told_to_all(self):
        with relay() as (url, _):
            parties = start_parties(url, "s", long_program(3), LONG_INPUTS)
            parties[1].read_err_until("find the same words")
            parties[1].process.send_signal(signal.SIGINT)
            results = [p.wait(SOON) for p in parties]
            self.assertEqual(results[1].status, -signal.SIGINT, results)
            for other in (results[0], results[2]):
                self.assertFailed(other, TRANSPORT, "party 1 stopped: its user cancelled")

    def test_who_waited_too_long_says_so(self):
        with relay() as (url, _):
            base = ("party", url, "--session=s", f"--program={long_program()}")
            quick = Process(*base, "--party=0", f"--input={LONG_INPUTS[0]}", "--timeout=4")
            slow = Process(*base, "--party=1", f"--input={LONG_INPUTS[1]}", "--timeout=300")
            slow.read_err_until("find the same words")
            slow.process.send_signal(signal.SIGSTOP)
            self.assertFailed(quick.wait(SOON), TRANSPORT, "party 1")
            slow.process.send_signal(signal.SIGCONT)
            # A relay may have taken the silent party for dead, and then has nothing more for it.
            result = slow.wait(SOON)
            self.assertFailed(result, TRANSPORT)
            self.assertRegex(result.err, "party 0 (stopped: it lost a connection or waited too long|closed the connection)")

    def test_a_relay_that_is_killed_and_never_comes_back(self):
        with relay() as (url, process):
            waiting = start_parties(url, "s", MAX, ["1"], QUICK)[0]
            waiting.read_err_until("waiting for party 1")
            process.kill()
            self.assertFailed(waiting.wait(SOON), TRANSPORT, url)

    def test_who_runs_what_is_told_also_if_somebody_never_comes(self):
        two = "pub fn main(a: u8, b: u8) -> u8 { a ^ b }"
        three = "pub fn main(a: u8, b: u8, c: u8) -> u8 { a ^ b ^ c }"
        ways = (  # program, party and flags of each, and what the other says; direct parties have as many URLs as they count
            ("relay", (two, 0, "parties=2, and parties=3 here"), (three, 2, "parties=3, and parties=2 here")),
            ("relay", (three, 0, "dealer=yes, and dealer=no here", "--dealer"), (three, 2, "dealer=no, and dealer=yes here")),
            ("relay", (three, 1, "another program or circuit: program="), (three.replace("a ^ b", "a & b"), 2, "another program or circuit")),
            ("direct", (two, 0, "parties=2, and parties=3 here"), (three, 1, "parties=3, and parties=2 here")),
            ("direct", (three, 1, "another program or circuit"), (three.replace("a ^ b", "a & b"), 2, "another program or circuit")))
        with contextlib.ExitStack() as stack:
            url, _ = stack.enter_context(relay())
            runs = []
            for number, (way, *sides) in enumerate(ways):
                urls = free_urls(3)
                for (source, party, _, *flags), (_, other, words, *_) in zip(sides, reversed(sides)):
                    where = url if way == "relay" else ";".join(urls[:source.count(": u8")])
                    program = stack.enter_context(program_file(source))
                    runs.append((Process("party", where, f"--session=n{number}", f"--program={program}", f"--party={party}",
                                         "--input=1", *flags), f"party {other} runs", words))
            for process, *words in runs:
                self.assertFailed(process.wait(SOON), PEER, *words)

    def test_direct_parties_are_told_of_requests_that_do_not_fit(self):
        urls = free_urls(3)
        with program_file("pub fn main(a: u8, b: u8) -> u8 { a ^ b }") as two, \
                program_file("pub fn main(a: u8, b: u8, c: u8) -> u8 { a ^ b ^ c }") as three:
            first = Process("party", ";".join(urls[:2]), f"--program={two}", "--party=0", "--input=1", "--wait=6")
            third = Process("party", ";".join(urls), f"--program={three}", "--party=2", "--input=1")
            self.assertFailed(third.wait(SOON), PEER, "party 0 runs something else: parties=2, and parties=3 here")
            self.assertFailed(first.wait(SOON), TRANSPORT, "party 1 at", "did not come", "; a request says parties=3, and it is parties=2 here")

    def test_everybody_missing_is_named_and_nobody_else(self):
        with program_file("pub fn main(a: [u8; 5]) -> u8 { a[0] }") as program, relay() as (url, _):
            longer, shorter = [Process("party", url, "--session=s", f"--program={program}", f"--party={i}", "--input=1", f"--wait={wait}")
                               for i, wait in ((1, 7), (3, 3))]
            self.assertFailed(shorter.wait(SOON), TRANSPORT, "parties 0, 2 and 4 did not join session s")
            self.assertFailed(longer.wait(SOON), TRANSPORT,
                              "parties 0, 2 and 4 did not join session s at relay " + url + "; party 3 was there and left")

    def test_another_program_on_one_side(self):
        with program_file("pub fn main(a: u64, b: u64) -> bool { a < b }") as other, relay() as (url, _):
            parties = start_parties(url, "s", MAX, ["1"]) + [
                Process("party", url, "--session=s", f"--program={other}", "--party=1", "--input=2")]
            results = [party.wait(SOON) for party in parties]
            for result in results:
                self.assertFailed(result, PEER)
            self.assertTrue(any(re.search("circuit|program", result.err) for result in results), results)

    def test_other_parameters_on_one_side(self):
        with relay() as (url, _):
            for session, flag, word in (("e", "--evaluator=1", "evaluator"), ("o", "--output-parties=0", "output"),
                                        ("r", "--rho=41", "rho|security")):
                parties = start_parties(url, session, MAX, ["1"]) + [
                    Process("party", url, f"--session={session}", f"--program={MAX}", "--party=1", "--input=2", flag)]
                results = [party.wait(SOON) for party in parties]
                for result in results:
                    self.assertFailed(result, PEER)
                self.assertTrue(any(re.search(word, result.err) for result in results), results)

    def test_a_wrong_input_ends_before_anybody_is_bothered(self):
        party = start_parties("http://127.0.0.1:9", "s", MAX, ["many"], QUICK)[0]
        self.assertFailed(party.wait(SOON), INPUT, "party 0", "input")

    def test_the_length_of_an_input_is_checked_before_the_program_is_compiled(self):
        sums = "pub fn main(a: [u32; 1000000], b: u32) -> u32 { let mut s = b; for v in a { s = s + v; } s }"
        with program_file(sums) as path:
            base = ("party", "http://127.0.0.1:9", "--session=s", f"--program={path}", "--party=0", "--max-ands=1", QUICK)
            self.assertFailed(polytune(*base, "--input=[1, 2, 3]"), INPUT, "expected 1000000 elements, found 3")
            self.assertFailed(polytune(*base, "--input=[1; 1000000]"), PROGRAM, "AND gates")

    def test_wrong_seats(self):
        with relay() as (url, _):
            bad = Process("party", url, "--session=s", f"--program={MAX}", "--party=2", "--input=1")
            self.assertFailed(bad.wait(SOON), USAGE, "0 to 1")
            bad = Process("party", url, "--session=a/b", f"--program={MAX}", "--party=0", "--input=1")
            self.assertFailed(bad.wait(SOON), USAGE, "session")

    def test_a_party_that_receives_nothing_prints_nothing(self):
        with relay() as (url, _):
            results = [p.wait(SOON) for p in start_parties(url, "s", MAX, ["1", "2"], "--output-parties=1")]
            self.assertEqual([(r.status, r.out) for r in results], [(DONE, ""), (DONE, "false\n")], results)

    def test_json_of_party(self):
        with relay() as (url, _):
            for i, result in enumerate(p.wait(SOON) for p in start_parties(url, "s", MAX, ["1", "2"], "--json")):
                got = self.json_of(result)
                self.assertEqual((got["result"], got["text"], got["parties"]), ("False", "false", 2))
                self.assertGreater(got["bytes_sent"], 1000)
                sent = sum(row["bytes_sent"] for row in got["traffic"])
                self.assertGreaterEqual(sent, got["bytes_sent"])
                self.assertEqual({row["peer"] for row in got["traffic"]}, set(range(got["parties"])) - {i})
                for key in ("and", "seconds", "peak_rss_bytes", "phases"):
                    self.assertIn(key, got)

    def test_serve_says_what_is_wrong(self):
        with relay() as (url, _):
            taken = Process("serve", "--listen=" + url.removeprefix("http://"))
            self.assertFailed(taken.wait(SOON), TRANSPORT, "listen")
        for bad in ("--listen=nonsense", "--listen=127.0.0.1:99999", "--listen=127.0.0.1", "--listen=[::1]",
                    "--listen=[::1:8000"):
            self.assertFailed(polytune("serve", bad), USAGE, "--listen")


if __name__ == "__main__":
    main_at_once()
