"""Nodes as processes, callers that know nothing but HTTP, and a place that collects what nodes post to `output`."""
import contextlib
import hashlib
import http.client
import http.server
import json
import pathlib
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from support import Process, free_urls, polytune, wait_until  # noqa: E402

ANSWER_S = 60  # for an answer to a call
JSON = {"Content-Type": "application/json"}
HERE = pathlib.Path(__file__).resolve().parent


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:500]!r}"


def call(url, method, path, body=None, headers=None, timeout=ANSWER_S):
    """One request; `body` is bytes, text, or something to be made JSON."""
    parts = urllib.parse.urlsplit(url)
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request(method, parts.path + path, body, JSON if headers is None else headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


class Call:
    """The same in the background."""

    def __init__(self, *arguments, **named):
        self.answer = self.error = None
        self.thread = threading.Thread(target=self.run, args=(arguments, named), daemon=True)
        self.thread.start()

    def run(self, arguments, named):
        try:
            self.answer = call(*arguments, **named)
        except OSError as error:
            self.error = error
        except http.client.HTTPException as error:
            self.error = error

    def is_over(self):
        return not self.thread.is_alive()

    def wait(self, timeout=ANSWER_S):
        self.thread.join(timeout)
        assert self.is_over(), "no answer"
        if self.error is not None:
            raise self.error
        return self.answer


def schedule(url, policy, **named):
    return Call(url, "POST", "/schedule", policy, **named)


class Collector:
    """Takes what is posted, and answers with the next of `statuses`, or 200."""

    def __init__(self):
        self.posts, self.statuses, self.lock = [], {}, threading.Lock()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with collector.lock:
                    collector.posts.append((self.path, dict(self.headers), body, time.monotonic()))
                    waiting = collector.statuses.get(self.path, [])
                    status = waiting.pop(0) if waiting else 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def at(self, path):
        with self.lock:
            return [json.loads(body) for to, _, body, _ in self.posts if to == path]

    def wait(self, path, n=1):
        wait_until(lambda: len(self.at(path)) >= n, f"{n} posts to {path}", ANSWER_S)
        return self.at(path)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Node:
    under = ()  # a command that runs the node

    def __init__(self, *arguments, env=None):
        self.arguments, self.env = arguments, env
        self.start()

    def start(self, addr="127.0.0.1:0"):
        self.process = Process("node", f"--addr={addr}", *self.arguments, env=self.env, under=self.under)
        self.url = self.process.read_err_until(r"https?://127\.0\.0\.1:\d+").group()

    def restart(self):
        """At the same port."""
        self.start(self.url.rsplit("/", 1)[1])

    def state(self, id, headers=None):
        answer = call(self.url, "GET", f"/computations/{id}", headers=headers or {})
        return answer.json()["state"] if answer.status == 200 else None

    def wait_state(self, id, *states):
        wait_until(lambda: self.state(id) in states, f"{id} being {states}", ANSWER_S)

    def stop(self):
        self.process.process.terminate()
        return self.process.wait(10)

    def kill(self):
        self.process.kill()


@contextlib.contextmanager
def nodes(n, *arguments, env=None):
    """So many nodes that allow everything."""
    started = []
    try:
        for _ in range(n):
            started.append(Node("--insecure-allow-all", *arguments, env=env))
        yield started
    finally:
        for node in started:
            node.kill()


@contextlib.contextmanager
def collector():
    c = Collector()
    try:
        yield c
    finally:
        c.close()


def fresh_id():
    return str(uuid.uuid4())


ADD = "pub fn main(a: u32, b: u32) -> u32 { a + b }"


def policies(urls, program=ADD, inputs=None, id=None, outputs=None, leader=0, **more):
    """A policy for each party; numbers are u32."""
    id = id or fresh_id()
    inputs = inputs or [{"NumUnsigned": [40 + i, "U32"]} for i in range(len(urls))]
    return [{"computation_id": id, "participants": urls, "program": program, "leader": leader, "party": i, "input": inputs[i],
             "output": outputs[i] if outputs else None, "constants": {}, **more} for i in range(len(urls))]


class Organisation:
    """A folder with a key, a configuration and callers' tokens; `start` runs its node."""

    def __init__(self, folder, name, url):
        self.folder, self.name, self.url, self.node = pathlib.Path(folder), name, url, None
        self.folder.mkdir()
        made = polytune("keygen", "-o", self.folder / "node.key")
        assert made.status == 0, made
        self.key = made.out.strip()
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.folder / "audit.key"], check=True,
                       capture_output=True, timeout=ANSWER_S)
        (self.folder / "audit.key").chmod(0o600)
        self.tokens = {}
        self.callers = []

    def add_caller(self, name, *roles):
        self.tokens[name] = token = secrets.token_urlsafe(32)
        digest = hashlib.sha256(token.encode()).hexdigest()
        self.callers.append(f"  - name: {name}\n    token-sha256: {digest}\n    roles: [{', '.join(roles)}]\n")

    def auth(self, name):
        return {"Authorization": f"Bearer {self.tokens[name]}", **JSON}

    def write(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def configure(self, others, rules="", more=""):
        text = f"listen: {self.url.removeprefix('http://')}\nurl: {self.url}\nkey: node.key\nstore: sqlite:store\n"
        text += "audit:\n  file: audit.log\n  key: audit.key\n" + more
        text += "participants:\n" + "".join(f"  - name: {o.name}\n    url: {o.url}\n    key: {o.key}\n" for o in others)
        text += "callers:\n" + "".join(self.callers)
        if rules:
            text += "rules:\n" + rules
        self.write("node.yaml", text)

    def start(self, *arguments, env=None):
        self.node = self.run("node.yaml", self.url, *arguments, env=env)
        return self.node

    def run(self, config, url, *arguments, env=None):
        node = Node.__new__(Node)
        node.arguments, node.env, node.url = arguments, env, url
        node.process = Process("node", f"--config={self.folder / config}", *arguments, env=env)
        node.process.read_err_until(r"node listening on")
        return node

    def another(self, env=None):
        """A second node with the same configuration, but an address and an audit log of its own."""
        url = free_urls(1)[0]
        text = (self.folder / "node.yaml").read_text().replace("audit.log", "second.log")
        self.write("second.yaml", text.replace(f"listen: {self.url.removeprefix('http://')}", f"listen: {url.removeprefix('http://')}"))
        return self.run("second.yaml", url, env=env)

    def call(self, caller, method, path, body=None, **named):
        headers = self.auth(caller) if caller else JSON
        return call(self.url, method, path, body, headers, **named)

    def schedule(self, caller, policy):
        return schedule(self.url, policy, headers=self.auth(caller))

    def approve(self, caller, id):
        """What is there now, by one who may see it."""
        seen = self.call("officer", "GET", f"/computations/{id}").json()
        return self.call(caller, "POST", f"/computations/{id}/approve", {"policy_sha256": seen["policy_sha256"]})

    def state(self, caller, id):
        answer = self.call(caller, "GET", f"/computations/{id}")
        return answer.json()["state"] if answer.status == 200 else None

    def wait_state(self, caller, id, *states):
        wait_until(lambda: self.state(caller, id) in states, f"{id} being {states} at {self.name}", ANSWER_S)

    def stop(self):
        if self.node is not None:
            self.node.kill()


@contextlib.contextmanager
def organisations(*names):
    with tempfile.TemporaryDirectory() as folder:
        urls = free_urls(len(names))
        made = [Organisation(pathlib.Path(folder) / name, name, url) for name, url in zip(names, urls)]
        try:
            yield made
        finally:
            for one in made:
                one.stop()
