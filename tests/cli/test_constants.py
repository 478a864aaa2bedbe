"""Constants that each party gives itself: `polytune party --const ROWS=3usize`."""
import unittest

from support import Case, INPUT, PEER, PROGRAM, Process, TRANSPORT, USAGE, polytune, program_file, relay

TWO_TABLES = """
const OURS: usize = PARTY_0::ROWS;
const THEIRS: usize = PARTY_1::ROWS;
const LIMIT: u32 = ALL::LIMIT;
pub fn main(ours: [u32; OURS], theirs: [u32; THEIRS]) -> (u32, bool) {
    let mut sum = 0u32;
    for x in ours { sum += x; }
    for x in theirs { sum += x; }
    (sum, sum > LIMIT)
}
"""
INPUTS = ("[1, 2, 3]", "[10, 20]")
LIMIT = "--const=ALL::LIMIT=30u32"

BALLOTS = """
const VOTERS: usize = PARTIES::COUNT;
pub fn main(votes: [u8; VOTERS]) -> u8 {
    let mut sum = 0u8;
    for v in votes { sum += v; }
    sum
}
"""
# How many parties there are is party 1's word.
MADE_BY_ONE = BALLOTS.replace("PARTIES::COUNT", "PARTY_1::COUNT")

SOON = 200


def run(source, inputs, flags):
    """Parties over a relay, each with flags of its own; their results."""
    with program_file(source) as path, relay() as (url, _):
        parties = [Process("party", url, "--session=s", f"--program={path}", f"--party={i}", f"--input={text}",
                           "--timeout=60", *more) for i, (text, more) in enumerate(zip(inputs, flags))]
        return [party.wait(SOON) for party in parties]


