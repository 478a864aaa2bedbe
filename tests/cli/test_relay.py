"""The relay in trouble: killed, restarted, shared, overrun, told to stop; and clients that know the plain paths only."""
import concurrent.futures
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import warnings

from relays import ask, figure, redis, wait_for_figure, wait_for_health
from support import (BIN, Case, DONE, INPUT, MAX, Process, TRANSPORT, USAGE, authority, free_port, polytune, program_file, relay,
                     start_parties, wait_until)

SOON = 200  # a process that is to end by itself ends well within this
PATIENT = "--timeout=60"
# Long enough that the relay can be killed several times meanwhile.
LONG = """pub fn main(a: u64, b: u64, c: u64) -> u64 {
    let mut x = a;
    for i in 0..250 { x = (x ^ (b & c)) & (x ^ a ^ b) ^ (x & c) ^ (b & (x ^ c)); }
    x
}"""
LONG_INPUTS = ("81985529216486895", "1311768467463790320", "6148914691236517205")


def long_result():
    a, b, c = map(int, LONG_INPUTS)
    x = a
    for _ in range(250):
        x = (x ^ (b & c)) & (x ^ a ^ b) ^ (x & c) ^ (b & (x ^ c))
    return str(x)


class Page(Case):
    def test_the_flags(self):
        self.assertFailed(polytune("serve", "--page=.", "--no-page"), USAGE, "--page and --no-page exclude each other")
        self.assertFailed(polytune("serve", "--listen=127.0.0.1:0", "--page=tests"), INPUT, "'tests'", "index.html")
        with relay("--no-page") as (url, _):
            self.assertEqual(ask(url, "GET", "/").status, 404)

    def test_an_installed_page_is_found(self):
        names = ("index.html", "page.css", "page.js", "editor.js", "worker-browser.js", "polytune.wasm", "icon.svg", "licenses.txt", "polytune.html")
        with tempfile.TemporaryDirectory() as folder:
            program, page = pathlib.Path(folder) / "bin/polytune", pathlib.Path(folder) / "share/polytune"
            for place in (program.parent, page):
                place.mkdir(parents=True)
            shutil.copy(BIN, program)
            for name in names:
                (page / name).write_text(name)
            process = Process("serve", "--listen=127.0.0.1:0", program=program)
            try:
                url = process.read_err_until(r"http://127\.0\.0\.1:\d+").group()
                self.assertEqual(ask(url, "GET", "/").body, b"index.html")
            finally:
                process.kill()


