"""Parties that reach each other at their own URLs: in any order, over TLS and IPv6, behind a proxy, and when peers die."""
import contextlib
import http.client
import http.server
import os
import pathlib
import random
import shutil
import socket
import tempfile
import threading
import unittest
from types import SimpleNamespace

import support
from faulty_runs import available_ways, haproxy_child, nginx_child
from support import (Case, DONE, INPUT, MAX, PEER, Process, TRANSPORT, USAGE, authority, examples, free_port, free_urls,
                     main_at_once, polytune, program_file, relay, start_parties)

SUM = "pub fn main(a: u32, b: u32, c: u32) -> u32 { a + b + c }"
SUM5 = "pub fn main(a: u32, b: u32, c: u32, d: u32, e: u32) -> u32 { a + b + c + d + e }"
# Long enough that a party can be killed in the middle of it.
LONG = ("pub fn main(a: [u64; 8], b: [u64; 8], c: [u64; 8]) -> u64 { let mut x = 0u64; for i in 0usize..8usize { "
        "for j in 0usize..8usize { x = x ^ (a[i] * b[j]) ^ (b[i] * c[j]); } } x }")
SOON = 200


def start(urls, program, party, text, *more):
    return Process("party", ";".join(urls), f"--program={program}", f"--party={party}", f"--input={text}", *more)


def start_all(urls, program, inputs, *more, order=None):
    parties = {i: start(urls, program, i, inputs[i], *more) for i in order or range(len(inputs))}
    return [parties[i] for i in range(len(inputs))]


class Proxy(http.server.ThreadingHTTPServer):
    """A reverse proxy: /party0/... goes to the first of `ports`, and so on. It passes the path on with or without that."""
    daemon_threads = True

    def __init__(self, ports, keeps_prefix):
        super().__init__(("127.0.0.1", 0), ProxyRequest)
        self.ports, self.keeps_prefix = ports, keeps_prefix


