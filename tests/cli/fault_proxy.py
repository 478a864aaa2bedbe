"""A proxy in front of a relay that loses, repeats, delays and cuts HTTP requests and answers, by a seed.

It keeps request boundaries, so that every fault is one a real network or balancer can make. Requests it leaves alone
pass unchanged.
"""
import contextlib
import random
import socket
import struct
import threading
import time

FAULTS = ("lost request", "lost answer", "repeated request", "delay", "cut request", "cut answer", "reset")
LONGEST_DELAY_S = 0.3


class Gone(Exception):
    pass


def _read_line(stream):
    line = stream.readline(65536)
    if not line.endswith(b"\n"):
        raise Gone
    return line


def _read_bytes(stream, length):
    body = stream.read(length) if length else b""
    if len(body) != length:
        raise Gone
    return body


def _read_chunks(stream):
    """A body in chunks, as it stands there."""
    body = b""
    while True:
        line = _read_line(stream)
        length = int(line.split(b";")[0], 16)
        body += line + (_read_bytes(stream, length + 2) if length else b"")
        if length == 0:
            while (trailer := _read_line(stream)) != b"\r\n":
                body += trailer
            return body + trailer


def _read_message(stream):
    """One HTTP message with Content-Length or in chunks, or none at the end of the connection."""
    head = stream.readline(65536)
    if not head:
        return None
    while not head.endswith(b"\r\n\r\n"):
        head += _read_line(stream)
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if line)
    if fields.get(b"transfer-encoding", b"").strip() == b"chunked":
        return head + _read_chunks(stream)
    return head + _read_bytes(stream, int(fields.get(b"content-length", 0)))


class FaultProxy:
    """Listens at .url; `rate` of the requests suffer. Counts what it did in .counts."""

    def __init__(self, upstream_port, rate, seed):
        self.upstream_port, self.rate = upstream_port, rate
        self.counts = dict.fromkeys(FAULTS, 0)
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = "http://127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _choose(self):
        with self._lock:
            if self._random.random() >= self.rate:
                return None, 0.0
            fault = self._random.choice(FAULTS)
            self.counts[fault] += 1
            return fault, self._random.random()

    def _forward(self, request):
        with socket.create_connection(("127.0.0.1", self.upstream_port)) as upstream:
            upstream.sendall(request)
            answer = _read_message(upstream.makefile("rb"))
            if answer is None:
                raise Gone
            return answer

    def _exchange(self, client, request):
        fault, share = self._choose()
        if fault == "lost request":
            raise Gone
        if fault == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise Gone
        if fault == "cut request":
            with socket.create_connection(("127.0.0.1", self.upstream_port)) as upstream:
                upstream.sendall(request[: int(len(request) * share)])
            raise Gone
        if fault == "delay":
            time.sleep(LONGEST_DELAY_S * share)
        answer = self._forward(request)
        if fault == "repeated request":
            answer = self._forward(request)
        if fault == "lost answer":
            raise Gone
        if fault == "cut answer":
            client.sendall(answer[: int(len(answer) * share)])
            raise Gone
        client.sendall(answer)

    def _serve(self, client):
        with client:
            try:
                stream = client.makefile("rb")
                while True:
                    request = _read_message(stream)
                    if request is None:
                        return
                    self._exchange(client, request)
            except (Gone, OSError):
                return  # to the client: its connection broke


class PageProxy(FaultProxy):
    """Answers every third request with a page that says to come again."""
    PAGE = b"<p>come again</p>" * 1000

    def __init__(self, upstream_port):
        self.n_requests, self.n_pages = 0, 0
        super().__init__(upstream_port, 0, 1)

    def _forward(self, request):
        with self._lock:
            self.n_requests += 1
            if self.n_requests % 3 == 0:
                self.n_pages += 1
                return (b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
                        % len(self.PAGE)) + self.PAGE
        return super()._forward(request)


class Link:
    """A way to a server that passes bytes, and can be cut or led elsewhere: by a router, or a balancer."""

    def __init__(self, upstream_port):
        self.upstream_port = upstream_port
        self._lock, self._pairs = threading.Lock(), set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.is_away = False
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()
        self.cut()

    def cut(self):
        """Resets every connection."""
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for ends in pairs:
            for end in ends:
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    end.shutdown(socket.SHUT_RDWR)

    def lead_to(self, upstream_port):
        self.upstream_port = upstream_port
        self.cut()

    @contextlib.contextmanager
    def away(self):
        """As if the server could not be reached meanwhile."""
        self.is_away = True
        self.cut()
        yield
        self.is_away = False

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                if self.is_away:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self.upstream_port))
            except OSError:
                if self._listener.fileno() < 0:
                    return
                client.close()
                continue
            with self._lock:
                self._pairs.add((client, server))
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(a, b), daemon=True).start()

    @staticmethod
    def _pass(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
