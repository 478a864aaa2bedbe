"""Files of -o: written as a whole or not at all; and results that cannot be written."""
import json
import os
import pathlib
import signal
import stat
import subprocess
import tempfile
import unittest

from support import (BIN, Case, DONE, INPUT, MAX, NOBODY, PANIC, Process, PROGRAM, TIMEOUT, USAGE, keys, on_terminal,
                     polytune, program_file, relay, wait_until)

EVAL = ("eval", MAX, "--input=5", "--input=4")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


class Output(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "out.txt"

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def test_a_new_file_is_as_the_umask_says(self):
        for umask, expected in ((0o022, 0o644), (0o077, 0o600)):
            done = subprocess.run([BIN, *map(str, EVAL), "-o", self.file], text=True, capture_output=True, umask=umask,
                                  timeout=TIMEOUT)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (DONE, "", ""))
            self.assertEqual((self.file.read_text(), mode(self.file), self.files()), ("true\n", expected, ["out.txt"]))
            self.file.unlink()

    def test_every_command_with_a_result(self):
        self.assertRan(polytune("simulate", *EVAL[1:], f"--output={self.file}"), "")
        self.assertEqual(self.file.read_text(), "true\n")
        with relay() as (url, _):
            files = [self.folder / "0", self.folder / "1"]
            parties = [Process("party", url, "--session=s", f"--program={MAX}", f"--party={i}", f"--input={5 - i}", "-o", file,
                               "--output-parties=0", *more)
                       for i, (file, more) in enumerate(zip(files, (["--json"], [])))]
            results = [party.wait() for party in parties]
            for result in results:
                self.assertRan(result, "")
        self.assertEqual(json.loads(files[0].read_text())["result"], "True")
        self.assertIn("does not receive the result", results[1].err)
        self.assertFalse(files[1].exists())

    def test_a_dash_is_stdout(self):
        self.assertRan(polytune(*EVAL, "-o", "-"), "true")
        self.assertFailed(polytune(*EVAL, "-o", "-", "--output=x"), USAGE, "-o and --output are the same")

    def test_permissions_stay(self):
        self.file.write_text("old, and longer than what comes")
        for bits in (0o600, 0o640, 0o755):
            self.file.chmod(bits)
            self.assertRan(polytune(*EVAL, "-o", self.file), "")
            self.assertEqual((self.file.read_text(), mode(self.file)), ("true\n", bits))
        self.assertEqual(self.files(), ["out.txt"])

    def test_files_beside_it_are_left_alone(self):
        part = self.folder / "out.txt.part"
        part.write_text("mine")
        self.assertEqual(polytune("compile", MAX, "-o", self.file).status, DONE)
        self.assertEqual(part.read_text(), "mine")
        self.assertEqual(self.files(), ["out.txt", "out.txt.part"])

    def test_a_link_stays_and_the_file_it_names_is_written(self):
        (self.folder / "there").mkdir()
        real = self.folder / "there" / "real.txt"
        real.write_text("old")
        real.chmod(0o600)
        self.file.symlink_to(pathlib.Path("there/real.txt"))
        self.assertRan(polytune(*EVAL, "-o", self.file), "")
        self.assertTrue(self.file.is_symlink())
        self.assertEqual((real.read_text(), mode(real)), ("true\n", 0o600))
        real.unlink()
        self.assertFailed(polytune(*EVAL, "-o", self.file), INPUT, "following the link", "No such file")

    def test_what_fails_leaves_the_old_file(self):
        self.file.write_text("old")
        with program_file("pub fn main(a: u8, b: u8) -> u8 { a + b }") as path:
            self.assertFailed(polytune("eval", path, "--input=255", "--input=1", "-o", self.file), PANIC)
        with program_file("pub fn main(") as path:
            self.assertFailed(polytune("compile", path, "-o", self.file), PROGRAM)
        self.assertFailed(polytune("eval", MAX, "--input=x", "--input=1", "-o", self.file), INPUT)
        self.assertEqual((self.file.read_text(), self.files()), ("old", ["out.txt"]))

    def test_a_bad_name_is_told_before_anything_is_done(self):
        for path, words in ((self.folder, "Is a directory"), (f"{self.file}/", "no name of a file"), ("", "no name of a file"),
                            ("/nowhere/x", "No such file or directory")):
            result = polytune("party", "http://127.0.0.1:1", "--session=s", f"--program={MAX}", "--party=0", "--input=1", "-o", path)
            self.assertFailed(result, INPUT, "cannot write", words)

    def as_nobody(self, *arguments):
        done = subprocess.run([BIN, *map(str, arguments)], text=True, capture_output=True, user=NOBODY, group=NOBODY,
                              extra_groups=[], cwd="/", timeout=TIMEOUT)
        return done

    def test_what_is_read_is_not_overwritten(self):
        program = self.folder / "program.garble"
        program.write_text(pathlib.Path(MAX).read_text())
        table = self.folder / "numbers.json"
        table.write_text('{"NumUnsigned": [5, "U32"]}')
        link = self.folder / "link"
        link.symlink_to(program)
        inputs = (f"--input=@{table}", "--input=4")
        for arguments, output in ((("compile", program), program), (("eval", program, *inputs), program),
                                  (("eval", program, *inputs), link), (("simulate", program, *inputs), table)):
            before = output.read_bytes()
            result = polytune(*arguments, f"--output={output}")
            self.assertFailed(result, USAGE, "would overwrite what is read")
            self.assertEqual(output.read_bytes(), before)

    def test_keys_and_databases_are_not_overwritten(self):
        other = self.folder / "other"
        other.write_text("a connection, a database or a secret\n")
        other.chmod(0o600)
        run = ("eval", MAX, "--input=1", "--query=SELECT 1")
        party = ("party", "http://127.0.0.1:9", "--session=s", f"--program={MAX}", "--party=0", "--input=1")
        with keys(2) as pairs:
            own = pairs.flags(0)
            for arguments, output in (((*run, f"--input=sqlite:{other}"), other), ((*run, f"--input=odbc:@{other}"), other),
                                      ((*party, f"--session-secret=@{other}"), other),
                                      *(((*party, *own), flag.partition("=")[2]) for flag in own)):
                before = pathlib.Path(output).read_bytes()
                self.assertFailed(polytune(*arguments, "-o", output), USAGE, f"--output={output} would overwrite what is read")
                self.assertEqual(pathlib.Path(output).read_bytes(), before)

    def test_a_name_that_is_too_long_is_told_before_anything_is_done(self):
        result = polytune("eval", MAX, "--input=x", "--input=4", f"--output={self.folder}/{'n' * 256}")
        self.assertFailed(result, INPUT, "name too long")

    def test_folders_and_files_that_may_not_be_written(self):
        if os.geteuid() != 0:
            self.skipTest("takes another user")
        os.chmod(self.folder, 0o755)
        self.file.write_text("old")
        os.chown(self.file, NOBODY, NOBODY)
        try:
            done = self.as_nobody(*EVAL, "-o", self.file)
        except PermissionError:
            self.skipTest("other users may not run what is built here")
        self.assertEqual(done.returncode, INPUT)
        self.assertIn("no new file can be made in its folder: Permission denied", done.stderr)
        os.chmod(self.folder, 0o777)
        os.chown(self.file, 0, 0)
        done = self.as_nobody(*EVAL, "-o", self.file)
        self.assertEqual(done.returncode, INPUT)
        self.assertIn("out.txt': Permission denied", done.stderr)
        self.assertEqual((self.file.read_text(), self.files()), ("old", ["out.txt"]))

    def test_devices_and_pipes_are_written_to(self):
        self.assertEqual(polytune(*EVAL, "-o", "/dev/null").status, DONE)
        self.assertRan(polytune(*EVAL, "-o", "/dev/stdout"), "true")
        with open(self.file, "w") as out:
            self.assertEqual(subprocess.run([BIN, *map(str, EVAL), "-o", "/dev/stdout"], stdout=out, timeout=TIMEOUT).returncode, DONE)
            out.write("more")
        self.assertEqual(self.file.read_text(), "true\nmore")
        for name, shell in (("stdout", '"$@" >&-'), ("stderr", '"$@" 2>&-')):
            command = ["sh", "-c", shell, "sh", BIN, *map(str, EVAL), "-o", f"/dev/{name}"]
            self.assertEqual(subprocess.run(command, capture_output=True, timeout=TIMEOUT).returncode, INPUT)

    def test_a_log_is_not_overwritten(self):
        self.file.write_text("what was said before\n")
        with open(self.file, "a") as log:
            subprocess.run([BIN, *map(str, EVAL), "-o", "/dev/stdout"], stdout=log, timeout=TIMEOUT)
        self.assertEqual(self.file.read_text(), "what was said before\ntrue\n")

    def test_nothing_stays_after_a_signal(self):
        source = "pub fn main(a: u64, b: u64) -> u64 { let mut x = a; for i in 0..3000 { x = x * b; } x }"
        with program_file(source) as path, relay() as (url, _):
            for command in (("simulate", path, "--input=3", "--input=5"),
                            ("party", url, "--session=s", f"--program={MAX}", "--party=0", "--input=3")):
                for number in (signal.SIGINT, signal.SIGTERM):
                    process = Process(*command, "-o", self.file)
                    wait_until(self.files, "a file")
                    process.process.send_signal(number)
                    self.assertEqual(process.wait().status, -number)
                    self.assertEqual(self.files(), [])

    def test_a_full_disk(self):
        result = polytune(*EVAL, "-o", "/dev/full")
        self.assertFailed(result, INPUT, "cannot write '/dev/full': No space left", "the result is lost")
        self.assertNotIn("true", result.err)

    def test_a_write_that_fails_leaves_the_old_file(self):
        self.file.write_text("old")
        for source, inputs in (("pub fn main(a: u8, b: u8) -> [u8; 400] { [a; 400] }", (3, 5)),  # too large once it is written
                               ("pub fn main(a: u8, b: u8) -> [u8; 9000] { [a / b; 9000] }", (3, 0))):  # before the run, which panics
            with program_file(source) as path:
                done = subprocess.run(["sh", "-c", 'ulimit -f 2; "$@"', "sh", BIN, "eval", path, *(f"--input={i}" for i in inputs), "-o",
                                       str(self.file)], text=True, capture_output=True, timeout=TIMEOUT)
            self.assertEqual(done.returncode, INPUT, done)
            self.assertIn(f"cannot write '{self.file}': File too large", done.stderr)
            self.assertEqual((self.file.read_text(), self.files()), ("old", ["out.txt"]))

    def test_a_log_never_has_the_result(self):
        done = subprocess.run(["sh", "-c", '"$@" >/dev/full', "sh", BIN, *map(str, EVAL)], text=True, capture_output=True, timeout=TIMEOUT)
        self.assertEqual(done.returncode, INPUT)
        self.assertIn("the result is lost", done.stderr)
        self.assertIn("-o FILE opens a file before the run", done.stderr)
        self.assertNotIn("true", done.stderr)

    def test_a_closed_stdout_is_found_before_the_run(self):
        source = "pub fn main(a: u64, b: u64) -> u64 { let mut x = a; for i in 0..1000000 { x = x * b; } x }"
        with program_file(source) as path:
            done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", BIN, "eval", path, "--input=3", "--input=5"], text=True, capture_output=True,
                                  timeout=TIMEOUT)
        self.assertEqual(done.returncode, INPUT)
        self.assertIn("cannot write to standard output: it is closed; -o FILE", done.stderr)

    def test_a_terminal_does(self):
        with open("/dev/full", "w") as full:
            status, shown = on_terminal(*EVAL, stdout=full)
        self.assertEqual(status, INPUT)
        self.assertIn("the result, which could not be written:\ntrue\n", shown)

    def test_numbers_are_rounded(self):
        got = polytune("simulate", *EVAL[1:], "--json")
        for number in [json.loads(got.out)["seconds"], *json.loads(got.out)["phases"].values()]:
            self.assertLessEqual(len(str(number).partition(".")[2].partition("e")[0]), 6, got)


if __name__ == "__main__":
    unittest.main()