class Restarts(Case):
    def kill_during(self, url, serve, parties):
        """Kills the relay whenever it has passed on some messages; returns how often."""
        process, times = serve(), 0
        try:
            while times < 4 and all(p.process.poll() is None for p in parties):
                try:
                    if figure(url, "messages_total") < 20:
                        continue
                except OSError:
                    continue  # not listening yet
                process.kill()
                times += 1
                process = serve()
            results = [party.wait(SOON) for party in parties]
        finally:
            process.kill()
        return times, results

    def test_a_relay_that_is_killed_again_and_again_loses_nothing(self):
        url = f"http://127.0.0.1:{free_port()}"
        with tempfile.TemporaryDirectory() as folder, program_file(LONG) as path:
            def serve():
                return Process("serve", "--listen=" + url.removeprefix("http://"), f"--store=sqlite:{folder}/relay.db",
                               "--quiet")
            parties = start_parties(url, "kill", path, LONG_INPUTS, PATIENT)
            times, results = self.kill_during(url, serve, parties)
        for result in results:
            self.assertRan(result, long_result())
        self.assertGreaterEqual(times, 2)

    def test_a_store_that_cannot_be_used_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            where = f"--store=sqlite:{folder}/relay.db"
            with relay(where):
                self.assertFailed(polytune("serve", "--listen=127.0.0.1:0", where), TRANSPORT, "in use")
            junk = folder + "/junk"
            with open(junk, "wb") as f:
                f.write(b"no database" * 1000)
            os.chmod(junk, 0o600)
            self.assertFailed(polytune("serve", f"--store=sqlite:{junk}"), INPUT, "not a database")
            self.assertFailed(polytune("serve", f"--store=sqlite:{folder}/no/where"), INPUT, "cannot open")
        self.assertFailed(polytune("serve", f"--store=redis://:secret@127.0.0.1:{free_port()}"), TRANSPORT, "Redis", "refused")
        self.assertNotIn("secret", polytune("serve", f"--store=redis://:secret@127.0.0.1:{free_port()}").err)
        self.assertFailed(polytune("serve", "--store=elsewhere"), USAGE, "sqlite:FILE")
        self.assertFailed(polytune("serve", env={"POLYTUNE_STORE": "elsewhere"}), USAGE, "sqlite:FILE")

    def test_a_store_that_others_can_read_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "relay.db"
            with relay(f"--store=sqlite:{path}") as (url, process):
                self.assertEqual(ask(url, "PUT", "/join/s/0").status, 200)
                self.assertEqual([f.stat().st_mode & 0o777 for f in pathlib.Path(folder).iterdir()], [0o600] * 2)
                process.kill()
            for name in ("relay.db", "relay.db-wal"):
                os.chmod(path.with_name(name), 0o644)
                result = polytune("serve", "--listen=127.0.0.1:0", f"--store=sqlite:{path}")
                self.assertFailed(result, INPUT, name, "mode 644", "chmod 600")
                os.chmod(path.with_name(name), 0o600)
            with relay(f"--store=sqlite:{path}"):
                pass

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_changes_are_synced_if_wanted(self):
        """A commit is on the disk before it is answered."""
        n_syncs = {}
        for flag in ((), ("--store-sync",)):
            with tempfile.TemporaryDirectory() as folder:
                trace = f"{folder}/trace"
                process = Process("serve", "--listen=127.0.0.1:0", f"--store=sqlite:{folder}/relay.db", *flag,
                                  under=("strace", "-D", "-f", "-e", "trace=fsync,fdatasync", "-o", trace))
                try:
                    url = process.read_err_until(r"http://127\.0\.0\.1:\d+").group()
                    before = pathlib.Path(trace).read_text().count("sync(")
                    for _ in range(10):
                        self.assertEqual(ask(url, "POST", "/send/s/0/1", b"x").status, 200)
                    n_syncs[flag] = pathlib.Path(trace).read_text().count("sync(") - before
                finally:
                    process.kill()
        self.assertEqual(n_syncs[()], 0)
        self.assertGreaterEqual(n_syncs[("--store-sync",)], 10)
        self.assertFailed(polytune("serve", "--store-sync"), USAGE, "--store=sqlite:FILE")

    def test_a_full_disk_is_503(self):
        """A file that may not grow is one."""
        small = ("sh", "-c", 'ulimit -f 400; trap "" XFSZ; exec "$0" "$@"')
        with tempfile.TemporaryDirectory() as folder:
            process = Process("serve", "--listen=127.0.0.1:0", f"--store=sqlite:{folder}/relay.db", under=small)
            try:
                url = process.read_err_until(r"http://127\.0\.0\.1:\d+").group()
                statuses = [ask(url, "POST", "/send/full/0/1", b"x" * 50000).status for _ in range(20)]
                self.assertEqual(statuses[0], 200)
                self.assertEqual(statuses[-1], 503)
                self.assertGreater(figure(url, "store_errors_total"), 0)
                self.assertEqual(wait_for_health(url, 503), 503)
                self.assertEqual(figure(url, "store_up"), 0)
                n = statuses.count(200)
                for _ in range(n):
                    self.assertIn(ask(url, "POST", "/recv/full/0/1").status, (200, 503))
                self.assertEqual(ask(url, "GET", "/ping").status, 200)
                self.assertEqual(wait_for_health(url, 200), 200)  # there is room again in the file
                self.assertEqual(figure(url, "store_up"), 1)
            finally:
                process.kill()


