"""A stranger floods a relay that runs with the settings it has where others than this machine's reach it; beside that an honest
pair finishes. Strangers ask from 127.0.0.2 and so on, the pair from 127.0.0.1."""
import contextlib
import http.client
import resource
import socket
import threading
import time
import unittest

from relays import ask, figure
from support import Case, MAX, Process, start_parties, wait_until

SOON = 200
SHARE = 1024  # of 4096 connections, sessions and waiting requests: 25 %


class Stranger:
    """Keeps connections, and counts refusals by what they say."""

    def __init__(self, port, address):
        self.port, self.address, self.connections, self.refusals = port, address, [], {}
        self.stopped = threading.Event()

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=SOON, source_address=(self.address, 0))
        self.connections.append(s)
        return s

    def ask(self, connection, method, path, body=b""):
        connection.request(method, path, body, {"Authorization": "Bearer a-stranger-s-token-of-22"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status == 429:
            self.refusals[text] = self.refusals.get(text, 0) + 1
        return answer.status

    def client(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON, source_address=(self.address, 0))
        self.connections.append(connection)
        return connection

    def hold(self):
        """As many requests that wait as it can have."""
        for i in range(SHARE + 100):
            with contextlib.suppress(OSError):
                self.connect().sendall(f"GET /participants/held-{i}?wait=60&parties=2 HTTP/1.1\r\nHost: r\r\n\r\n".encode())

    def open_sessions(self):
        client = self.client()
        for i in range(SHARE + 200):
            self.ask(client, "PUT", f"/join/flood-{i}/0")

    def send_messages(self):
        client, piece = self.client(), bytes(1 << 20)
        self.ask(client, "PUT", "/join/heap/0")
        for to in range(1, 65):
            if self.ask(client, "POST", f"/send/heap/0/{to}", piece) != 200:
                return

    def send_slowly(self):
        """Bodies that lack their last byte; small ones, too, for what large ones leave."""
        self.ask(self.client(), "PUT", "/join/slow/0")
        for length in [4 << 20] * 16 + [64 << 10] * 64 + [1 << 10] * 128:
            with contextlib.suppress(OSError):
                s = self.connect()
                s.sendall(b"POST /send/slow/0/1 HTTP/1.1\r\nHost: r\r\nAuthorization: Bearer a-stranger-s-token-of-22\r\n"
                          b"Content-Length: %d\r\n\r\n" % length)
                s.sendall(bytes(length - 1))

    def ask_often(self):
        """Until it is stopped."""
        def one():
            client = self.client()
            while not self.stopped.is_set():
                self.ask(client, "GET", "/participants/often")
        for _ in range(4):
            threading.Thread(target=one, daemon=True).start()
        time.sleep(1)

    def close(self):
        self.stopped.set()
        time.sleep(0.1)
        for connection in self.connections:
            connection.close()


class Floods(Case):
    def assertPairFinishes(self, url, session):
        begun = time.monotonic()
        for party in start_parties(url, session, MAX, ["1", "2"], "--timeout=60"):
            self.assertRan(party.wait(SOON), "false")
        return time.monotonic() - begun

    def test_an_honest_pair_finishes_beside_each(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        if hard < 3 * SHARE:
            self.skipTest("too few open files are allowed for a flood")
        process = Process("serve", "--listen=0.0.0.0:0", "--max-bytes=64M", "--no-page")
        try:
            port = int(process.read_err_until(r"http://0\.0\.0\.0:(\d+)").group(1))
            url = f"http://127.0.0.1:{port}"
            for number, (flood, figures) in enumerate((("hold", ("requests_held", SHARE - 50)), ("open_sessions", ("sessions", SHARE - 50)),
                                   ("send_messages", ("bytes", 15 << 20)),
                                   ("send_slowly", ("receiving_bytes", 12 << 20)), ("ask_often", ("sessions", 1)))):
                with contextlib.closing(Stranger(port, f"127.0.0.{number + 2}")) as stranger:
                    getattr(stranger, flood)()
                    wait_until(lambda: figure(url, figures[0]) >= figures[1], f"{figures} beside {flood}")
                    self.assertLessEqual(figure(url, "receiving_bytes"), 17 << 20, flood)
                    seconds = self.assertPairFinishes(url, flood)
                    print(f"{flood}: {seconds:.1f} s beside it; refused: {stranger.refusals}")
                    if flood in ("open_sessions", "send_messages"):
                        self.assertTrue(any(b"address-share" in text for text in stranger.refusals), stranger.refusals)
            self.assertEqual(ask(url, "GET", "/health").status, 200)
        finally:
            process.kill()


if __name__ == "__main__":
    unittest.main()
