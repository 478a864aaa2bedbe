"""Garble programs through eval, check, compile and simulate: results, panics, bad programs, bad inputs."""
import contextlib
import json
import os
import pathlib
import tempfile
import threading
import unittest

from support import Case, DONE, INPUT, MAX, PANIC, PROGRAM, USAGE, polytune, program_file

ADD = "pub fn main(p: u8, q: u8) -> u8 { p + q }"


class Programs(Case):
    def test_a_result_is_alone_on_stdout(self):
        for command in ("eval", "simulate"):
            self.assertRan(polytune(command, MAX, "--input=7", "--input=9"), "false")
            result = polytune(command, MAX, "--input=7", "--input=9", "--quiet")
            self.assertEqual((result.status, result.out, result.err), (DONE, "false\n", ""))

    def test_json_of_eval(self):
        with program_file(ADD) as path:
            got = self.json_of(polytune("eval", path, "--input=7", "--input=9", "--json"))
        self.assertEqual(got, {"result": {"NumUnsigned": [16, "U8"]}, "text": "16"})

    def test_json_of_simulate(self):
        with program_file(ADD) as path:
            got = self.json_of(polytune("simulate", path, "--input=7", "--input=9", "--json"))
        self.assertEqual(got["result"], {"NumUnsigned": [16, "U8"]})
        self.assertEqual((got["text"], got["parties"]), ("16", 2))
        self.assertGreater(got["and"], 0)
        self.assertGreater(got["seconds"], 0)
        self.assertEqual(len(got["bytes_sent"]), 2)
        self.assertTrue(all(b > 1000 for b in got["bytes_sent"]))
        self.assertGreater(got["peak_rss_bytes"], 1 << 20)
        self.assertTrue(got["phases"])
        self.assertTrue(all(isinstance(seconds, float) for seconds in got["phases"].values()))

    def test_a_panic_names_reason_line_and_column(self):
        with program_file(ADD) as path:
            for command in ("eval", "simulate"):
                result = polytune(command, path, "--input=200", "--input=56")
                self.assertFailed(result, PANIC, "verflow", "1", "35")

    def test_only_output_parties_matter(self):
        for outputs in ("0", "1", "0,1"):
            self.assertRan(polytune("simulate", MAX, "--input=9", "--input=7", f"--output-parties={outputs}"), "true")
        for evaluator in (0, 1):
            self.assertRan(polytune("simulate", MAX, "--input=9", "--input=7", f"--evaluator={evaluator}"), "true")

    def test_every_parameter_gives_the_same_result(self):
        for more in ("--rho=80", "--cot-bits=1", "--cot-bits=2", "--cot-bits=8"):
            self.assertRan(polytune("simulate", MAX, "--input=9", "--input=7", more), "true")

    def test_check_is_silent_when_good(self):
        result = polytune("check", MAX)
        self.assertEqual((result.status, result.out, result.err), (DONE, "", ""))

    def test_check_looks_at_the_function_that_is_named(self):
        text = "pub fn good(a: u8, b: u8) -> u8 { a + b }\npub fn bad(a: [u8; 3], b: u8) -> u8 { b ^ a[1usize + 2] }\n"
        with program_file(text) as path:
            self.assertRan(polytune("check", path, "--function=good"), "")
            self.assertFailed(polytune("check", path, "--function=bad"), PROGRAM, ":2:43", "index out of bounds")
            self.assertFailed(polytune("check", path, "--function=god"), PROGRAM, "did you mean good?")
            self.assertFailed(polytune("check", path), PROGRAM, "index out of bounds")
            self.assertFailed(polytune("compile", path), PROGRAM, "no function main; choose one of its functions: good, bad")
        with program_file("pub fn half(a: u8, b: u8) -> u8 { a / 2 + b }\n") as path:
            result = polytune("check", path)
            self.assertEqual((result.status, result.out), (DONE, ""))
            self.assertIn("no function main; choose one of its functions: half, with --function", result.err)

    def test_a_file_without_functions_is_no_program(self):
        for text in ("", "\n", "// later\n", "const N: usize = 3usize;\n", "const N: usize = P::N;\nstruct S { a: u8 }\n"):
            with program_file(text) as path:
                for arguments in (("check", path), ("check", path, "--const=P::N=3usize"), ("compile", path, "--const=P::N=3usize")):
                    self.assertFailed(polytune(*arguments), PROGRAM, "there is no function main: a program has one, as `pub fn main(")
                report = polytune("check", path, "--json")
                self.assertEqual(report.status, PROGRAM, report)
                self.assertIn("there is no function main", report.out)

    def test_check_takes_constants(self):
        with program_file("const N: usize = P::N; pub fn main(a: [u8; N], b: u8) -> u8 { a[2usize + 0] ^ b }\n") as path:
            self.assertRan(polytune("check", path), "")
            self.assertRan(polytune("check", path, "--const=P::N=3usize"), "")
            self.assertFailed(polytune("check", path, "--const=P::N=2usize"), PROGRAM, "the array has 2 elements")
            self.assertFailed(polytune("check", path, "--const=P::N=true"), INPUT, "P::N")

    def test_a_bad_program_is_shown_with_a_caret(self):
        with program_file("pub fn main(a: u8, b: u8) -> u8 {\n    a + c\n}\n") as path:
            for command in (["check"], ["compile"], ["eval", "--input=1", "--input=1"]):
                result = polytune(command[0], path, *command[1:])
                self.assertFailed(result, PROGRAM, "program.garble:2:9", "    a + c", "^")

    def test_an_exported_circuit_goes_where_it_is_sent(self):
        with tempfile.TemporaryDirectory() as folder:
            file, link, pipe = (pathlib.Path(folder, name) for name in ("a.txt", "link.txt", "pipe"))
            self.assertEqual(polytune("compile", MAX, "-o", file).status, DONE)
            circuit = file.read_text()
            self.assertRan(polytune("compile", MAX, "-o", "-"), circuit.strip())
            self.assertFailed(polytune("compile", MAX, "-o", "-", "--report"), USAGE, "-o")
            self.assertEqual(polytune("compile", MAX, "-o", "-", "--json").status, USAGE)
            # What is no plain file is written to, not replaced.
            link.symlink_to(file)
            file.write_text("old")
            self.assertEqual(polytune("compile", MAX, "-o", link).status, DONE)
            self.assertTrue(link.is_symlink())
            self.assertEqual(file.read_text(), circuit)
            os.mkfifo(pipe)
            end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
            self.assertEqual(polytune("compile", MAX, "-o", pipe).status, DONE)
            self.assertEqual(os.read(end, 1 << 20).decode(), circuit)
            os.close(end)
            self.assertTrue(pipe.is_fifo())

    def test_a_program_may_come_from_a_named_pipe(self):
        """Which is opened once: its writer may be done soon after."""
        def write(path):
            with contextlib.suppress(BrokenPipeError):
                path.write_text(ADD)

        with tempfile.TemporaryDirectory() as folder:
            pipe = pathlib.Path(folder, "pipe")
            os.mkfifo(pipe)
            for _ in range(50):
                writer = threading.Thread(target=write, args=(pipe,), daemon=True)
                writer.start()
                self.assertEqual(polytune("check", pipe).status, DONE)
                writer.join(10)

    def test_a_named_function_is_run(self):
        with program_file(ADD + " pub fn twice(p: u8, q: u8) -> u8 { p + q + p + q }") as path:
            self.assertRan(polytune("eval", path, "--function=twice", "--input=7", "--input=9"), "32")
            self.assertFailed(polytune("eval", path, "--function=nothing", "--input=7", "--input=9"), PROGRAM, "nothing")

    def test_bad_inputs_say_whose_and_why(self):
        for bad in ("300", "x", "-1", "", "5 apples", "[1]"):
            result = polytune("eval", MAX, "--input=1", "--input=" + (bad if bad != "300" else "99999999999999999999"))
            self.assertFailed(result, INPUT, "party 1")

    def test_inputs_from_files(self):
        with tempfile.TemporaryDirectory() as folder:
            text, document = pathlib.Path(folder, "a"), pathlib.Path(folder, "b.json")
            text.write_text("12\n")
            document.write_text(json.dumps({"NumUnsigned": [11, "U64"]}, indent=1))
            self.assertRan(polytune("eval", MAX, f"--input=@{text}", f"--input=@{document}"), "true")
            document.write_text('{"NumUnsigned": [11, "U8"]}')
            self.assertFailed(polytune("eval", MAX, f"--input=@{text}", f"--input=@{document}"), INPUT, "party 1", "b.json")

    def test_compile_prints_a_flat_object(self):
        with program_file(ADD) as path:
            got = self.json_of(polytune("compile", path, "--json"))
            for key in ("and", "xor", "not", "inputs", "outputs", "depth"):
                self.assertIsInstance(got[key], int)
            self.assertEqual(got["inputs"], 16)
            self.assertLessEqual(got["and"], 8)
            self.assertIn("AND gates", polytune("compile", path).out)

    def test_a_report_says_where_gates_come_from(self):
        source = """fn twice(n: u8) -> u8 {
    n + n
}
pub fn main(a: u8, b: u8) -> u8 {
    let c = a & b;
\tlet unused = a * b;
    let mut d = twice(a ^ b)
        + (c
            & b);
    for i in 0..3 {
        d = d ^ (twice(d) & a);
    }
    d ^ (a & b)
}
"""
        with program_file(source) as path:
            got = self.json_of(polytune("compile", path, "--report", "--json"))
            lines = {row["line"]: row for row in got["lines"]}
            self.assertEqual(sum(row["and"] for row in got["lines"]), got["and"])
            self.assertAlmostEqual(sum(row["percent"] for row in got["lines"]), 100)
            counts = [row["and"] for row in got["lines"]]
            self.assertEqual(counts, sorted(counts, reverse=True))
            self.assertIn(5, lines)  # a & b, which line 13 shares
            self.assertNotIn(13, lines)
            self.assertEqual(lines[5], {"line": 5, "and": 8, "percent": lines[5]["percent"], "source": "let c = a & b;"})
            self.assertIn(11, lines)
            # The sum belongs to the line where its right operand begins. The product can panic, so it is not dead.
            self.assertTrue({2, 6, 8} <= lines.keys(), lines)
            self.assertEqual(lines[6]["source"], "let unused = a * b;")
            text = polytune("compile", path, "--report").out
            self.assertRegex(text, r"(?m)^ AND gates   share   line  source$")
            self.assertRegex(text, r"(?m)^ +8 +\d+\.\d % +5  let c = a & b;$")
            self.assertRegex(text, rf"(?m)^ +{got['and']}   total$")
            self.assertEqual(polytune("compile", path).out, text[:text.index("\n\n") + 1])
            # Counting changes nothing.
            without = self.json_of(polytune("compile", path, "--json"))
            self.assertEqual({**without, "lines": got["lines"]}, got)

    def test_a_report_of_next_to_nothing(self):
        with program_file("pub fn main(a: u8, b: u8) -> u8 { a ^ b }") as path:
            self.assertEqual(self.json_of(polytune("compile", path, "--report", "--json"))["lines"], [])
            self.assertIn("0   total", polytune("compile", path, "--report").out)
            target = path.with_suffix(".txt")
            self.assertEqual(polytune("compile", path, "-o", target).status, DONE)
            self.assertFailed(polytune("compile", target, "--report"), USAGE, "Bristol")

    def test_an_exported_circuit_computes_the_same(self):
        # Garble's own order: most significant bit first, so the literals are bit-reversed here.
        with program_file(ADD) as path:
            target = path.with_suffix(".txt")
            self.assertEqual(polytune("compile", path, "-o", target).status, DONE)
            reverse = lambda v: "0b" + format(v, "08b")[::-1]
            result = polytune("eval", target, f"--input={reverse(57)}", f"--input={reverse(100)}")
            self.assertEqual(format(int(result.out, 16), "08b")[::-1], format(157, "08b"), result)

    def test_a_circuit_is_made_smaller(self):
        # The textbook majority of three bits; x | y is !(!x & !y).
        text = ("11 14\n3 1 1 1\n1 1\n\n2 1 0 1 3 AND\n2 1 0 2 4 AND\n2 1 1 2 5 AND\n1 1 3 6 INV\n1 1 4 7 INV\n"
                "2 1 6 7 8 AND\n1 1 8 9 INV\n1 1 5 10 INV\n1 1 9 11 INV\n2 1 10 11 12 AND\n1 1 12 13 INV\n")
        with tempfile.TemporaryDirectory() as folder:
            before, after = pathlib.Path(folder) / "before.txt", pathlib.Path(folder) / "after.txt"
            before.write_text(text)
            self.assertEqual(self.json_of(polytune("compile", before, "-o", after, "--json"))["and"], 1)
            self.assertEqual(after.read_text().count(" AND"), 1)
            for x in range(8):
                inputs = [f"--input=0b{x >> i & 1}" for i in range(3)]
                for path in (before, after):
                    self.assertRan(polytune("eval", path, *inputs), f"0x{int(x.bit_count() > 1)}")

    def test_external_constants(self):
        source = "const ROWS: usize = PARTY_0::ROWS;\npub fn main(a: [u8; ROWS], b: u8) -> u8 { let mut s = b; for x in a { s ^= x; } s }"
        with program_file(source) as path:
            self.assertRan(polytune("eval", path, "--const=PARTY_0::ROWS=3usize", "--input=[1, 2, 4]", "--input=8"), "15")
            self.assertFailed(polytune("eval", path, "--input=[1, 2, 4]", "--input=8"), INPUT, "PARTY_0::ROWS")
            self.assertEqual(polytune("eval", path, "--const=ROWS=3usize", "--input=[1]", "--input=8").status, 2)


if __name__ == "__main__":
    unittest.main()