class SharedRelays(Case):
    def test_parties_may_use_different_relays(self):
        with redis() as server, relay("--store=" + server.url) as (first, _), relay("--store=" + server.url) as (second, _):
            urls = (first, second, first)
            with program_file(LONG) as path:
                parties = [Process("party", url, "--session=s", f"--program={path}", f"--party={i}", f"--input={text}", PATIENT)
                           for i, (url, text) in enumerate(zip(urls, LONG_INPUTS))]
                for party in parties:
                    self.assertRan(party.wait(SOON), long_result())
            self.assertGreater(figure(first, "messages_total"), 0)
            self.assertGreater(figure(second, "messages_total"), 0)
            self.assertEqual(figure(first, "sessions"), 0)

    def test_a_redis_that_is_full_is_503(self):
        a, b = Seats.TOKENS[:2]
        with redis() as server, relay("--store=" + server.url) as (url, _):
            for party, token in enumerate((a, b)):
                self.assertEqual(ask(url, "PUT", f"/join/s/{party}", token=token).status, 200)
            self.assertEqual(ask(url, "POST", "/send/s/0/1", b"m", token=a, X_Polytune_Seq="1").status, 200)
            self.assertEqual((wait_for_health(url, 200), figure(url, "store_up")), (200, 1))
            server.configure("maxmemory", "1")
            self.assertEqual((wait_for_health(url, 503), figure(url, "store_up")), (503, 0))
            answer = ask(url, "POST", "/send/s/0/1", b"n", token=a, X_Polytune_Seq="2")
            self.assertEqual((answer.status, b"maxmemory" in answer.body), (429, True), answer.body)
            self.assertGreater(figure(url, 'refused_total{reason="redis_maxmemory"}'), 0)
            # What makes room goes on.
            self.assertEqual(ask(url, "GET", "/participants/s", token=a).body, b"[0,1]")
            self.assertEqual(ask(url, "POST", "/recv/s/0/1", token=b, X_Polytune_Seq="1").body, b"m")
            self.assertEqual(ask(url, "POST", "/recv/s/0/1", token=b, X_Polytune_Seq="2").status, 400)
            self.assertEqual(figure(url, "messages_waiting"), 0)
            for party, token in enumerate((a, b)):
                self.assertEqual(ask(url, "DELETE", f"/join/s/{party}", token=token).status, 200)
            self.assertEqual(figure(url, "sessions"), 0)
            server.configure("maxmemory", "0")
            self.assertEqual((wait_for_health(url, 200), figure(url, "store_up")), (200, 1))

    def test_a_redis_that_forgets_ends_the_run_cleanly(self):
        with redis() as server, relay("--store=" + server.url) as (url, process), program_file(LONG) as path:
            parties = start_parties(url, "s", path, LONG_INPUTS, PATIENT)
            wait_for_figure(url, "messages_total", 20)
            server.kill()
            self.assertEqual(wait_for_health(url, 503), 503)
            self.assertEqual(figure(url, "store_up"), 0)
            answer = ask(url, "PUT", "/join/other/0")
            self.assertEqual((answer.status, answer.headers["Retry-After"]), (503, "1"))
            server.start()
            for party in parties:
                result = party.wait(SOON)
                self.assertFailed(result, TRANSPORT)
                self.assertRegex(result.err, "lost or replaced|closed the connection")
            self.assertIsNone(process.process.poll())
            # What comes after works.
            parties = start_parties(url, "s", MAX, ["1", "2"], PATIENT)
            self.assertEqual([party.wait(SOON).status for party in parties], [DONE, DONE])


