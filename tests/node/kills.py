"""A queue of computations between two nodes, one of which is killed again and again. Afterwards every computation has ended at
both nodes: with the right result, or as failed; none is lost, and none was begun twice."""
import collections
import http.client
import json
import random
import threading
import time

from node_support import ADD, call, policies, wait_until

ALL_S = 900  # for the whole queue
PAUSE_S = 0.4  # between two kills, on average


def rules(program):
    import hashlib
    return f"  - name: any\n    decision: allow\n    programs: [{hashlib.sha256(program.encode()).hexdigest()}]\n"


class Caller:
    """Schedules a policy, after a while, until it is answered: who loses a connection asks again."""

    def __init__(self, one, policy, until, after):
        self.one, self.policy, self.until, self.after, self.answer = one, policy, until, after, None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        time.sleep(self.after)
        while self.answer is None and time.monotonic() < self.until:
            try:
                self.answer = self.one.call("lab", "POST", "/schedule", self.policy, timeout=ALL_S)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)


def state(one, id):
    try:
        return one.state("lab", id)
    except (OSError, http.client.HTTPException):
        return None


def run(a, b, n_computations, n_kills, seed, say=lambda text: None):
    """`a` is killed. Returns how many ended how."""
    rng = random.Random(seed)
    until = time.monotonic() + ALL_S
    for one, other in ((a, b), (b, a)):
        one.add_caller("lab", "schedule")
        one.configure([other], rules(ADD), "wait: 600s\ntimeout: 20s\n")
        one.start()
    work = [policies([a.url, b.url], leader=i % 2) for i in range(n_computations)]
    spread = 0.8 * n_kills * PAUSE_S / n_computations
    callers = [Caller(one, p, until, i * spread) for i, pair in enumerate(work) for one, p in zip((a, b), pair)]
    for kill in range(n_kills):
        time.sleep(rng.uniform(0, 2 * PAUSE_S))
        a.node.kill()
        a.start()
        say(f"killed {kill + 1} times")
    for caller in callers:
        caller.thread.join(max(0, until - time.monotonic()))
        assert caller.answer is not None, "a policy was never answered"
    ids = [p[0]["computation_id"] for p in work]
    for one in (a, b):
        for id in ids:
            wait_until(lambda: state(one, id) in ("done", "failed"), f"{id} ending at {one.name}", ALL_S)
    return check(a, b, ids)


def check(a, b, ids):
    ends = collections.Counter()
    for one in (a, b):
        started = collections.Counter()
        for line in (one.folder / "audit.log").read_text().splitlines():
            entry = json.loads(line)
            if entry["event"] == "begun":
                started[entry["computation"]] += 1
        assert all(n == 1 for n in started.values()), started
        for id in ids:
            result = one.call("lab", "GET", f"/computations/{id}/result").json()
            if result["type"] == "success":
                assert result["details"] == {"NumUnsigned": [81, "U32"]}, result
            ends[one.name, result["type"]] += 1
    assert sum(ends.values()) == 2 * len(ids)
    return ends
