"""polytune plan: what it foretells is what runs send."""
import json
import pathlib
import re
import tempfile
import unittest

from support import Case, DONE, INPUT, PROGRAM, Process, ROOT, USAGE, one_processor, polytune, relay

SALARIES = str(ROOT / "examples/salaries.garble")
SALARY_INPUTS = ("--input=59000", "--input=54000", "--input=10")
SOON = 200  # a run among processes ends well within this


def product_of_three(folder):
    path = pathlib.Path(folder) / "product.garble"
    path.write_text("pub fn main(a: u64, b: u64, c: u64) -> u64 {\n    a * b * c\n}\n")
    return str(path)


class Plan(Case):
    def setUp(self):
        one_processor(self)

    def plan(self, *words):
        result = polytune("plan", "--json", *words)
        self.assertEqual(result.status, DONE, result)
        return json.loads(result.out)

    def test_bytes_are_those_of_a_run(self):
        for flags in ((), ("--dealer",), ("--cot-bits=8", "--evaluator=2"), ("--output-parties=1",), ("--rho=64",)):
            with self.subTest(flags):
                foretold = self.plan(SALARIES, *flags)
                run = polytune("simulate", SALARIES, *SALARY_INPUTS, *flags, "--json")
                self.assertEqual(run.status, DONE, run)
                real = json.loads(run.out)
                self.assertEqual([seat["bytes_sent"] for seat in foretold["parties"]], real["bytes_sent"])
                self.assertEqual("dealer" in foretold, "dealer_bytes_sent" in real)
                if "dealer" in foretold:
                    self.assertEqual(foretold["dealer"]["bytes_sent"], real["dealer_bytes_sent"])
                self.assertEqual(foretold["and"], real["and"])

    def test_private_results_and_constants(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "p.garble"
            path.write_text("const N: usize = PARTY_0::N;\n"
                            "pub fn main(a: [u8; N], b: u8) -> (u8, [u8; N]) {\n"
                            "    let mut s = b;\n    for x in a { s = s ^ x }\n    (s, [s & b; N])\n}\n")
            flags = ("--const=PARTY_0::N=3usize", "--private-results")
            foretold = self.plan(str(path), *flags)
            real = json.loads(polytune("simulate", str(path), *flags, "--input=[1,2,3]", "--input=7", "--json").out)
            self.assertEqual([seat["bytes_sent"] for seat in foretold["parties"]], real["bytes_sent"])
            self.assertFailed(polytune("plan", str(path)), INPUT, "missing constant PARTY_0::N")

    def test_links_take_their_time(self):
        slow = self.plan(SALARIES, "--link=1mbit,1000ms")
        fast = self.plan(SALARIES, "--link=1gbit,1000ms")
        alone = self.plan(SALARIES)
        self.assertGreater(fast["seconds"], fast["delays"] * 0.5)
        self.assertLess(fast["seconds"], fast["delays"] * 0.5 + alone["seconds"] + 5)
        most = max(seat["bytes_received"] for seat in slow["parties"])
        self.assertGreater(slow["seconds"], 8e-6 * most)

    def test_k_follows_the_link(self):
        slow = self.plan(SALARIES, "--link=1mbit,50ms")
        few = self.plan(SALARIES, "--cot-bits=8")
        self.assertEqual((slow["cot_bits"], few["cot_bits"], self.plan(SALARIES)["cot_bits"]), (8, 8, 4))
        self.assertEqual(slow["parties"][1]["bytes_sent"], few["parties"][1]["bytes_sent"])
        self.assertEqual(self.plan(SALARIES, "--link=1mbit,50ms", "--cot-bits=2")["cot_bits"], 2)

    def test_the_largest_wish_counts(self):
        with relay() as (url, _):
            parties = [Process("party", url, "--session=k", f"--program={SALARIES}", f"--party={i}", SALARY_INPUTS[i], "--json", *flags)
                       for i, flags in enumerate((["--cot-bits=2"], ["--link=1mbit,50ms"], []))]
            results = [party.wait(SOON) for party in parties]
        for result in results:
            self.assertEqual(result.status, DONE, result)
            self.assertEqual(json.loads(result.out)["cot_bits"], 8)
        few = self.plan(SALARIES, "--cot-bits=8")
        self.assertEqual([json.loads(result.out)["bytes_sent"] for result in results],
                         [seat["bytes_sent"] for seat in few["parties"]])
        self.assertIn("another party wished for --cot-bits=8", results[0].err)
        self.assertIn(", with --cot-bits=8\n", results[1].err)

    def test_segments_fit_into_memory(self):
        with tempfile.TemporaryDirectory() as folder:
            program = product_of_three(folder)
            for flags in (("--link=10mbit,100ms",), ("--cot-bits=1",)):
                with self.subTest(flags):
                    fits = self.plan(program, "--memory=6M", *flags)
                    self.assertGreater(fits["segments"], 1)
                    self.assertTrue(all(seat["memory_bytes"] <= 6 << 20 for seat in fits["parties"]), fits)
            fits = self.plan(program, "--memory=6M", "--cot-bits=2")
            with relay() as (url, _):
                parties = [Process("party", url, "--session=m", f"--program={program}", f"--party={i}", "--input=3", "--json", *flags)
                           for i, flags in enumerate(([], ["--memory=6M", "--cot-bits=2"], ["--memory=1G"]))]
                results = [party.wait(SOON) for party in parties]
        for result in results:
            self.assertEqual(result.status, DONE, result)
        self.assertEqual([json.loads(result.out)["bytes_sent"] for result in results],
                         [seat["bytes_sent"] for seat in fits["parties"]])
        self.assertNotIn("another party", results[1].err)
        for result in results[0], results[2]:
            self.assertIn("another party wished for --cot-bits=2, which was taken\n", result.err)
            self.assertRegex(result.err, r"another party takes smaller segments: up to \d+ AND gates in each, \d segments instead of 1\n")

    def test_threads_do_not_change_segments(self):
        with tempfile.TemporaryDirectory() as folder:
            program = product_of_three(folder)
            for size in (5 << 20, 6 << 20, 80 << 20):
                one, many = (self.plan(program, f"--memory={size}", f"--threads={n}") for n in (1, 64))
                for plan in one, many:
                    self.assertTrue(all(seat["memory_bytes"] <= size for seat in plan["parties"]), plan)
                self.assertEqual([seat["bytes_sent"] for seat in one["parties"]], [seat["bytes_sent"] for seat in many["parties"]])
                self.assertEqual(one["segments"], many["segments"])

    def test_too_little_memory(self):
        with tempfile.TemporaryDirectory() as folder:
            program = product_of_three(folder)
            for flags in (("--threads=64",), ("--cot-bits=4", "--evaluator=2")):
                with self.subTest(flags):
                    result = polytune("plan", program, "--memory=100K", *flags)
                    self.assertFailed(result, PROGRAM, "KiB of memory at least, more than the 100 KiB that are allowed")
                    self.assertFailed(polytune("plan", program, "--memory=20", *flags), PROGRAM, "more than the 20 bytes that are allowed")
                    least = int(re.search(r"--memory: a party takes (\d+) KiB of memory at least", result.err)[1])
                    fits = self.plan(program, f"--memory={least}K", *flags)
                    self.assertTrue(all(seat["memory_bytes"] <= least << 10 for seat in fits["parties"]), fits)
                    self.assertFailed(polytune("plan", program, f"--memory={least - 1}K", *flags), PROGRAM,
                                      f"takes {least} KiB of memory at least")
            each = [re.search(r"takes (\d+) KiB", polytune("plan", program, "--memory=100K", f"--threads={n}").err)[1] for n in (1, 2)]
            self.assertEqual(each[0], each[1])  # more threads are not a must
            self.assertFailed(polytune("plan", program, "--memory=much"), USAGE, "--memory takes a number of bytes")

    def test_a_circuit_in_pieces(self):
        circuit = str(ROOT / "examples/zero_equal8.txt")
        foretold = self.plan(circuit, "--share=3")
        self.assertEqual(len(foretold["parties"]), 3)
        self.assertGreater(foretold["parties"][0]["memory_bytes"], 0)

    def test_text(self):
        result = polytune("plan", SALARIES, "--link=100mbit,50ms", "--dealer")
        self.assertEqual(result.status, DONE, result)
        self.assertRegex(result.out, r"(?m)^party 2 +161 kB +93\.8 kB +12 +\d\.\d\d MB$")
        self.assertRegex(result.out, r"(?m)^dealer +13\.4 kB +1\.18 kB +\d+$")
        self.assertRegex(result.out, r"about \d\.\d\d s over 100mbit,50ms\n$")
        self.assertRegex(polytune("plan", SALARIES).out, r"about \d+\.\d\d s of computing\n$")

    def test_the_line_that_a_run_begins_with(self):
        run = polytune("simulate", SALARIES, "--threads=1", *SALARY_INPUTS)
        self.assertEqual(run.err.splitlines()[0],
                         "polytune: 878 AND gates: a party sends up to 311 kB, receives up to 383 kB, waits for 16 messages "
                         "in turn, takes 2.19 MB")

    def test_wrong_flags(self):
        self.assertFailed(polytune("plan", SALARIES, "--link=fast"), USAGE, "--link is a rate and a round trip")
        self.assertFailed(polytune("plan", SALARIES, "--evaluator=3"), USAGE, "--evaluator")
        self.assertFailed(polytune("plan", str(ROOT / "examples/nothing.garble")), INPUT, "nothing.garble")
        self.assertFailed(polytune("plan"), USAGE, "PROGRAM")


if __name__ == "__main__":
    unittest.main()