class Seats(Case):
    TOKENS = ["token-of-22-characters-" + name for name in "abc"]

    def test_a_stranger_cannot_use_a_seat(self):
        with relay("--tokens") as (url, _):
            a, b, stranger = self.TOKENS
            self.assertEqual(ask(url, "PUT", "/join/s/0", token=a).status, 200)
            self.assertEqual(ask(url, "PUT", "/join/s/1", token=b).status, 200)
            self.assertEqual(ask(url, "POST", "/send/s/0/1", b"m", token=a).status, 200)
            for method, path in (("POST", "/send/s/0/1"), ("POST", "/recv/s/0/1"), ("POST", "/session/s/recv/1/0"),
                                 ("POST", "/session/s/send/0/1"), ("DELETE", "/join/s/0")):
                answer = ask(url, method, path, b"x")
                self.assertEqual((answer.status, answer.headers["WWW-Authenticate"]), (401, "Bearer"), path)
                self.assertEqual(ask(url, method, path, b"x", token=stranger).status, 403, path)
            for token in (None, stranger):
                self.assertEqual(ask(url, "PUT", "/join/s/0", token=token).status, 409)
            self.assertEqual(ask(url, "POST", "/send/s/5/1", b"x", token=stranger).status, 403)
            self.assertEqual(ask(url, "POST", "/recv/s/0/1", token=b).body, b"m")
            self.assertEqual(ask(url, "POST", "/recv/s/0/1", X_Polytune_Token=b).status, 400)
            self.assertEqual(figure(url, 'refused_total{reason="forbidden"}'), 6)

    def test_of_clients_that_come_at_once_one_gets_the_seat(self):
        """Also those who open the session, and at two relays of one store."""
        def join(at, session, client):
            answer = ask(at, "PUT", f"/join/{session}/0", token=f"a-token-of-client-number-{client}")
            return answer.status, answer.headers["X-Polytune-Session"]

        def race(*urls):
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                for session in ("first", "second", "third"):
                    answers = list(pool.map(lambda client: join(urls[client % len(urls)], session, client), range(8)))
                    self.assertEqual(sorted(status for status, _ in answers), [200] + 7 * [409])
                    identity = next(identity for status, identity in answers if status == 200)
                    self.assertEqual(ask(urls[-1], "GET", f"/participants/{session}").body, b"[0]")
                    late = ask(urls[-1], "PUT", f"/join/{session}/1", token="a-token-of-another-party")
                    self.assertEqual((late.status, late.headers["X-Polytune-Session"]), (200, identity))

        with tempfile.TemporaryDirectory() as folder:
            for store in ("memory", f"sqlite:{folder}/relay.db"):
                with self.subTest(store), relay("--store=" + store) as (url, _):
                    race(url)
        with redis() as server, relay("--store=" + server.url) as (first, _), relay("--store=" + server.url) as (second, _):
            race(first, second)

    def test_an_open_relay_where_a_stranger_speaks_first(self):
        with relay("--open") as (url, _):
            for a, b in ((0, 1), (1, 0), (5, 0)):
                self.assertEqual(ask(url, "POST", f"/send/s/{a}/{b}", b"junk").status, 200)
            for party in start_parties(url, "s", MAX, ["1", "2"], PATIENT):
                self.assertRan(party.wait(SOON), "false")

    def test_a_client_without_a_token_gets_one(self):
        with relay("--tokens") as (url, _):
            answer = ask(url, "PUT", "/join/s/0")
            token = json.loads(answer.body)["token"]
            self.assertEqual((answer.status, answer.headers["X-Polytune-Token"]), (200, token))
            self.assertRegex(token, "^[0-9a-f]{32}$")
            self.assertEqual(ask(url, "POST", "/send/s/0/1", b"m").status, 401)
            self.assertEqual(ask(url, "POST", "/send/s/0/1", b"m", token=token).status, 200)

    def test_only_loopback_is_open_by_default(self):
        for flags, demands in (([], True), (["--open"], False)):
            process = Process("serve", "--listen=0.0.0.0:0", *flags)
            try:
                url = "http://127.0.0.1:" + process.read_err_until(r"0\.0\.0\.0:(\d+)").group(1)
                self.assertEqual(ask(url, "PUT", "/join/s/0").headers["X-Polytune-Token"] is not None, demands)
                self.assertEqual(ask(url, "POST", "/send/s/1/0", b"m").status, 401 if demands else 200)
            finally:
                process.kill()
        self.assertFailed(polytune("serve", "--open", "--tokens"), USAGE, "--open and --tokens")

    def test_who_comes_late_leaves_and_comes_back(self):
        with relay() as (url, _):
            a, b, late = self.TOKENS
            for party, token in enumerate((a, b)):
                self.assertEqual(ask(url, "PUT", f"/join/s/{party}", token=token).status, 200)
            self.assertEqual(ask(url, "POST", "/send/s/0/2", b"for later", token=a).status, 200)
            self.assertEqual(ask(url, "PUT", "/join/s/2", token=late).status, 200)
            self.assertEqual(ask(url, "POST", "/recv/s/0/2", token=late).body, b"for later")
            self.assertEqual(ask(url, "DELETE", "/join/s/2", token=late).status, 200)
            self.assertEqual(ask(url, "POST", "/send/s/0/2", b"meanwhile", token=a).status, 200)
            self.assertEqual(ask(url, "PUT", "/join/s/2", token=late).status, 200)
            self.assertEqual(ask(url, "POST", "/recv/s/0/2", token=late).body, b"meanwhile")
            self.assertEqual(ask(url, "GET", "/participants/s").body, b"[0,1,2]")

    def test_parties_compute_where_tokens_are_demanded(self):
        with relay("--tokens") as (url, _):
            for party in start_parties(url, "s", MAX, ["1", "2"], PATIENT):
                self.assertEqual(party.wait(SOON).status, DONE)


