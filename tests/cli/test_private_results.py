"""--private-results: every party learns its own part of the result."""
import json
import pathlib
import tempfile
import unittest

from support import Case, DONE, INPUT, MAX, PANIC, PEER, Process, USAGE, polytune, program_file, relay

FAIR = "pub fn main(a: u8, b: u8) -> (u8, bool) { (b / a, a > b) }"
THREE = "pub fn main(a: u8, b: u8, c: u8) -> [u8; 3] { [a + b, b + c, c + a] }"
ROWS = "struct Row { id: u8, seen: bool }\npub fn main(a: u8, b: u8) -> ([Row; 2], ()) {\n" \
       "    ([Row { id: a, seen: a == b }, Row { id: b, seen: true }], ()) }"
# Two output values: the AND of both inputs, and their XOR.
BRISTOL = "2 4\n2 1 1\n2 1 1\n\n2 1 0 1 2 AND\n2 1 0 1 3 XOR\n"


class PrivateResults(Case):
    def run_parties(self, program, inputs, flags=("--private-results",), more=None):
        """All parties through a relay; `more`: flags of a party."""
        with relay() as (url, _):
            parties = [Process("party", url, "--session=s", f"--program={program}", f"--party={i}", f"--input={value}", *flags,
                               *(more or {}).get(i, [])) for i, value in enumerate(inputs)]
            return [party.wait() for party in parties]

    def test_each_party_has_its_own(self):
        with program_file(FAIR) as program:
            results = self.run_parties(program, [7, 200])
            self.assertRan(results[0], "28")
            self.assertRan(results[1], "false")
            results = self.run_parties(program, [7, 200], more={0: ["--json"]})
            found = json.loads(results[0].out)
            self.assertEqual((found["result"], found["text"]), ({"NumUnsigned": [28, "U8"]}, "28"))
        with program_file(THREE) as program:
            results = self.run_parties(program, [1, 2, 3], ("--private-results", "--evaluator=2"))
            self.assertEqual([r.out for r in results], ["3\n", "5\n", "4\n"])

    def test_with_a_dealer(self):
        with program_file(THREE) as program:
            self.assertRan(polytune("simulate", program, "--private-results", "--dealer", "--input=1", "--input=2", "--input=3"),
                           "party 0: 3\nparty 1: 5\nparty 2: 4")

    def test_eval_and_simulate_agree(self):
        with program_file(FAIR) as program:
            for command in ("eval", "simulate"):
                with self.subTest(command):
                    arguments = (command, program, "--private-results", "--input=7", "--input=200")
                    self.assertRan(polytune(*arguments), "party 0: 28\nparty 1: false")
                    found = json.loads(polytune(*arguments, "--json").out)
                    self.assertEqual((found["result"], found["text"]), ([{"NumUnsigned": [28, "U8"]}, "False"], ["28", "false"]))
            whole = json.loads(polytune("eval", program, "--json", "--input=7", "--input=200").out)
            self.assertEqual(whole["result"], {"Tuple": found["result"]})

    def test_everybody_learns_of_a_panic(self):
        with program_file(FAIR) as program:
            for result in self.run_parties(program, [0, 200]):
                self.assertFailed(result, PANIC, "line 1, column 44: Division By Zero")

    def test_all_must_give_the_flag(self):
        with program_file(FAIR) as program:
            results = self.run_parties(program, [7, 200], (), {1: ["--private-results"]})
            for i, result in enumerate(results):
                self.assertFailed(result, PEER, "party 1 gives the parties other parts of the result" if i == 0 else "")

    def test_a_partys_rows(self):
        with program_file(ROWS) as program, tempfile.TemporaryDirectory() as folder:
            files = [pathlib.Path(folder) / "0.csv", pathlib.Path(folder) / "1.txt"]
            results = self.run_parties(program, [4, 9], more={i: ["-o", file] for i, file in enumerate(files)})
            for result in results:
                self.assertRan(result, "")
            self.assertEqual([file.read_text() for file in files], ["id,seen\n4,false\n9,true\n", "()\n"])
            self.assertFailed(polytune("eval", program, "--private-results", "--input=4", "--input=9", "-o", folder + "/x.csv"),
                              USAGE, "no one table")

    def test_a_circuit(self):
        with program_file(BRISTOL, ".txt") as program:
            results = self.run_parties(program, ["0b1", "0b1"])
            self.assertRan(results[0], "0x1")
            self.assertRan(results[1], "0x0")
            self.assertRan(polytune("eval", program, "--private-results", "--input=0b1", "--input=0b0"),
                           "party 0: 0x0\nparty 1: 0x1")
        with program_file(BRISTOL.replace("\n2 1 1\n\n", "\n1 2\n\n"), ".txt") as program:
            self.assertFailed(polytune("check", program, "--private-results"), USAGE, "1 output value for 2 parties")

    def test_what_does_not_fit(self):
        for command in ("check", "compile"):
            self.assertFailed(polytune(command, MAX, "--private-results"), USAGE,
                              "must be a tuple or an array of 2, an element for each party; it is bool")
        self.assertFailed(polytune("simulate", MAX, "--private-results", "--input=1", "--input=2"), USAGE, "it is bool")
        with program_file(FAIR) as program:
            self.assertRan(polytune("check", program, "--private-results"), "")
            self.assertEqual(polytune("compile", program, "--private-results").status, DONE)
            self.assertFailed(polytune("simulate", program, "--private-results", "--output-parties=0", "--input=1", "--input=2"),
                              USAGE, "use one of them")
        with program_file("const N: usize = P::N;\npub fn main(a: u8, b: u8) -> [u8; N] { [a + b; N] }") as program:
            unchecked = polytune("check", program, "--private-results")
            self.assertRan(unchecked, "")
            self.assertIn("was not checked: types are known when all constants are given, with --const=P::N=LITERAL", unchecked.err)
            self.assertFailed(polytune("check", program, "--private-results", "--const=P::N=true"), INPUT, "P::N")
            for command in ("check", "compile"):
                self.assertEqual(polytune(command, program, "--private-results", "--const=P::N=2usize").status, DONE)
                self.assertFailed(polytune(command, program, "--private-results", "--const=P::N=3usize"), USAGE, "it is [u8; 3]")


if __name__ == "__main__":
    unittest.main()