class Constants(Case):
    def assertAll(self, results, status, *words):
        for result in results:
            self.assertFailed(result, status, *words)

    def test_each_party_gives_its_own(self):
        for result in run(TWO_TABLES, INPUTS, (["--const=ROWS=3usize", LIMIT], [LIMIT, "--const", "ROWS=2usize"])):
            self.assertRan(result, "(36, true)")
            self.assertIn("constant PARTY_1::ROWS = 2usize", result.err)

    def test_the_others_may_be_named_if_that_is_what_they_say(self):
        full = ["--const=PARTY_0::ROWS=3usize", "--const=PARTY_1::ROWS=2usize", LIMIT]
        for result in run(TWO_TABLES, INPUTS, (full, full)):
            self.assertRan(result, "(36, true)")
        results = run(TWO_TABLES, INPUTS, (["--const=ROWS=3usize", LIMIT],
                                           ["--const=PARTY_0::ROWS=4usize", "--const=ROWS=2usize", LIMIT]))
        self.assertAll(results, PEER, "constants differ: party 1 gives PARTY_0::ROWS = 4usize, party 0 gives 3usize")

    def test_a_missing_constant(self):
        results = run(TWO_TABLES, INPUTS, (["--const=ROWS=3usize", LIMIT], [LIMIT]))
        self.assertAll(results, INPUT, "missing constant PARTY_1::ROWS")
        results = run(TWO_TABLES, INPUTS, (["--const=ROWS=3usize"], ["--const=ROWS=2usize"]))
        self.assertAll(results, INPUT, "missing constant ALL::LIMIT")
        # Nobody else's word counts.
        results = run(TWO_TABLES, INPUTS, (["--const=ROWS=3usize", "--const=PARTY_1::ROWS=2usize", LIMIT], [LIMIT]))
        self.assertAll(results, PEER, "party 0 gives PARTY_1::ROWS = 2usize, party 1 does not give it")

    def test_a_missing_constant_comes_with_the_flag_to_type(self):
        with program_file(TWO_TABLES) as path:
            result = polytune("compile", path, "--const=ALL::LIMIT=9usize")
            self.assertFailed(result, INPUT, "missing constant PARTY_0::ROWS",
                              "give what is missing, LITERAL being e.g. 3usize: --const=PARTY_0::ROWS=LITERAL --const=PARTY_1::ROWS=LITERAL\n")
        for result in run(TWO_TABLES, INPUTS, (["--const=ROWS=3usize", LIMIT], [LIMIT])):
            self.assertFailed(result, INPUT, "--const=PARTY_1::ROWS=LITERAL (a constant PARTY_1::.. is given by party 1)")

    def test_how_large_others_may_make_the_program(self):
        source = """
            const N: usize = PARTY_1::N;
            pub fn main(a: u32, b: u32) -> u32 { let mut s = b; for v in [a; N] { s = s + v; } s }"""
        own, other = run(source, ("1u32", "2u32"), (["--max-ands=100000"], ["--const=N=20000usize"]))
        self.assertFailed(own, PROGRAM, "more than the 100000 AND gates that are allowed; that is with PARTY_1::N = 20000",
                          "with these, up to 100000 AND gates and 4096 MiB are accepted (--max-ands, --memory)")
        self.assertFailed(other, TRANSPORT, "party 0 stopped")
        own, other = run(source, ("1u32", "2u32"), (["--memory=1M"], ["--const=N=20000usize"]))
        self.assertFailed(own, PROGRAM, "more than the 1 MiB of memory that are allowed; that is with PARTY_1::N = 20000")
        own, other = run(source, ("1u32", "2u32"), ([], ["--const=N=100000000usize"]))
        self.assertFailed(own, PROGRAM, "PARTY_1::N = 100000000")
        with program_file(source) as path:
            for flag in ("--max-ands=0", "--max-ands=x", "--memory=0", "--memory=4T"):
                self.assertFailed(polytune("party", "http://127.0.0.1:1", "--session=s", f"--program={path}", "--party=0",
                                           "--input=1", flag), USAGE, flag.split("=")[0])

    def test_a_constant_that_nothing_uses_is_told(self):
        for flag, hint in (("--const=PARTY_0::ROWZ=1u8", "no constant PARTY_0::ROWZ: what --const or --rows gives is not used; did you mean PARTY_0::ROWS?"),
                           ("--const=NOBODY::ELSE=1u8", "no constant NOBODY::ELSE: what --const or --rows gives is not used\n")):
            with program_file("const ROWS: u8 = PARTY_0 :: ROWS;\npub fn main(a: u8, b: u8) -> u8 { a ^ b ^ ROWS }") as path:
                result = polytune("eval", path, "--input=1", "--input=2", "--const=PARTY_0::ROWS=0u8", flag)
                self.assertRan(result, "3")
                self.assertIn(hint, result.err)
                self.assertEqual(result.err.count("warning"), 1)

    def test_a_wrong_type_is_seen_before_anybody_is_bothered_and_by_the_others(self):
        with program_file(TWO_TABLES) as path:
            own = polytune("party", "http://127.0.0.1:9", "--session=s", f"--program={path}", "--party=1",
                           "--input=[1]", "--const=ROWS=2u8")
            self.assertFailed(own, INPUT, "constant PARTY_1::ROWS = `2u8`", "usize")

    def test_a_wrong_type_of_an_array_names_who_gave_it(self):
        source = "const T: [u8; 2] = PARTY_1::T;\npub fn main(a: u8, b: u8) -> u8 { a ^ b ^ T[0] }"
        with program_file(source) as path:
            own = polytune("party", "http://127.0.0.1:9", "--session=s", f"--program={path}", "--party=1", "--input=2",
                           "--const=T=[1, 2, 3]")
            self.assertFailed(own, INPUT, "constant PARTY_1::T = `[1, 2, 3]`")
        for result in run(source, ("1", "2"), ([], ["--const=T=[4, 9]"])):
            self.assertRan(result, "7")

    def test_shared_constants_must_be_the_same(self):
        results = run(TWO_TABLES, INPUTS, (["--const=ROWS=3usize", LIMIT],
                                           ["--const=ROWS=2usize", "--const=ALL::LIMIT=31u32"]))
        self.assertAll(results, PEER, "constants differ: party 0 gives ALL::LIMIT = 30u32, party 1 gives 31u32")

    def test_a_wrong_input_is_told_to_the_others(self):
        one, two = run(TWO_TABLES, ("[1, 2]", "[10, 20]"),
                       (["--const=ROWS=3usize", LIMIT], ["--const=ROWS=2usize", LIMIT]))
        self.assertFailed(one, INPUT, "input of party 0")
        self.assertFailed(two, TRANSPORT, "party 0 stopped: its own program, input")

    def test_the_number_of_parties_may_be_a_constant(self):
        count = "--const=PARTIES::COUNT=3usize"
        for result in run(BALLOTS, ("1", "2", "4"), ([count],) * 3):
            self.assertRan(result, "7")

    def test_the_number_of_parties_may_be_anothers_constant(self):
        own, number = "--const=COUNT=3usize", "--parties=3"
        for result in run(MADE_BY_ONE, ("1", "2", "4"), ([number], [own], [number])):
            self.assertRan(result, "7")
        with program_file(MADE_BY_ONE) as path:
            base = ("party", "http://127.0.0.1:9", "--session=s", f"--program={path}", "--input=1")
            self.assertFailed(polytune(*base, "--party=0"), USAGE, "--parties=N")
            self.assertFailed(polytune(*base, "--party=1", own, "--parties=2"), USAGE, "3 parties")
            self.assertFailed(polytune(*base, "--party=3", number), USAGE, "0 to 2")
            self.assertFailed(polytune(*base, "--party=0", "--parties=1"), USAGE, "--parties")

    def test_a_number_of_parties_that_is_not_so(self):
        source = BALLOTS.replace("PARTIES::COUNT", "PARTY_0::A + PARTY_1::B")
        flags = [["--parties=3", "--const=A=1usize"], ["--parties=3", "--const=B=3usize"], ["--parties=3"]]
        self.assertAll(run(source, ("1", "2", "4"), flags), INPUT, "the program is for 4 parties, not 3")

    def test_another_program_without_constants(self):
        with program_file(TWO_TABLES) as path, program_file("pub fn main(a: u8, b: u8) -> u8 { a ^ b }") as other, \
                relay() as (url, _):
            parties = [Process("party", url, "--session=s", f"--program={p}", f"--party={i}", f"--input={text}",
                               "--timeout=60", "--const=ROWS=1usize", LIMIT)
                       for i, (p, text) in enumerate(((path, "[1]"), (other, "2")))]
            results = [party.wait(SOON) for party in parties]
            self.assertAll(results, PEER)
            self.assertRegex(results[0].err, "party 1 runs another program or circuit: program=[0-9a-f]{4}, and program=with-constants here")
            self.assertRegex(results[1].err, "party 0 runs another program or circuit: program=with-constants")

    def test_another_program_with_the_same_constants(self):
        sources = (f"const N: usize = PARTY_0::N; pub fn main(a: u8, b: u8) -> u8 {{ a + b {op} (N as u8) }}" for op in "+^")
        with program_file(next(sources)) as path, program_file(next(sources)) as other, relay() as (url, _):
            parties = [Process("party", url, "--session=s", f"--program={p}", f"--party={i}", "--input=1", LIMIT, *flags)
                       for i, (p, flags) in enumerate(((path, ("--const=N=1usize",)), (other, ())))]
            for i, party in enumerate(parties):
                self.assertFailed(party.wait(SOON), PEER, f"party {1 - i} runs another program or circuit (phase HELLO)")

    def test_flags(self):
        with program_file(TWO_TABLES) as path:
            base = ("party", "http://127.0.0.1:9", "--session=s", f"--program={path}", "--input=1", "--party=1")
            for bad in ("ROWS", "=3", "::ROWS=3", "P::=3", "P.ROWS=3", "2P::ROWS=3"):
                self.assertFailed(polytune(*base, f"--const={bad}"), USAGE, "--const takes")
            self.assertFailed(polytune(*base, "--const=ROWS=2usize", "--const=PARTY_1::ROWS=2usize"), USAGE, "twice")
            self.assertFailed(polytune("eval", path, "--const=ROWS=2usize"), USAGE, "PARTY::NAME=LITERAL")
            self.assertFailed(polytune("eval", path, "--const=A::B=1", "--const=A::B=1"), USAGE, "twice")


if __name__ == "__main__":
    unittest.main()