class ProxyRequest(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        _, prefix, rest = self.path.split("/", 2)
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.ports[int(prefix.removeprefix("party"))], timeout=60)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        try:
            upstream.request("POST", self.path if self.server.keeps_prefix else "/" + rest, body, headers)
            response = upstream.getresponse()
            status, fields, answer = response.status, response.getheaders(), response.read()
        except OSError:
            status, fields, answer = 502, [], b"nobody there\n"
        self.send_response(status)
        for name, value in fields:
            if name.lower() not in ("content-length", "connection", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        upstream.close()


@contextlib.contextmanager
def proxy(ports, keeps_prefix):
    server = Proxy(ports, keeps_prefix)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Direct(Case):
    def assertAllRan(self, parties, out):
        for party in parties:
            self.assertRan(party.wait(SOON), out)

    def test_two_and_three_parties(self):
        few = [e for e in examples() if len(e.inputs) in (2, 3)]
        self.assertGreater(len(few), 1)
        for example in few[:3]:
            with self.subTest(example.path.name):
                urls = free_urls(len(example.inputs))
                self.assertAllRan(start_all(urls, example.path, example.inputs), example.result)

    def test_five_parties_in_any_order(self):
        with program_file(SUM5) as path:
            order = list(range(5))
            random.shuffle(order)
            self.assertAllRan(start_all(free_urls(5), path, [1, 2, 3, 4, 5], order=order), "15")

    def test_a_late_party_is_waited_for_by_name(self):
        with program_file(SUM) as path:
            urls = free_urls(3)
            parties = [start(urls, path, i, i + 1) for i in (2, 0)]
            for party in parties:
                party.read_err_until(r"waiting for party 1 at " + urls[1] + r" \(\d+ s\)")
            parties.append(start(urls, path, 1, 2))
            self.assertAllRan(parties, "6")

    def test_commas_separate_too(self):
        urls = free_urls(2)
        self.assertAllRan([Process("party", ",".join(urls), f"--program={MAX}", f"--party={i}", f"--input={5 - i}") for i in (0, 1)],
                          "true")

    def test_blanks_around_urls_are_none_of_theirs(self):
        urls = free_urls(2)
        self.assertAllRan([Process("party", where, f"--program={MAX}", f"--party={i}", f"--input={5 - i}")
                           for i, where in enumerate(("; ".join(urls), "\n" + " ;\n".join(urls) + "\n"))], "true")
        with relay() as (url, _):
            self.assertAllRan(start_parties(url + " ", "s", MAX, [5, 4]), "true")

    def test_ipv6(self):
        try:
            urls = free_urls(2, host="::1")
        except OSError:
            self.skipTest("this machine has no IPv6")
        self.assertAllRan(start_all(urls, MAX, [5, 4]), "true")

    def test_a_name_with_all_its_addresses(self):
        ports = [free_port(), free_port()]
        names = {info[4][0] for info in socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)}
        party = start([f"http://localhost:{port}" for port in ports], MAX, 0, 5)
        party.read_err_until("waiting for party 1")
        for name in names:
            with contextlib.suppress(OSError):  # an address that the machine has not got
                probe = http.client.HTTPConnection(name, ports[0], timeout=30)
                probe.request("POST", "/nowhere")
                self.assertEqual(probe.getresponse().status, 404)
                probe.close()
        other = start([f"http://localhost:{port}" for port in ports], MAX, 1, 4)
        self.assertAllRan([party, other], "true")

    def test_sessions_keep_apart(self):
        urls = free_urls(2)
        self.assertAllRan(start_all(urls, MAX, [5, 4], "--session=a"), "true")
        parties = [start(urls, MAX, i, 5, f"--session={session}", "--timeout=3", "--wait=7") for i, session in enumerate("ab")]
        results = [party.wait(SOON) for party in parties]
        for result in results:
            self.assertFailed(result, TRANSPORT)
        self.assertTrue(any("another session" in result.err for result in results), results)

    def test_a_dealer_is_one_url_more(self):
        urls = free_urls(3)
        dealer = Process("pre", ";".join(urls), "--parties=2")
        parties = start_all(urls, MAX, [5, 4], "--dealer")
        self.assertAllRan(parties, "true")
        self.assertEqual(dealer.wait(SOON).status, DONE)

    # ---- TLS and proxies ----

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_tls(self):
        with authority() as folder:
            urls = free_urls(2, "https", "127.0.0.1")
            urls[1] = urls[1].replace("127.0.0.1", "localhost")
            own = (f"--tls-cert={folder}/cert.pem", f"--tls-key={folder}/key.pem")
            self.assertAllRan(start_all(urls, MAX, [5, 4], *own, f"--tls-ca={folder}/ca.pem"), "true")
            # The system's authorities have not signed that certificate.
            results = [party.wait(SOON) for party in start_all(urls, MAX, [5, 4], *own, "--timeout=12", "--wait=12")]
            for result in results:
                self.assertFailed(result, TRANSPORT)
            self.assertTrue(any("certificate" in result.err for result in results), results)
            # A certificate with another's key.
            wrong = start(urls, MAX, 0, 5, own[0], f"--tls-key={folder}/ca.key")
            self.assertFailed(wrong.wait(SOON), INPUT, "do not belong together")
            missing = start(urls, MAX, 0, 5, own[0], f"--tls-key={folder}/none")
            self.assertFailed(missing.wait(SOON), INPUT, f"{folder}/none")

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_a_relay_with_tls(self):
        with authority() as folder, program_file(SUM) as path:
            with relay(f"--tls-cert={folder}/cert.pem", f"--tls-key={folder}/key.pem", scheme="https") as (url, _):
                parties = start_parties(url, "s", path, [1, 2, 3], f"--tls-ca={folder}/ca.pem")
                self.assertAllRan(parties, "6")
                untrusting = start_parties(url, "t", path, [1], "--timeout=30")[0]
                self.assertFailed(untrusting.wait(SOON), TRANSPORT, "certificate", "--tls-ca")
                plain = start_parties(url.replace("https", "http"), "u", path, [1], "--timeout=6")[0]
                self.assertFailed(plain.wait(SOON), TRANSPORT, "is its URL https:")
            with relay() as (url, _):
                # It answers where the random bytes of TLS have the end of a line, and else waits for one.
                encrypting = start_parties(url.replace("http", "https"), "v", path, [1], "--timeout=6")[0]
                self.assertFailed(encrypting.wait(SOON), TRANSPORT, "is its URL http:")

    def test_silence_where_tls_is_awaited(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"https://127.0.0.1:{silent.getsockname()[1]}"
            party = start_parties(url, "s", MAX, [1], "--timeout=4")[0]
            self.assertFailed(party.wait(SOON), TRANSPORT, "no TLS comes; is its URL http: and not https:?")

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_a_certificate_that_has_expired(self):
        with authority(days=-1) as folder, relay(f"--tls-cert={folder}/cert.pem", f"--tls-key={folder}/key.pem",
                                                 scheme="https") as (url, _):
            party = start_parties(url, "s", MAX, [1], f"--tls-ca={folder}/ca.pem", "--timeout=30")[0]
            self.assertFailed(party.wait(SOON), TRANSPORT, "certificate", "expired", "machine's clock")

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_a_certificate_of_another_host(self):
        with authority(names="DNS:elsewhere.example") as folder, relay(
                f"--tls-cert={folder}/cert.pem", f"--tls-key={folder}/key.pem", scheme="https") as (url, _):
            party = start_parties(url, "s", MAX, [1], f"--tls-ca={folder}/ca.pem", "--timeout=30")[0]
            self.assertFailed(party.wait(SOON), TRANSPORT, "its certificate is for another host; is its URL right? (")

    def test_certificate_files_that_are_none(self):
        with tempfile.TemporaryDirectory() as folder:
            junk = pathlib.Path(folder) / "junk.pem"
            junk.write_text("junk")
            for path in (junk, pathlib.Path(folder) / "none.pem"):
                self.assertFailed(polytune("serve", "--listen=127.0.0.1:0", f"--tls-cert={path}", f"--tls-key={path}"), INPUT,
                                  f"{path}")
                self.assertFailed(start_parties("https://127.0.0.1:9", "s", MAX, [1], f"--tls-ca={path}")[0].wait(SOON), INPUT,
                                  f"{path}")

    def test_behind_a_reverse_proxy(self):
        for keeps_prefix in (True, False):
            with self.subTest(keeps_prefix=keeps_prefix):
                ports = [free_port(), free_port()]
                with proxy(ports, keeps_prefix) as at:
                    urls = [f"http://127.0.0.1:{at}/party{i}" for i in (0, 1)]
                    parties = [start(urls, MAX, i, 5 - i, f"--listen=127.0.0.1:{ports[i]}") for i in (0, 1)]
                    self.assertAllRan(parties, "true")

    def test_behind_servers_as_they_are_installed(self):
        """Whose defaults keep bodies until they are whole, or refuse those of more than 1 MiB."""
        ways = [way for way in available_ways() if way in ("nginx", "haproxy")]
        if not ways:
            self.skipTest("neither nginx nor haproxy is installed")
        with program_file(support.LONG) as path, tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            os.chmod(folder, 0o755)
            expected = polytune("eval", path, "--input=1", "--input=2").out.strip()
            for way in ways:
                ports = [SimpleNamespace(port=free_port()) for _ in range(2)]
                entries = [nginx_child(folder, port, False, limits="") if way == "nginx" else haproxy_child(folder, port) for port in ports]
                for entry in entries:
                    stack.callback(entry.kill)
                urls = [f"http://127.0.0.1:{entry.port}" for entry in entries]
                with self.subTest(way):
                    self.assertAllRan([start(urls, path, i, i + 1, f"--listen=127.0.0.1:{ports[i].port}") for i in (0, 1)], expected)

    # ---- peers that fail ----

    def test_a_proxy_in_the_environment_is_not_for_loopback_and_peers(self):
        nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "all_proxy")}
        urls = free_urls(2)
        parties = [Process("party", ";".join(urls), f"--program={MAX}", f"--party={i}", f"--input={i}", env=nowhere)
                   for i in range(2)]
        for party in parties:
            self.assertRan(party.wait(SOON), "false")
        with relay() as (url, _):
            parties = [Process("party", url, "--session=s", f"--program={MAX}", f"--party={i}", f"--input={i}", env=nowhere)
                       for i in range(2)]
            for party in parties:
                result = party.wait(SOON)
                self.assertRan(result, "false")
                self.assertIn("http_proxy is set", result.err)
        elsewhere = polytune("party", "http://relay.invalid:1", "--session=s", f"--program={MAX}", "--party=0", "--input=1",
                             "--timeout=1", "--wait=1", env=nowhere)
        self.assertFailed(elsewhere, TRANSPORT, "http_proxy is set", "127.0.0.1")

    def test_a_party_that_is_never_started(self):
        urls = free_urls(2)
        self.assertFailed(start(urls, MAX, 0, 1, "--wait=2").wait(SOON), TRANSPORT, "party 1 at " + urls[1])

    def test_a_path_that_is_not_the_peers_is_told(self):
        urls = free_urls(2)
        parties = [start(urls, MAX, 0, 1, "--wait=6"), start([urls[0] + "/elsewhere", urls[1]], MAX, 1, 1, "--wait=6")]
        for party, words in zip(parties, ("the party that answers there has not reached the asking one at its URL",
                                          "no such path: the party that answers there has another in its URL")):
            self.assertFailed(party.wait(SOON), TRANSPORT, words)

    def test_a_party_that_dies(self):
        numbers = "[" + ", ".join(["12345"] * 8) + "]"
        with program_file(LONG) as path:
            urls = free_urls(3)
            parties = start_all(urls, path, [numbers] * 3, "--timeout=60")
            reach_the_middle(parties[2])
            parties[2].kill()
            results = [party.wait(SOON) for party in parties[:2]]
            for result in results:
                self.assertFailed(result, TRANSPORT, "party")
            self.assertTrue(any("party 2 at " + urls[2] in result.err for result in results), results)

    def test_a_party_that_is_started_again_in_the_middle(self):
        numbers = "[" + ", ".join(["12345"] * 8) + "]"
        with program_file(LONG) as path:
            urls = free_urls(3)
            parties = start_all(urls, path, [numbers] * 3, "--timeout=60")
            reach_the_middle(parties[2])
            parties[2].kill()
            again = start(urls, path, 2, numbers, "--timeout=4", "--wait=4")
            results = [party.wait(SOON) for party in parties[:2]]
            for result in results:
                self.assertFailed(result, TRANSPORT, "party")
            # On a slow machine the new one may come when the others have given up.
            self.assertTrue(any("started anew" in result.err or "cannot be reached any more" in result.err
                                for result in results), results)
            self.assertFailed(again.wait(SOON), TRANSPORT)

    def test_a_party_that_is_started_again_before_all_are_there(self):
        with program_file(SUM) as path:
            urls = free_urls(3)
            first = start(urls, path, 0, 1)
            second = start(urls, path, 1, 2)
            first.read_err_until("waiting for party 2")
            second.read_err_until("waiting for party 2")
            second.kill()
            again = start(urls, path, 1, 2)
            again.read_err_until("waiting for party 2")
            self.assertAllRan([first, again, start(urls, path, 2, 3)], "6")

    def test_another_program_on_one_side(self):
        with program_file("pub fn main(a: u64, b: u64) -> bool { a < b }") as other:
            urls = free_urls(2)
            parties = [start(urls, MAX, 0, 1), start(urls, other, 1, 2)]
            for party in parties:
                self.assertFailed(party.wait(SOON), PEER)

    def test_one_after_the_other_on_the_same_ports(self):
        urls = free_urls(2)
        for _ in range(3):
            self.assertAllRan(start_all(urls, MAX, [5, 4]), "true")

    # ---- usage ----

    def test_urls_that_cannot_be(self):
        for where, word in (("http://a:1;http://b:2;http://c:3", "3 URLs"), ("http://a:1;http://a:1", "same URL"),
                            ("http://a:1;", "missing"), (";http://a:1", "missing"), ("http://a:1;b:2", "'b:2'"),
                            ("http://a:1;http://b:2/?q", "http://b:2/?q"), ("http://a:1;http://u:p@b:2", "password"),
                            ("http://a:1;http://[::1]:x", "is not the URL of a party"), ("http://a:99999", "is not the URL of a relay"),
                            ("http://a:0", "is not the URL of a relay"), ("http://a:1;http://b:0", "is not the URL of a party"),
                            ("https://a:1;https://b:2", "certificate"), ("", "empty"), ("http://a:1 http://b:2", "separated by ;"), ("nonsense", "nonsense")):
            with self.subTest(where):
                result = polytune("party", where, f"--program={MAX}", "--party=0", "--input=1", "--session=s", "--timeout=2")
                self.assertFailed(result, USAGE, word)
                self.assertNotIn("AND gates", result.err)  # compiling may take long

    def test_flags_that_do_not_fit(self):
        direct, through = "http://a:1;http://b:2", "http://a:1"
        for where, flags, word in ((through, ["--session=s", "--listen=127.0.0.1:0"], "--listen"),
                                   (through, ["--session=s", "--tls-cert=x", "--tls-key=y"], "--tls-cert"),
                                   (through, [], "--session"), (direct, ["--tls-cert=x"], "belong together"),
                                   (direct, ["--listen=nonsense"], "--listen"), (direct, ["--session=a b"], "session")):
            with self.subTest(flags):
                result = polytune("party", where, f"--program={MAX}", "--party=0", "--input=1", *flags)
                self.assertFailed(result, USAGE, word)
        result = polytune("party", "http://127.0.0.1:1;http://b:2", f"--program={MAX}", "--party=0", "--input=1",
                          "--tls-cert=x", "--tls-key=y")
        self.assertFailed(result, USAGE, "not https")

    def test_certificates_are_read_before_compiling(self):
        with tempfile.TemporaryDirectory() as folder:
            key = pathlib.Path(folder, "key")
            key.write_text("-----BEGIN PRIVATE KEY-----\n")
            key.chmod(0o600)
            for certificate, name, word in (("/nowhere", key, "cannot read the certificate /nowhere"), (MAX, key, "not a PEM file"),
                                            (key, "/nowhere", "cannot read the key /nowhere"), (key, MAX, "open to others|not a PEM file")):
                result = polytune("party", "https://127.0.0.1:1;http://b:2", f"--program={MAX}", "--party=0", "--input=1",
                                  f"--tls-cert={certificate}", f"--tls-key={name}")
                self.assertEqual(result.status, INPUT, result)
                self.assertRegex(result.err, word)
                self.assertNotIn("AND gates", result.err)


def reach_the_middle(party):
    """Comes back when the party's process has received something from its peers."""
    party.read_err_until("words|fingerprint|encrypted|authenticated|%")


if __name__ == "__main__":
    main_at_once()
