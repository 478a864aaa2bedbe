"""Errors as programs and people read them: --json on stdout, colours on a terminal."""
import json
import pathlib
import subprocess
import tempfile
import unittest

from support import BIN, Case, INPUT, MAX, PANIC, PROGRAM, TIMEOUT, TRANSPORT, USAGE, on_terminal, polytune, program_file

BAD = "pub fn main(first: u8, b: u8) -> u8 {\n    let s = frist + b;\n    s + true\n}\n"
NOWHERE = {"line": None, "column": None, "end_line": None, "end_column": None}


def at(line, column, end_line, end_column):
    return {"line": line, "column": column, "end_line": end_line, "end_column": end_column}


class Diagnostics(Case):
    def assertErrors(self, result, status, *expected):
        self.assertEqual(result.status, status, result)
        self.assertEqual(result.out.count("\n"), 1, result)
        got = json.loads(result.out)
        self.assertEqual(list(got), ["errors"])
        for error in got["errors"]:
            self.assertEqual(list(error), ["file", "line", "column", "end_line", "end_column", "phase", "message"])
        self.assertEqual(got["errors"], [*expected], result)
        self.assertTrue(result.err)

    def test_all_errors_of_a_program(self):
        with program_file(BAD) as path:
            name = {"file": str(path), "phase": "type", "message": "unknown name `frist`; did you mean `first`?",
                    **at(2, 13, 2, 18)}
            for command in (["check"], ["compile"], ["eval", "--input=1", "--input=1"],
                            ["simulate", "--input=1", "--input=1"]):
                result = polytune(command[0], path, *command[1:], "--json")
                self.assertErrors(result, PROGRAM, name)
                self.assertIn(f"{path}:2:13: type error: unknown name", result.err)
        with program_file("pub fn main(a: u8, b: u8) -> u8 { a + b }") as path:
            self.assertEqual(polytune("check", path, "--json").out, '{"errors":[]}\n')
        with program_file("pub fn main(a: u8, b: u8) -> u8 { a + c + d }") as path:
            self.assertErrors(polytune("check", path, "--json"), PROGRAM,
                              {"file": str(path), "phase": "type", "message": "unknown name `c`", **at(1, 39, 1, 40)},
                              {"file": str(path), "phase": "type", "message": "unknown name `d`", **at(1, 43, 1, 44)})
        with program_file("pub fn main(a: u8, b: u8) -> u8 { 1_0 }") as path:
            self.assertErrors(polytune("check", path, "--json"), PROGRAM,
                              {"file": str(path), "phase": "scan", **at(1, 35, 1, 38),
                               "message": "bad number: digits cannot be separated by `_`"})

    def test_errors_without_a_place(self):
        with program_file("pub fn main(a: u8, b: u8) -> u8 { a ^ b }") as path:
            self.assertErrors(polytune("eval", path, "--function=mian", "--json"), PROGRAM,
                              {"file": str(path), "phase": "compile", **NOWHERE,
                               "message": "there is no function mian; did you mean main?"})
            self.assertErrors(polytune("eval", path, "--input=1", "--input=x", "--json"), INPUT,
                              {"file": None, "phase": "input", **NOWHERE,
                               "message": "input of party 1: line 1, column 1: expected a value of type u8, found `x`"})
            self.assertErrors(polytune("eval", path, "--input=1", "--json"), USAGE,
                              {"file": None, "phase": "usage", **NOWHERE,
                               "message": f"'{path}' takes the input of 2 parties, but --input is given 1 time"})
        result = polytune("check", "nowhere.garble", "--json")
        self.assertEqual(json.loads(result.out)["errors"][0]["phase"], "input")

    def test_constants(self):
        with program_file("const N: u8 = A::N;\npub fn main(a: u8, b: u8) -> u8 { a ^ b ^ N }") as path:
            self.assertErrors(polytune("compile", path, "--json"), INPUT,
                              {"file": str(path), "phase": "compile", "message": "missing constant A::N",
                               **at(1, 15, 1, 19)})

    def test_panics(self):
        with program_file("pub fn main(a: u8, b: u8) -> u8 {\n    a + b\n}") as path:
            for command in ("eval", "simulate"):
                self.assertErrors(polytune(command, path, "--input=200", "--input=100", "--json"), PANIC,
                                  {"file": str(path), "phase": "panic", **at(2, 5, 2, 10),
                                   "message": "The program panicked at line 2, column 5: Overflow."})

    def test_parties(self):
        result = polytune("party", "http://127.0.0.1:9", "--session=s", f"--program={MAX}", "--party=0", "--input=1",
                          "--timeout=1", "--json")
        self.assertEqual(result.status, TRANSPORT)
        self.assertEqual(json.loads(result.out)["errors"][0]["phase"], "transport")

    def test_a_program_that_is_no_text(self):
        """One line, where there was one for each byte."""
        with tempfile.TemporaryDirectory() as folder:
            for content, words in ((b"\x7fELF\x02\x01\0\0" * 100, "there are bytes in it that no text has"),
                                   ("pub fn main() {}".encode("utf-16"), "this is UTF-16 text; save the file as UTF-8")):
                path = pathlib.Path(folder) / "p.garble"
                path.write_bytes(content)
                result = polytune("check", path)
                self.assertFailed(result, PROGRAM, f"'{path}' is no program: {words}")
                self.assertEqual(result.err.count("\n"), 1)

    def test_bytes_that_are_no_text(self):
        done = subprocess.run([BIN, "eval", str(MAX), "--input=1", b"--input=\xff", "--json"], capture_output=True, timeout=TIMEOUT)
        self.assertEqual(done.returncode, INPUT)
        self.assertIn("input of party 1", json.loads(done.stdout)["errors"][0]["message"])
        done = subprocess.run([BIN, "check", b"\xff.garble", "--log-format=json"], capture_output=True, timeout=TIMEOUT)
        self.assertIn("?.garble", json.loads(done.stderr)["message"])

    def test_colours_are_for_terminals(self):
        with program_file(BAD) as path:
            _, colored = on_terminal("check", path)
            self.assertIn("\x1b[1;31mtype error:\x1b[0m \x1b[1munknown name `frist`", colored)
            self.assertIn("\x1b[1;31m^^^^^\x1b[0m", colored)
            plain = polytune("check", path).err
            self.assertNotIn("\x1b", plain)
            for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
                self.assertEqual(on_terminal("check", path, env=env)[1], plain)
            self.assertEqual(on_terminal("check", path, env={"NO_COLOR": ""})[1], colored)
            self.assertNotIn("\x1b", on_terminal("check", path, "--log-format=json")[1])


if __name__ == "__main__":
    unittest.main()
