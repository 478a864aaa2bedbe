"""The trusted dealer: polytune pre, party --dealer, simulate --dealer."""
import unittest

from support import (Case, DONE, MAX, PEER, Process, TRANSPORT, USAGE, examples, free_urls, polytune, program_file, relay,
                     start_parties)

CONSTANTS = """
const ROWS_0: usize = PARTY_0::ROWS;
const ROWS_1: usize = PARTY_1::ROWS;

pub fn main(a: [u8; ROWS_0], b: [u8; ROWS_1]) -> u16 {
    let mut sum = 0u16;
    for x in a { sum = sum + (x as u16) }
    for y in b { sum = sum + (y as u16) }
    sum
}
"""


def start_dealer(url, session, parties, *more):
    return Process("pre", url, f"--session={session}", f"--parties={parties}", *more)


class Dealer(Case):
    def test_simulated_examples_have_their_result(self):
        for example in examples()[:4]:
            result = polytune("simulate", example.path, "--dealer", *[f"--input={i}" for i in example.inputs])
            self.assertRan(result, example.result)

    def test_simulation_counts_the_dealer(self):
        figures = self.json_of(polytune("simulate", MAX, "--dealer", "--json", "--input=5", "--input=4"))
        self.assertEqual(figures["text"], "true")
        self.assertEqual(len(figures["bytes_sent"]), 2)
        self.assertGreater(figures["dealer_bytes_sent"], 2 * 2048)
        self.assertIn("dealer", figures["phases"])

    def test_parties_and_dealer_meet_at_a_relay(self):
        three = next(e for e in examples() if len(e.inputs) == 3)
        for session, program, inputs, expected in (("two", MAX, ["5", "4"], "true"),
                                                   ("three", three.path, three.inputs, three.result)):
            with relay() as (url, _):
                dealer = start_dealer(url, session, len(inputs))
                parties = start_parties(url, session, program, inputs, "--dealer")
                for party in parties:
                    result = party.wait()
                    self.assertRan(result, expected)
                    # A roster could tell; test_secure.py has one.
                    self.assertIn("is the dealer; whoever takes its place can learn all inputs", result.err)
                done = dealer.wait()
                self.assertEqual((done.status, done.out), (DONE, ""), done)
                self.assertIn("dealt", done.err)

    def test_parties_and_dealer_meet_directly(self):
        where = ";".join(free_urls(3))
        dealer = Process("pre", where, "--parties=2")
        parties = [Process("party", where, f"--program={MAX}", f"--party={i}", f"--input={text}", "--dealer")
                   for i, text in enumerate(("5", "4"))]
        for party in parties:
            self.assertRan(party.wait(), "true")
        self.assertEqual(dealer.wait().status, DONE)
        short = where.rsplit(";", 1)[0]
        self.assertFailed(polytune("pre", short, "--parties=2"), USAGE, "2 URLs", "dealer")

    def test_constants_are_exchanged_without_the_dealer(self):
        with relay() as (url, _), program_file(CONSTANTS) as path:
            dealer = start_dealer(url, "s", 2)
            parties = [Process("party", url, "--session=s", f"--program={path}", f"--party={i}", f"--input={text}",
                               f"--const=ROWS={rows}usize", "--dealer")
                       for i, (rows, text) in enumerate(((2, "[1, 2]"), (3, "[3, 4, 5]")))]
            for party in parties:
                self.assertRan(party.wait(), "15")
            self.assertEqual(dealer.wait().status, DONE)

    def test_a_run_that_does_not_begin_dismisses_the_dealer(self):
        with relay() as (url, _), program_file(CONSTANTS) as path:
            dealer = start_dealer(url, "s", 2)
            parties = [Process("party", url, "--session=s", f"--program={path}", f"--party={i}", "--input=[1]",
                               f"--const=PARTY_0::ROWS={i + 1}usize", "--const=PARTY_1::ROWS=1usize", "--dealer")
                       for i in range(2)]
            for party in parties:
                self.assertEqual(party.wait().status, PEER)
            self.assertFailed(dealer.wait(), PEER, "stopped: a check failed, or it disagrees")

    def test_different_programs_are_named_everywhere(self):
        with relay() as (url, _), program_file("pub fn main(a: u64, b: u64) -> bool { a < b }") as other:
            dealer = start_dealer(url, "s", 2)
            parties = [Process("party", url, "--session=s", f"--program={program}", f"--party={i}", "--input=1",
                               "--dealer") for i, program in enumerate((MAX, other))]
            for party in parties:
                self.assertFailed(party.wait(), PEER)
            self.assertIn(dealer.wait().status, (PEER, TRANSPORT))

    def test_one_party_without_the_dealer(self):
        with relay() as (url, _):
            dealer = start_dealer(url, "s", 2, "--timeout=2", "--wait=2")
            with_dealer, without = [Process("party", url, "--session=s", f"--program={MAX}", f"--party={i}",
                                            "--input=1", *more) for i, more in enumerate((["--dealer"], []))]
            for party in (with_dealer, without):
                self.assertFailed(party.wait(), PEER, "dealer=no", "dealer=yes")
            self.assertIn(dealer.wait().status, (PEER, TRANSPORT))

    def test_a_dealer_that_dies_is_a_peer_that_died(self):
        with relay() as (url, _):
            result = Process("party", url, "--session=s", f"--program={MAX}", "--party=0", "--input=1", "--dealer",
                             "--wait=1").wait()
            self.assertFailed(result, TRANSPORT, "party 2")

    def test_usage(self):
        self.assertFailed(polytune("pre", "http://127.0.0.1:1", "--session=s"), USAGE, "--parties")
        self.assertFailed(polytune("pre", "http://127.0.0.1:1", "--parties=2"), USAGE, "--session")
        for parties in ("1", "255", "x"):
            self.assertFailed(polytune("pre", "http://127.0.0.1:1", "--session=s", f"--parties={parties}"), USAGE,
                              "--parties")
        for words in ("collude with nobody", "private input"):
            self.assertIn(words, polytune("pre", "--help").out)


if __name__ == "__main__":
    unittest.main()
