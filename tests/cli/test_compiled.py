"""Programs compiled once (.ptc): the same as from their text, at every command, and together with parties who compile it."""
import contextlib
import json
import os
import pathlib
import tempfile
import unittest

from support import Case, DONE, INPUT, NOBODY, PANIC, PEER, PROGRAM, Process, ROOT, USAGE, polytune, relay, wait_until

SALARIES = str(ROOT / "examples/salaries.garble")
SALARY_INPUTS = ("--input=59000", "--input=54000", "--input=10")
ROWS = """const N: usize = PARTY_0::N;
pub fn main(a: [u8; N], b: u8) -> u8 {
    let mut s = b;
    for x in a { s = s + x }
    s
}
"""


def start(url, session, inputs, programs):
    """A party for each input, with flags of its own for the program."""
    return [Process("party", url, f"--session={session}", f"--party={i}", f"--input={text}", *programs[i])
            for i, text in enumerate(inputs)]


class Compiled(Case):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name, text=None):
        path = pathlib.Path(self.folder.name) / name
        if text is not None:
            path.write_text(text)
        return str(path)

    def compiled(self, program, *flags):
        path = self.path(os.path.basename(program).replace(".garble", ".ptc"))
        result = polytune("compile", program, "-o", path, *flags)
        self.assertEqual(result.status, DONE, result)
        return path

    def test_every_command_takes_it(self):
        saved = self.compiled(SALARIES)
        self.assertEqual(polytune("check", saved).err, "")
        for command in ("eval", "simulate"):
            one, other = (polytune(command, p, *SALARY_INPUTS, "--quiet") for p in (SALARIES, saved))
            self.assertEqual((one.status, one.out, one.err), (DONE, other.out, other.err), other)
        for command in ("compile", "plan"):
            one, other = (json.loads(polytune(command, p, "--json").out) for p in (SALARIES, saved))
            self.assertEqual(one["and"], other["and"])
        for to in ("x.txt", "x.ptc"):
            one, other = self.path("1" + to), self.path("2" + to)
            self.assertEqual(polytune("compile", SALARIES, "-o", one).status, DONE)
            self.assertEqual(polytune("compile", saved, "-o", other).status, DONE)
            self.assertEqual(pathlib.Path(one).read_bytes(), pathlib.Path(other).read_bytes())

    def test_parties_from_both_agree(self):
        saved = self.compiled(SALARIES)
        with relay() as (url, _):
            programs = [(f"--program={p}",) for p in (SALARIES, saved, saved)]
            for party in start(url, "s", ["59000", "54000", "10"], programs):
                result = party.wait()
                self.assertEqual((result.status, result.out), (DONE, "false\n"), result)

    def test_constants_are_those_it_has(self):
        text = self.path("rows.garble", ROWS)
        saved = self.compiled(text, "--const=PARTY_0::N=3usize")
        with relay() as (url, _):
            for given, status, said in (("3usize", DONE, "9\n"), ("4usize", PEER, "")):
                inputs = ["[1,2,3]" if given[0] == "3" else "[1,2,3,4]", "3"]
                programs = [(f"--program={text}", f"--const=N={given}"), (f"--program={saved}",)]
                results = [p.wait() for p in start(url, "s" + given, inputs, programs)]
                self.assertEqual([r.out for r in results], [said, said], results)
                self.assertEqual(results[1].status, status, results[1])
        self.assertEqual(polytune("eval", saved, "--input=[1,2,3]", "--input=3").out, "9\n")
        self.assertFailed(polytune("compile", text, "-o", self.path("y.ptc")), INPUT, "missing constant PARTY_0::N")
        self.assertFailed(polytune("eval", saved, "--const=PARTY_0::N=3usize", "--input=1"), USAGE,
                          "is a compiled program: --const is for its text")

    def test_what_cannot_be_chosen_any_more(self):
        saved = self.compiled(SALARIES)
        self.assertEqual(polytune("eval", saved, "--function=main", *SALARY_INPUTS).status, DONE)
        self.assertFailed(polytune("eval", saved, "--function=other", "--input=1"), USAGE, "of the function main alone")
        self.assertFailed(polytune("compile", saved, "--report"), USAGE, "--report is for its text")
        self.assertFailed(polytune("eval", saved, "--share=3", "--input=1"), USAGE, "--share is for its text")
        circuit = str(ROOT / "examples/zero_equal8.txt")
        self.assertFailed(polytune("compile", circuit, "-o", self.path("z.ptc")), USAGE, "a .ptc file is made of a program")

    def test_a_panic_has_its_place(self):
        saved = self.compiled(self.path("p.garble", "pub fn main(a: u8, b: u8) -> u8 {\n    a / b\n}\n"))
        result = polytune("eval", saved, "--input=1", "--input=0")
        self.assertFailed(result, PANIC, "line 2, column 5: Division By Zero")

    def test_damage(self):
        saved = pathlib.Path(self.compiled(SALARIES))
        good = saved.read_bytes()
        for bad, said in ((good[:-1], "checksum"), (b"", "cut off"), (good[:4], "cut off"), (good[:20], "cut off"), (good[:100] + b"x" + good[101:], "checksum"),
                          (good[:8] + b"\x09" + good[9:], "version 9"), (good + b"x", "checksum")):
            saved.write_bytes(bad)
            for command in ("check", "compile", "eval"):
                self.assertFailed(polytune(command, str(saved), *(("--input=1",) if command == "eval" else ())), INPUT, said)

    def test_a_file_that_is_called_as_standard_input_is_not_meant(self):
        os.rename(self.compiled(SALARIES), self.path("-"))
        result = polytune("eval", "-", "--input=3", "--input=1", stdin="pub fn main(a: u8, b: u8) -> u8 { a & b }",
                          cwd=self.folder.name)
        self.assertRan(result, "1")

    def written_while_it_runs(self, named, saved, other):
        """The result of "a & b" of 12 and 10 with `other` in the file once it was read, and "mapped" or "copied"; only root
        may see which."""
        pipe, writer = self.path("pipe"), []

        def is_read():
            with contextlib.suppress(OSError):
                writer.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
            return writer

        os.mkfifo(pipe)
        run = Process("simulate", named, "--quiet", f"--input=@{pipe}", "--input=10")
        wait_until(is_read, "a party's input being read")
        how = None
        if os.geteuid() == 0:
            how = "mapped" if saved in pathlib.Path(f"/proc/{run.process.pid}/maps").read_text() else "copied"
        if other is not None:
            with open(saved, "r+b") as file:
                file.write(other)
                file.truncate()
        os.write(writer[0], b"12")
        os.close(writer[0])
        os.unlink(pipe)
        return run.wait().out, how

    def test_who_may_write_it_does_not_change_a_run(self):
        saved, other = (self.compiled(self.path(name + ".garble", f"pub fn main(a: u8, b: u8) -> u8 {{ a {op} b }}"))
                        for name, op in (("and", "&"), ("xor", "^")))
        good, bad = (pathlib.Path(path).read_bytes() for path in (saved, other))
        self.assertEqual(len(good), len(bad))
        copied, mapped = ("copied", "mapped") if os.geteuid() == 0 else (None, None)
        link = self.path("link.ptc")
        os.symlink(saved, link)
        owners = [(os.geteuid(), 0o666), (os.geteuid(), 0o620)] + [(NOBODY, 0o600)] * (os.geteuid() == 0)
        for owner, mode in owners:
            for named in (saved, link):
                for written in (bad, b""):
                    with self.subTest(owner=owner, mode=oct(mode), named=named, written=len(written)):
                        pathlib.Path(saved).write_bytes(good)
                        os.chown(saved, owner, -1)
                        os.chmod(saved, mode)
                        self.assertEqual(self.written_while_it_runs(named, saved, written), ("8\n", copied))
        pathlib.Path(saved).write_bytes(good)
        os.chown(saved, os.geteuid(), -1)
        os.chmod(saved, 0o644)
        for named in (saved, link):
            self.assertEqual(self.written_while_it_runs(named, saved, None), ("8\n", mapped))

    def test_a_limit_on_gates(self):
        saved = self.compiled(SALARIES)
        result = polytune("party", "http://127.0.0.1:9", "--session=s", f"--program={saved}", "--party=0", "--input=1",
                          "--max-ands=100")
        self.assertFailed(result, PROGRAM, "878 AND gates, more than --max-ands=100")


if __name__ == "__main__":
    unittest.main()
