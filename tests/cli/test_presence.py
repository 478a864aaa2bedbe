"""Living parties stay, whatever happens to their connections; dead ones are told in time. Time-outs are short here: with
--timeout=8 a party whose connections have closed is dead after 2 s, and one that is silent after 8."""
import concurrent.futures
import contextlib
import signal
import time
import unittest

from fault_proxy import FaultProxy, Link
from relays import ask, redis, wait_for_figure
from support import Case, MAX, Process, TRANSPORT, program_file, relay

SOON = 100  # a process that is to end by itself ends well within this
TIMEOUT = 8
QUARTER = 2
# Long enough that something can happen in the middle.
SOURCE = "pub fn main(a: [u64; 64], b: u64) -> u64 { let mut x = b; for y in a { x = x ^ (y & (x * b)); } x }"
INPUTS = ("[0u64; 64]", "2")
RESULT = "2"


def port_of(url):
    return int(url.rsplit(":", 1)[1])


def one_party(url, number, program=MAX, value="1", timeout=TIMEOUT):
    return Process("party", url, "--session=s", f"--program={program}", f"--party={number}", f"--input={value}",
                   f"--timeout={timeout}")


class Living(Case):
    def assertBothRan(self, parties, result):
        for done in [party.wait(SOON) for party in parties]:
            self.assertRan(done, result)

    def test_a_proxy_that_opens_a_connection_for_each_request(self):
        with relay("--tokens") as (url, _), contextlib.closing(FaultProxy(port_of(url), 0, 1)) as proxy:
            first = one_party(proxy.url, 0)
            wait_for_figure(url, "seats", 1)
            time.sleep(2 * QUARTER + 2)  # the others come later
            self.assertBothRan([first, one_party(proxy.url, 1)], "false")

    def test_a_waiting_party_whose_connection_is_reset(self):
        with relay() as (url, _), contextlib.closing(Link(port_of(url))) as link:
            first = one_party(link.url, 0)
            for _ in range(3):
                wait_for_figure(url, "requests_held", 1)
                link.cut()
                time.sleep(1)
            self.assertBothRan([first, one_party(url, 1)], "false")

    def test_connections_cut_in_the_middle(self):
        with relay() as (url, _), program_file(SOURCE) as path, contextlib.closing(Link(port_of(url))) as link:
            parties = [one_party(link.url, i, path, value) for i, value in enumerate(INPUTS)]
            for i in range(4):
                wait_for_figure(url, "messages_total", 5 * i + 1)
                link.cut()
            self.assertBothRan(parties, RESULT)

    def test_a_proxy_that_is_away_for_a_while(self):
        with relay() as (url, _), program_file(SOURCE) as path, contextlib.closing(Link(port_of(url))) as link:
            parties = [one_party(link.url, i, path, value, timeout=60) for i, value in enumerate(INPUTS)]
            wait_for_figure(url, "messages_total", 2)
            with link.away():
                time.sleep(5)
            self.assertBothRan(parties, RESULT)

    def test_a_stopped_party(self):
        with relay() as (url, _), program_file(SOURCE) as path:
            parties = [one_party(url, i, path, value) for i, value in enumerate(INPUTS)]
            wait_for_figure(url, "messages_total", 2)
            parties[1].process.send_signal(signal.SIGSTOP)
            time.sleep(2 * QUARTER)
            parties[1].process.send_signal(signal.SIGCONT)
            self.assertBothRan(parties, RESULT)

    def test_a_party_that_leaves_one_relay_for_another(self):
        """A balancer led it to the first relay, and now to the second; its session goes on at the first."""
        with redis() as server, relay("--store=" + server.url) as (first, _), relay("--store=" + server.url) as (second, _), \
                program_file(SOURCE) as path, contextlib.closing(Link(port_of(first))) as link:
            parties = [one_party(link.url, 0, path, INPUTS[0])]
            wait_for_figure(first, "requests_held", 1)
            link.lead_to(port_of(second))
            time.sleep(2 * QUARTER)
            parties.append(one_party(first, 1, path, INPUTS[1]))
            wait_for_figure(first, "messages_total", 1)
            # Now it is the other one that is quiet, while its client asks.
            parties[1].process.send_signal(signal.SIGSTOP)
            link.lead_to(port_of(first))
            wait_for_figure(first, "requests_held", 1)
            link.lead_to(port_of(second))
            time.sleep(2 * QUARTER)
            parties[1].process.send_signal(signal.SIGCONT)
            self.assertBothRan(parties, RESULT)


class Dead(Case):
    def survivor_of(self, urls, end):
        """Party 1 when `end` happened to party 0 in the middle, and after how long it ended."""
        with program_file(SOURCE) as path:
            parties = [one_party(url, i, path, value) for i, (url, value) in enumerate(zip(urls, INPUTS))]
            parties[0].read_err_until("find the same words")
            started = time.monotonic()
            end(parties[0])
            result = parties[1].wait(SOON)
            seconds = time.monotonic() - started
            parties[0].kill()
        return result, seconds

    def test_a_killed_party_is_noticed_after_a_quarter_of_the_timeout(self):
        with relay() as (url, _):
            result, seconds = self.survivor_of((url, url), Process.kill)
            self.assertFailed(result, TRANSPORT, "party 0", "has gone")
            self.assertLess(seconds, QUARTER + 2)

    def test_also_by_another_relay_of_the_store(self):
        with redis() as server, relay("--store=" + server.url) as (first, _), relay("--store=" + server.url) as (second, _):
            result, seconds = self.survivor_of((first, second), Process.kill)
            self.assertFailed(result, TRANSPORT, "party 0", "has gone")
            self.assertLess(seconds, QUARTER + 2)

    def test_a_goodbye_is_told_at_once_at_all_relays_of_the_store(self):
        tokens = ["0123456789abcdef012345a", "0123456789abcdef012345b"]
        with redis() as server, relay("--store=" + server.url) as (first, _), relay("--store=" + server.url) as (second, _):
            for i, token in enumerate(tokens):
                self.assertEqual(ask(first, "PUT", f"/join/bye/{i}", token=token).status, 200)
            self.assertEqual(ask(first, "POST", "/send/bye/1/0", b"m", token=tokens[1]).status, 200)
            with concurrent.futures.ThreadPoolExecutor() as pool:
                waiting = pool.submit(ask, second, "POST", "/recv/bye/0/1?wait=60", token=tokens[1])
                wait_for_figure(second, "requests_held", 1)
                started = time.monotonic()
                self.assertEqual(ask(first, "DELETE", "/join/bye/0", token=tokens[0]).status, 200)
                self.assertEqual(waiting.result(SOON).status, 410)
                self.assertLess(time.monotonic() - started, 1)

    def test_the_longest_timeout_is_the_relays(self):
        with relay("--max-timeout=100") as (url, _):
            for told, counts in ((1, "8000"), (90000, "90000"), (500000, "100000")):
                answer = ask(url, "PUT", "/join/told/0", X_Polytune_Timeout=str(told))
                self.assertEqual(answer.headers["X-Polytune-Timeout"], counts)


if __name__ == "__main__":
    unittest.main()
