"""Talking to a relay as its clients do, its figures, and a Redis of one's own."""
import contextlib
import http.client
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

from support import AFTERWARDS, TIMEOUT, free_port, wait_until


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()


def ask(url, method, path, body=b"", token=None, **headers):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=TIMEOUT)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        headers["Authorization"] = "Bearer " + token
    try:
        connection.request(method, path, body, headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def figure(url, name):
    """A figure of /metrics; 0 when it is not there."""
    found = re.search("^polytune_relay_" + re.escape(name) + r" (\d+)$", ask(url, "GET", "/metrics").body.decode(), re.M)
    return int(found.group(1)) if found else 0


def wait_for_figure(url, name, least):
    wait_until(lambda: figure(url, name) >= least, f"{name} of {least}")


def wait_for_health(url, status):
    """The store is tried once a second; the status that /health comes to."""
    wait_until(lambda: ask(url, "GET", "/health").status == status, f"/health of {status}")
    return status


class RedisServer:
    def __init__(self, folder):
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir",
             self.folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.is_up, "redis-server")

    def is_up(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=AFTERWARDS):
            return True
        return False

    def configure(self, name, value):
        with socket.create_connection(("127.0.0.1", self.port), timeout=AFTERWARDS) as s:
            s.sendall(f"CONFIG SET {name} {value}\r\n".encode())
            assert s.recv(100) == b"+OK\r\n"

    def kill(self):
        self.process.kill()
        self.process.wait(AFTERWARDS)


@contextlib.contextmanager
def redis():
    if shutil.which("redis-server") is None:
        raise unittest.SkipTest("redis-server is not installed")
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(folder)
        try:
            yield server
        finally:
            server.kill()