class Limits(Case):
    def test_parties_obey_429(self):
        with relay("--rate-address=25") as (url, _):
            own = []  # answers to requests of this test, which take what the parties would need

            def a_party_was_refused():
                own.append(ask(url, "GET", "/participants/another").status)
                return figure(url, 'refused_total{reason="rate_address"}') > own.count(429)
            parties = start_parties(url, "s", MAX, ["1", "2"], PATIENT)
            wait_until(a_party_was_refused, "a party's request refused", SOON)
            for party in parties:
                self.assertEqual(party.wait(SOON).status, DONE)

    def test_requests_of_a_session_are_limited(self):
        with relay("--rate-session=1") as (url, _):
            answers = [ask(url, "GET", "/participants/s") for _ in range(20)]
            self.assertEqual(answers[0].status, 200)
            refused = [answer for answer in answers if answer.status == 429]
            self.assertTrue(refused)
            self.assertGreaterEqual(int(refused[0].headers["Retry-After"]), 1)
            self.assertIn(b"rate-session", refused[0].body)
            self.assertEqual(ask(url, "GET", "/participants/another").status, 200)
            self.assertEqual(ask(url, "GET", "/ping").status, 200)

    def test_new_sessions_of_an_address_are_limited(self):
        with relay("--rate-opened=1", "--trust-forwarded") as (url, _):
            def join(session, forwarded):
                return ask(url, "PUT", f"/join/{session}/0", X_Forwarded_For=forwarded)
            self.assertEqual([join(f"s{i}", "9.9.9.9, 10.0.0.1").status for i in range(3)], [200, 200, 429])
            refused = join("s3", "8.8.8.8, 10.0.0.1")
            self.assertGreater(int(refused.headers["Retry-After"]), 1)
            self.assertIn(b"rate-opened", refused.body)
            self.assertEqual(figure(url, 'refused_total{reason="rate_opened"}'), 2)
            self.assertEqual(join("s4", "10.0.0.1, 10.0.0.2").status, 200)
            self.assertEqual(join("s0", "10.0.0.1").status, 200)  # exists
        with relay("--rate-opened=1") as (url, _):  # the header is not believed
            answers = [ask(url, "PUT", f"/join/t{i}/0", X_Forwarded_For=f"10.0.0.{i}").status for i in range(3)]
            self.assertEqual(answers, [200, 200, 429])

    def test_the_log_cannot_be_flooded(self):
        process = Process("serve", "--listen=127.0.0.1:0", "--log-format=json")
        url = process.read_err_until(r"http://127\.0\.0\.1:\d+").group()
        ask(url, "PUT", "/join/s/0", token="the-token-of-this-seat")
        statuses = {ask(url, "POST", "/send/s/0/1").status for _ in range(100)}
        self.assertEqual((statuses, figure(url, 'refused_total{reason="unauthorized"}')), ({401}, 100))
        process.process.send_signal(signal.SIGINT)
        process.process.send_signal(signal.SIGTERM)
        lines = process.wait(SOON).err.count("refused")
        self.assertTrue(1 <= lines < 100, lines)

    def test_seats_are_limited(self):
        with relay("--max-seats=2") as (url, _):
            self.assertEqual([ask(url, "PUT", f"/join/s/{i}").status for i in range(3)], [200, 200, 429])

    def test_a_limit_is_named(self):
        """In the answer, the figures and the log."""
        with relay("--max-seats=1", "--log-format=json") as (url, process):
            self.assertEqual(ask(url, "PUT", "/join/s/0").status, 200)
            answer = ask(url, "PUT", "/join/s/1")
            self.assertEqual((answer.status, b"max-seats" in answer.body), (429, True), answer.body)
            self.assertEqual(figure(url, 'refused_total{reason="max_seats"}'), 1)
            process.read_err_until('"reason": ?"max_seats"')

    def test_an_address_has_its_share_of_sessions(self):
        with relay("--max-sessions=8", "--address-share=25", "--trust-forwarded") as (url, _):
            def join(session, address):
                return ask(url, "PUT", f"/join/{session}/0", X_Forwarded_For=address)
            statuses = [join(f"s{i}", "192.0.2.1").status for i in range(8)]
            self.assertEqual(statuses, [200] * 3 + [429] * 5)
            self.assertIn(b"address-share of sessions", join("s9", "192.0.2.1").body)
            self.assertEqual(join("other", "2001:db8::1").status, 200)

    def test_bodies_that_wait_do_not_keep_their_address_from_receiving(self):
        with relay("--max-bytes=400K", "--address-share=25", "--max-messages=1", "--trust-forwarded") as (url, _):
            def send(path, size):
                return ask(url, "POST", path, bytes(size), X_Forwarded_For="192.0.2.1").status
            for party in "01":
                ask(url, "PUT", f"/join/s/{party}", X_Forwarded_For="192.0.2.1")
            self.assertEqual(send("/send/s/0/1", 60000), 200)
            held = []
            thread = threading.Thread(target=lambda: held.append(send("/send/s/0/1?wait=60", 60000)))
            thread.start()
            wait_for_figure(url, "requests_held", 1)
            self.assertEqual(send("/send/s/1/0", 60000), 429)  # of what comes its share is taken
            begun = time.monotonic()
            self.assertEqual(ask(url, "POST", "/recv/s/0/1", X_Forwarded_For="192.0.2.1").status, 200)
            thread.join()
            self.assertEqual(held, [200])  # there is room now
            self.assertLess(time.monotonic() - begun, 30)

    def test_pages_of_other_origins(self):
        for flags, origin, allowed in (((), "https://a.example", "*"),
                                       (("--cors=https://a.example,https://b.example",), "https://b.example", "https://b.example"),
                                       (("--cors=https://a.example",), "https://a.example.evil", None),
                                       (("--cors=https://[::1]:8443,http://a_b:443,http://8.8.8.8:8,x-y://z,null",), "null", "null"),  # a page that is a file
                                       (("--cors=none",), "https://a.example", None)):
            with relay(*flags) as (url, _):
                for method, path in (("GET", "/ping"), ("OPTIONS", "/send/s/0/1"), ("GET", "/nowhere")):
                    answer = ask(url, method, path, Origin=origin)
                    self.assertEqual(answer.headers["Access-Control-Allow-Origin"], allowed, (flags, path))
        for bad in ("", "foo", "app.example", "https://", "https://app.example/", "https://app.example/page", "https://App.example",
                    "https://a.example, https://b.example", "https://a.example,", "*,https://a.example", "none,https://a.example",
                    "https://a.example:443", "http://a.example:80,null", "https://:", "https://:8443", "https://a:", "https://a:99999",
                    "https://a:65536", "https://a:08443", "https://a:8x", "https://[::1", "https://[]", "https://a]", "https://.a"):
            self.assertFailed(polytune("serve", "--listen=127.0.0.1:0", f"--cors={bad}"), USAGE, "--cors takes", f"not '{bad}'")


