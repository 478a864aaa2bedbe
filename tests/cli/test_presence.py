"""Living parties stay, whatever happens to their connections; dead ones are told in time. Time-outs are short here: with
--timeout=8 a party whose connections have closed is dead after 2 s, and one that is silent after 8."""
import concurrent.futures
import contextlib
import signal
import time
import unittest

from fault_proxy import FaultProxy, Link, PageProxy
from relays import ask, redis, wait_for_figure
from support import Case, LONG_INPUTS, MAX, Process, TRANSPORT, free_port, free_urls, long_program, main_at_once, program_file, relay

SOON = 200  # a process that is to end by itself ends well within this
TIMEOUT = 8
QUARTER = 2
INPUTS = LONG_INPUTS[:2]
RESULT = INPUTS[1]


def port_of(url):
    return int(url.rsplit(":", 1)[1])


def one_party(url, number, program=MAX, value="1", timeout=TIMEOUT, *flags):
    return Process("party", url, "--session=s", f"--program={program}", f"--party={number}", f"--input={value}",
                   f"--timeout={timeout}", *flags)


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
        with relay() as (url, _), contextlib.closing(Link(port_of(url))) as link:
            parties = [one_party(link.url, i, long_program(), value) for i, value in enumerate(INPUTS)]
            for i in range(4):
                wait_for_figure(url, "messages_total", 5 * i + 1)
                link.cut()
            self.assertBothRan(parties, RESULT)

    def test_a_proxy_that_is_away_for_a_while(self):
        with relay() as (url, _), contextlib.closing(Link(port_of(url))) as link:
            parties = [one_party(link.url, i, long_program(), value, timeout=60) for i, value in enumerate(INPUTS)]
            wait_for_figure(url, "messages_total", 2)
            with link.away():
                time.sleep(5)
            self.assertBothRan(parties, RESULT)

    def test_the_others_may_come_later_than_the_timeout(self):
        with relay() as (url, _):
            first = one_party(url, 0, timeout=1)
            time.sleep(3)
            self.assertBothRan([first, one_party(url, 1)], "false")
        urls = free_urls(2)
        where = ";".join(urls)
        first = one_party(where, 0, timeout=1)
        time.sleep(3)
        self.assertBothRan([first, one_party(where, 1)], "false")

    def test_a_link_between_direct_parties_that_is_away_for_a_while(self):
        ports = [free_port(), free_port()]
        with contextlib.ExitStack() as stack:
            links = [stack.enter_context(contextlib.closing(Link(port))) for port in ports]
            where = ";".join(link.url for link in links)
            parties = [one_party(where, i, long_program(), value, 40, f"--listen=127.0.0.1:{port}")
                       for i, (value, port) in enumerate(zip(INPUTS, ports))]
            parties[0].read_err_until("find the same words")
            with links[0].away(), links[1].away():
                time.sleep(7)
            self.assertBothRan(parties, RESULT)

    def test_a_page_of_a_proxy_is_a_failure_that_passes(self):
        """A 503 with more than a few bytes."""
        with relay() as (url, _), contextlib.closing(PageProxy(port_of(url))) as proxy:
            self.assertBothRan([one_party(proxy.url, i, long_program(), value, 30) for i, value in enumerate(INPUTS)], RESULT)
            self.assertGreater(proxy.n_pages, 5)

    def test_a_stopped_party(self):
        with relay() as (url, _):
            parties = [one_party(url, i, long_program(), value) for i, value in enumerate(INPUTS)]
            wait_for_figure(url, "messages_total", 2)
            parties[1].process.send_signal(signal.SIGSTOP)
            time.sleep(2 * QUARTER)
            parties[1].process.send_signal(signal.SIGCONT)
            self.assertBothRan(parties, RESULT)

    def test_a_party_that_leaves_one_relay_for_another(self):
        """A balancer led it to the first relay, and now to the second; its session goes on at the first."""
        with redis() as server, relay("--store=" + server.url) as (first, _), relay("--store=" + server.url) as (second, _), \
                contextlib.closing(Link(port_of(first))) as link:
            parties = [one_party(link.url, 0, long_program(), INPUTS[0])]
            wait_for_figure(first, "requests_held", 1)
            link.lead_to(port_of(second))
            time.sleep(2 * QUARTER)
            parties.append(one_party(first, 1, long_program(), INPUTS[1]))
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
    def assertNoticedSoon(self, *urls):
        """Party 1 ends, in less than the time-out, when party 0 is killed in the middle."""
        timeout = 2 * TIMEOUT # of which a quarter has to pass
        parties = [one_party(url, i, long_program(), value, timeout) for i, (url, value) in enumerate(zip(urls, INPUTS))]
        parties[0].read_err_until("find the same words")
        started = time.monotonic()
        parties[0].kill()
        self.assertFailed(parties[1].wait(SOON), TRANSPORT, "party 0", "has gone")
        self.assertLess(time.monotonic() - started, timeout)

    def test_a_killed_party_is_noticed_after_a_quarter_of_the_timeout(self):
        with relay() as (url, _):
            self.assertNoticedSoon(url, url)

    def test_also_by_another_relay_of_the_store(self):
        with redis() as server, relay("--store=" + server.url) as (first, _), relay("--store=" + server.url) as (second, _):
            self.assertNoticedSoon(first, second)

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
                self.assertLess(time.monotonic() - started, 30)

    def test_silence_ends_by_the_timeout(self):
        """And not by the default of 60 s; within two seconds after it, by a clock that nobody else slows, channel.delivery says."""
        with relay() as (url, process):
            parties = [one_party(url, i, long_program(), value, 4) for i, value in enumerate(INPUTS)]
            parties[0].read_err_until("find the same words")
            process.process.send_signal(signal.SIGSTOP)  # nobody answers any more
            started = time.monotonic()
            for party in parties:
                self.assertFailed(party.wait(SOON), TRANSPORT)
            self.assertLess(time.monotonic() - started, 30)
            process.process.send_signal(signal.SIGCONT)

    def test_a_run_has_a_deadline(self):
        with relay() as (url, _):
            alone = one_party(url, 0, MAX, "1", 60, "--deadline=2")
            self.assertFailed(alone.wait(SOON), TRANSPORT, "not done within the 2.0 s given for all of it")

    def test_it_is_said_as_it_was_given_however_late_the_wait_begins(self):
        compiles_a_while = "pub fn main(a: u64, b: u64) -> u64 { let mut x = a; for i in 0..200 { x = x ^ (b * (x & b)); } x }"
        with program_file(compiles_a_while) as path, relay() as (url, _):
            alone = one_party(url, 0, path, "1", 60, "--deadline=3")
            self.assertFailed(alone.wait(SOON), TRANSPORT, "not done within the 3.0 s given for all of it")

    def test_the_deadline_counts_while_computing(self):
        """Nobody waits: while compiling there is no relay to wait for, and then all answer at once."""
        long = "pub fn main(a: u64, b: u64) -> u64 { let mut x = a; for i in 0..%d { x = x ^ (b * (x & b)); } x }"
        over = "not done within the 2.0 s given for all of it"
        with program_file(long % 3000) as much, program_file(long % 1000) as some, relay() as (url, _):
            started = time.monotonic()
            self.assertFailed(one_party("http://127.0.0.1:9", 0, much, "1", 60, "--deadline=2").wait(SOON), TRANSPORT, over)
            self.assertLess(time.monotonic() - started, 60)
            parties = [one_party(url, i, some, "1", 60, "--deadline=2") for i in range(2)]
            results = [party.wait(SOON) for party in parties]
            for result in results:
                self.assertEqual(result.status, TRANSPORT, result)
            self.assertTrue(any(over in result.err for result in results), results)

    def test_the_longest_timeout_is_the_relays(self):
        with relay("--max-timeout=100") as (url, _):
            for told, counts in ((1, "8000"), (90000, "90000"), (500000, "100000")):
                answer = ask(url, "PUT", "/join/told/0", X_Polytune_Timeout=str(told))
                self.assertEqual(answer.headers["X-Polytune-Timeout"], counts)


if __name__ == "__main__":
    main_at_once()
