"""polytune doctor: what stands between this machine and a relay or the parties."""
import contextlib
import http.client
import http.server
import json
import socket
import threading
import time
import unittest
from email.utils import formatdate

from support import (Case, DONE, INPUT, MAX, PROGRAM, Process, TRANSPORT, USAGE, authority, free_port, polytune, program_file,
                     relay)


@contextlib.contextmanager
def web_server(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield "http://127.0.0.1:%d" % server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Page(Quiet):
    def do_GET(self):
        self.answer(200, b"<html>Welcome</html>", Date=formatdate(usegmt=True))


class Elsewhere(Quiet):
    def do_GET(self):
        self.answer(301, Location="https://relay.example/ping")


class Late(Quiet):
    """Says that it is a relay, an hour ago, and does nothing of what a relay does."""

    def do_GET(self):
        self.answer(200, b"pong" if self.path == "/ping" else b"", Date=formatdate(time.time() - 3600, usegmt=True))


def proxy(upstream, most, alters=False):
    """A proxy that answers 413 to bodies of more than `most` bytes, or alters long answers."""
    address = ("127.0.0.1", int(upstream.rsplit(":", 1)[1]))

    class Proxy(Quiet):
        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if len(body) > most:
                self.answer(413, b"<html>too large</html>", Via="1.1 narrow")
                return
            connection = http.client.HTTPConnection(*address, timeout=60)
            connection.request(self.command, self.path, body, {k: v for k, v in self.headers.items() if k != "Host"})
            answer = connection.getresponse()
            text = answer.read()
            if alters and len(text) > 5000:
                text = text[:-1] + bytes([text[-1] ^ 1])
            kept = {k: v for k, v in answer.getheaders() if k not in ("Content-Length", "Connection")}
            self.answer(answer.status, text, **kept, Via="1.1 narrow")
            connection.close()
        do_GET = do_POST = do_PUT = do_DELETE = pass_on
    return Proxy


class Doctor(Case):
    def look(self, *arguments, **more):
        """The checks by name (the last of each), and the figures, of a run with --json."""
        result = polytune("doctor", *arguments, "--json", **more)
        self.assertIn(result.status, (DONE, TRANSPORT), result)
        found = json.loads(result.out)
        self.assertEqual(any(c["state"] == "problem" for c in found["checks"]), result.status == TRANSPORT)
        return {c["name"]: (c["state"], c["text"]) for c in found["checks"]}, found["figures"]

    def assertCheck(self, checks, name, state, text):
        self.assertIn(name, checks)
        self.assertEqual(checks[name][0], state, checks[name])
        self.assertIn(text, checks[name][1])

    def test_a_relay(self):
        with relay() as (url, _):
            result = polytune("doctor", url)
            self.assertEqual((result.status, result.err), (DONE, ""))
            for line in ("reached     " + url + " at 127.0.0.1", "relay       yes", "of 4 MiB", "Mbit/s up",
                         "time-outs of up to 3600 s"):
                self.assertIn(line, result.out)
            self.assertLessEqual(max(map(len, result.out.splitlines())), 80)
            checks, figures = self.look(url)
            self.assertEqual({state for state, _ in checks.values()}, {"ok"})
            for name in ("round_trip_seconds", "up_bits_per_second", "down_bits_per_second"):
                self.assertGreater(figures[name], 0)
            self.assertLess(figures["clock_seconds"], 5)

    def test_it_leaves_nothing_behind(self):
        with relay("--max-sessions=1", "--log-format=json") as (url, _):
            for _ in range(2):
                self.assertEqual(polytune("doctor", url).status, DONE)

    def test_what_a_program_would_take(self):
        with relay() as (url, _), program_file("pub fn main(a: [u8; 4], b: u8, c: ()) -> u8 { a[0] * b + a[1] }") as program:
            checks, figures = self.look(url, f"--program={program}")
            self.assertCheck(checks, "program", "ok", "AND gates: a party sends up to")
            run = json.loads(polytune("simulate", program, "--input=[1,2,3,4]", "--input=5", "--input=()", "--json").out)
            self.assertEqual(figures["and"], run["and"])
            self.assertEqual(figures["bytes_sent"], max(run["bytes_sent"]))
            self.assertGreater(figures["one_way_delays"], 4)
            checks, _ = self.look(f"http://127.0.0.1:{free_port()}", f"--program={program}")
            self.assertCheck(checks, "program", "warning", "not known")

    def test_a_program_with_a_fault_is_a_finding(self):
        with relay() as (url, _), program_file("const N: usize = PARTY_0::N;\npub fn main(a: [u8; N], b: u8) -> u8 { b }") as program:
            nowhere = f"http://127.0.0.1:{free_port()}"
            for arguments, status, text in (((f"--program={program}.none",), INPUT, "cannot read"),
                                            ((f"--program={program}",), INPUT, "missing constant PARTY_0::N"),
                                            ((f"--program={program}", "--const=PARTY_0::N=3usize", "--function=f"), PROGRAM,
                                             "there is no function f")):
                for where, is_there in ((url, True), (nowhere, False)):
                    result = polytune("doctor", where, *arguments, "--json")
                    self.assertEqual(result.status, status if is_there else TRANSPORT, result)
                    checks = {c["name"]: (c["state"], c["text"]) for c in json.loads(result.out)["checks"]}
                    self.assertCheck(checks, "program", "problem", text)
                    self.assertEqual(checks["reached"][0], "ok" if is_there else "problem")

    def test_no_relay_there(self):
        port = free_port()
        result = polytune("doctor", f"http://127.0.0.1:{port}")
        self.assertEqual(result.status, TRANSPORT)
        self.assertIn("see what is marked X", result.err)
        self.assertIn("X reached", result.out)
        self.assertIn("nobody listens there", result.out)
        checks, _ = self.look("http://no-such-host.invalid")
        self.assertCheck(checks, "reached", "problem", "resolve host")
        with web_server(Page) as url:
            self.assertCheck(self.look(url)[0], "relay", "problem", "another web server")
        with web_server(Elsewhere) as url:
            self.assertCheck(self.look(url)[0], "relay", "problem", "redirects to https://relay.example/ping")

    def test_a_wrong_clock_and_a_relay_that_is_none(self):
        with web_server(Late) as url:
            checks, figures = self.look(url)
            self.assertCheck(checks, "clock", "warning", "s ahead of the server")
            self.assertAlmostEqual(figures["clock_seconds"], 3600, delta=30)
            self.assertCheck(checks, "session", "problem", "501")

    def test_a_proxy_with_a_limit(self):
        with relay() as (url, _), web_server(proxy(url, 1 << 20)) as narrow:
            checks, figures = self.look(narrow)
            self.assertCheck(checks, "messages", "problem", "of 1024 KiB pass")
            self.assertCheck(checks, "on the way", "warning", "Via: 1.1 narrow")
            self.assertGreater(figures["down_bits_per_second"], 0)

    def test_a_proxy_that_alters_messages(self):
        with relay() as (url, _), web_server(proxy(url, 4 << 20, alters=True)) as altered:
            checks, figures = self.look(altered)
            self.assertCheck(checks, "receiving", "problem", "is not what was sent")
            self.assertNotIn("down_bits_per_second", figures)

    def test_a_proxy_of_the_environment(self):
        password = f"http://user:secret@127.0.0.1:{free_port()}"
        checks, _ = self.look("http://relay.invalid", env={"http_proxy": password})
        self.assertCheck(checks, "proxy", "warning", "the one that http_proxy names")
        self.assertNotIn("secret", str(checks))

    def test_certificates(self):
        with authority() as folder, relay(f"--tls-cert={folder}/cert.pem", f"--tls-key={folder}/key.pem",
                                          scheme="https") as (url, _):
            checks, _ = self.look(url)
            self.assertCheck(checks, "reached", "problem", "not trusted")
            self.assertCheck(checks, "certificate", "problem", "CN=throwaway authority")
            checks, _ = self.look(url, f"--tls-ca={folder}/ca.pem")
            self.assertCheck(checks, "TLS", "ok", "TLS1.")
            self.assertCheck(checks, "certificate", "warning", "CN=localhost")  # two days are few
            self.assertFailed(polytune("doctor", url, f"--tls-ca={folder}/no.pem"), INPUT, "no.pem")
            self.assertFailed(polytune("doctor", url, f"--tls-ca={MAX}"), INPUT, "not in a PEM file")
        with authority(days=-1) as folder, relay(f"--tls-cert={folder}/cert.pem", f"--tls-key={folder}/key.pem",
                                                 scheme="https") as (url, _):
            checks, _ = self.look(url, f"--tls-ca={folder}/ca.pem")
            self.assertCheck(checks, "certificate", "problem", "has expired")

    def test_direct_parties(self):
        ports = [free_port(), free_port()]
        where = ";".join(f"http://127.0.0.1:{port}" for port in ports)
        party = Process("party", where, f"--program={MAX}", "--party=0", "--input=1")
        try:
            party.read_err_until("waiting for party 1")
            result = polytune("doctor", where)
            self.assertEqual(result.status, TRANSPORT)
            self.assertIn("nobody listens there", result.out)
            self.assertEqual(result.out.count("round trip"), 1)
        finally:
            party.kill()
        with web_server(Page) as url:
            self.assertCheck(self.look(f"{url};http://127.0.0.1:{ports[1]}")[0], "reached", "problem", "nobody")

    def test_a_tickets_relay(self):
        with relay() as (url, _):
            opener = Process("party", "p2p:new", f"--relay={url}", f"--program={MAX}", "--party=0", "--input=1")
            try:
                ticket = opener.read_err_until(r"p2p:[A-Za-z0-9_-]{60,}").group()
                self.assertCheck(self.look(ticket)[0], "relay", "ok", "yes")
            finally:
                opener.kill()

    def test_usage(self):
        self.assertFailed(polytune("doctor"), USAGE, "WHERE")
        self.assertFailed(polytune("doctor", "p2p:new"), USAGE, "URL of the relay")
        self.assertFailed(polytune("doctor", "ftp://x"), USAGE, "ftp://x")
        self.assertFailed(polytune("doctor", "http://x", "--timeout=0"), USAGE, "--timeout")


if __name__ == "__main__":
    unittest.main()