class Stopping(Case):
    def test_running_sessions_may_end(self):
        with relay() as (url, process):
            waiting = start_parties(url, "s", MAX, ["1"], PATIENT)[0]
            waiting.read_err_until("waiting for party 1")
            process.process.send_signal(signal.SIGTERM)
            process.read_err_until("stopping")
            n_opened = 0  # while the signal is on its way
            while (answer := ask(url, "PUT", f"/join/new-{n_opened}/0")).status == 200:
                n_opened += 1
            self.assertEqual(answer.status, 503)
            self.assertIn("Retry-After", answer.headers)
            other = Process("party", url, "--session=s", f"--program={MAX}", "--party=1", "--input=2", PATIENT)
            self.assertEqual([p.wait(SOON).status for p in (waiting, other)], [DONE, DONE])
            for i in range(n_opened):
                ask_quietly(url, "DELETE", f"/join/new-{i}/0")
            self.assertEqual(process.wait(SOON).status, DONE)

    def test_a_second_signal_stops_at_once(self):
        with relay("--grace=1000") as (url, process):
            self.assertEqual(ask(url, "PUT", "/join/s/0").status, 200)
            process.process.send_signal(signal.SIGTERM)
            process.read_err_until("stopping")
            process.process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(SOON).status, DONE)

    def test_without_sessions_it_stops_at_once(self):
        with relay("--grace=1000") as (_, process):
            process.process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(SOON).status, DONE)

    def test_idle_sessions_are_not_waited_for(self):
        with relay("--grace=1000") as (url, process):
            self.assertEqual(ask(url, "PUT", "/join/s/0").status, 200)
            process.process.send_signal(signal.SIGTERM)
            begin = time.monotonic()
            self.assertEqual(process.wait(SOON).status, DONE)
            self.assertLess(time.monotonic() - begin, 60)

    def test_the_grace_ends(self):
        with relay("--grace=0") as (url, process):
            self.assertEqual(ask(url, "PUT", "/join/s/0").status, 200)
            process.process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(SOON).status, DONE)


def ask_quietly(*arguments):
    with contextlib.suppress(OSError, http.client.HTTPException):
        ask(*arguments)


class Tls(Case):
    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_only_versions_and_ciphers_with_forward_secrecy(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
                            "-subj", "/CN=localhost", "-days", "2"], cwd=folder, check=True, capture_output=True)
            with relay(f"--tls-cert={folder}/cert.pem", f"--tls-key={folder}/key.pem", scheme="https") as (url, _):
                for version, ciphers, works in (
                        (ssl.TLSVersion.TLSv1_3, "DEFAULT", True),
                        (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES256-GCM-SHA384", True),
                        (ssl.TLSVersion.TLSv1_2, "AES256-GCM-SHA384:AES128-GCM-SHA256:AES128-SHA", False),
                        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0", False)):
                    self.assertEqual(self.handshakes(url, version, ciphers), works, (version, ciphers))

    def handshakes(self, url, version, ciphers):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        context.set_ciphers(ciphers)
        host, port = url.removeprefix("https://").split(":")
        try:
            with socket.create_connection((host, int(port))) as s, context.wrap_socket(s) as t:
                t.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return t.recv(100).startswith(b"HTTP/1.1 200")
        except (ssl.SSLError, ConnectionResetError):
            return False

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_a_key_that_others_can_read_is_refused(self):
        with authority() as folder:
            own = (f"--tls-cert={folder}/cert.pem", f"--tls-key={folder}/key.pem")
            os.chmod(folder / "key.pem", 0o644)
            self.assertFailed(polytune("serve", "--listen=127.0.0.1:0", *own), INPUT, "mode 644", "chmod 600")
            os.chmod(folder / "key.pem", 0o600)
            with relay(*own, scheme="https"):
                pass

    def test_too_few_open_files_are_said(self):
        few = ("sh", "-c", 'ulimit -n 300; exec "$0" "$@"')
        process = Process("serve", "--listen=127.0.0.1:0", under=few)
        try:
            process.read_err_until("172 connections at a time and not 4096: raise 'ulimit -n'")
        finally:
            process.kill()


class Logs(Case):
    def run_logged(self, env):
        process = Process("serve", "--listen=127.0.0.1:0", "--log-format=json", env=env)
        url = process.read_err_until(r"http://127\.0\.0\.1:\d+").group()
        token = "very-secret-token-of-a-seat"
        ask(url, "PUT", "/join/s/0", token=token)
        ask(url, "POST", "/send/s/0/1", b"m", token="another-secret-token-entirely")
        ask(url, "DELETE", "/join/s/0", token=token)
        process.process.send_signal(signal.SIGTERM)
        result = process.wait(SOON)
        self.assertEqual(result.status, DONE)
        self.assertNotIn("secret", result.err)
        return [json.loads(line) for line in result.err.splitlines()]

    def test_each_event_is_a_line(self):
        lines = self.run_logged({})
        events = [line for line in lines if "event" in line]
        self.assertEqual([(line["event"], line["session"], line.get("party")) for line in events],
                         [("opened", "s", None), ("seated", "s", 0), ("refused", "s", 0), ("ended", "s", None)])
        self.assertEqual(events[2]["reason"], "forbidden")
        for line in events:
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertEqual((line["level"], line["address"]), ("info", "127.0.0.1"))

    def test_debug_has_each_request(self):
        lines = self.run_logged({"POLYTUNE_LOG": "debug"})
        requests = [(line["reason"], line["status"]) for line in lines if line.get("event") == "request"]
        self.assertEqual(requests, [("join", 200), ("send", 403), ("join", 200)])


class PlainClient(threading.Thread):
    """Knows join, participants, send and recv with 400, and no header of ours."""

    def __init__(self, url, party):
        super().__init__()
        self.url, self.party, self.got = url, party, []

    def run(self):
        me, other = self.party, 1 - self.party
        assert ask(self.url, "PUT", f"/join/plain/{me}").status == 200
        while json.loads(ask(self.url, "GET", "/participants/plain").body) != [0, 1]:
            pass
        for i in range(30):
            assert ask(self.url, "POST", f"/send/plain/{me}/{other}", b"%d from %d" % (i, me)).status == 200
            while (answer := ask(self.url, "POST", f"/recv/plain/{other}/{me}")).status == 400:
                pass
            assert answer.status == 200
            self.got.append(answer.body.decode())


class PlainRelay(http.server.BaseHTTPRequestHandler):
    """Knows the same paths."""
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    seats, queues = {}, {}

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        words = self.path.split("?")[0].split("/")[1:]
        with self.lock:
            what = (self.command, words[0])
            if what == ("PUT", "join"):
                self.seats.setdefault(words[1], set()).add(int(words[2]))
                self.answer(200)
            elif what == ("GET", "participants"):
                self.answer(200, json.dumps(sorted(self.seats.get(words[1], ()))).encode())
            elif what == ("POST", "send"):
                self.queues.setdefault(tuple(words[1:]), []).append(body)
                self.answer(200)
            elif what == ("POST", "recv"):
                queue = self.queues.get(tuple(words[1:]))
                self.answer(200, queue.pop(0)) if queue else self.answer(400)
            else:
                self.answer(404)

    do_GET = do_PUT = do_POST = do_DELETE = serve

    def log_message(self, *_):
        pass


class PlainServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients go away


class PlainPaths(Case):
    def test_plain_clients_with_our_relay(self):
        with tempfile.TemporaryDirectory() as folder:
            for store in ("memory", f"sqlite:{folder}/relay.db"):
                with relay("--store=" + store) as (url, _):
                    clients = [PlainClient(url, party) for party in range(2)]
                    for client in clients:
                        client.start()
                    for client in clients:
                        client.join()
                        self.assertEqual(client.got, [f"{i} from {1 - client.party}" for i in range(30)])

    def test_our_client_with_a_plain_relay(self):
        server = PlainServer(("127.0.0.1", 0), PlainRelay)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}"
            for party in start_parties(url, "s", MAX, ["1", "2"], PATIENT):
                self.assertEqual(party.wait(SOON).status, DONE)
        finally:
            server.shutdown()
            server.server_close()


if __name__ == "__main__":
    unittest.main()
