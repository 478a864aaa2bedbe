"""Shell completion and manual pages: made from the tables of --help, so they have all it has."""
import pathlib
import re
import shutil
import subprocess
import tempfile

import unittest

from support import BIN, Case, DONE, ROOT, TIMEOUT, USAGE, polytune


def commands():
    return re.findall(r"^  ([a-z]+) ", polytune("--help").out, re.M)


def flags(command):
    """(flag, placeholder or '') of a command's help."""
    return re.findall(r"^  (--?[a-z][a-z-]*)(?:[= ](\S+))?(?=\s)", re.sub(r"(?m)^  (\S+)   .*", r"  \1 ", polytune(command, "--help").out.split("\n\n", 1)[1]), re.M)


def run(*command, stdin=None):
    return subprocess.run(command, text=True, capture_output=True, timeout=TIMEOUT, cwd=ROOT, input=stdin)


class Completion(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        for shell in ("bash", "zsh", "fish"):
            made = polytune("completion", shell)
            assert made.status == DONE, made
            (pathlib.Path(cls.folder.name) / shell).write_text(made.out)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def script(self, shell):
        return f"{self.folder.name}/{shell}"

    def in_bash(self, line):
        """What bash would put in place of the word, as it takes words: the last after = or @."""
        done = run("bash", "-c", 'source "$1"; COMP_LINE=$2 COMP_POINT=${#2}; _polytune; (( ! ${#COMPREPLY[@]} )) || '
                   'printf "%s\\n" "${COMPREPLY[@]}"', "bash", self.script("bash"), line)
        self.assertEqual((done.returncode, done.stderr), (0, ""), line)
        return done.stdout.split("\n")[:-1]

    def test_bash_completes(self):
        for line, expected in (("polytune simu", ["simulate"]), ("polytune help ser", ["serve"]), ("polytune --ver", ["--version"]),
                               ("polytune eval --inp", ["--input="]), ("polytune eval --js", ["--json"]), ("polytune eval --zz", []),
                               ("polytune eval examples/million", ["examples/millionaires.garble"]),
                               ("polytune party --program=examples/million", ["examples/millionaires.garble"]),
                               ("polytune party --program examples/million", ["examples/millionaires.garble"]),
                               ("polytune eval x --json examples/million", ["examples/millionaires.garble"]),
                               ("polytune eval --input=@READ", ["README.md"]), ("polytune eval --input @READ", ["README.md"]),
                               ("polytune eval --input=READ", []), ("polytune party --session READ", []), ("polytune party READ", []),
                               ("polytune serve --log-format=j", ["json"]), ("polytune completion ", ["bash", "zsh", "fish"])):
            with self.subTest(line):
                self.assertEqual(self.in_bash(line), expected)

    def test_bash_offers_every_command_and_flag(self):
        self.assertEqual(set(self.in_bash("polytune ")), {*commands(), "help", "--help", "--version"})
        for command in commands():
            expected = {name + ("=" if value and name[1] == "-" else "") for name, value in flags(command)}
            self.assertEqual(set(self.in_bash(f"polytune {command} -")), expected, command)

    def test_all_shells_have_every_flag(self):
        zsh, fish = (pathlib.Path(self.script(shell)).read_text() for shell in ("zsh", "fish"))
        for command in commands():
            part = zsh.split(f"            {command})\n", 1)[1].split(";;", 1)[0]
            lines = [line for line in fish.splitlines() if f"from {command}'" in line]
            self.assertGreater(len(flags(command)), 3)
            for name, _ in flags(command):
                self.assertRegex(part, rf"'\*?{name}=?\[", command)
                option = f" -{'l' if name.startswith('--') else 's'} {name.lstrip('-')} "
                self.assertTrue(any(option in line for line in lines), (command, name))

    def test_other_shells_understand_them(self):
        for shell in ("zsh", "fish"):
            if shutil.which(shell):
                done = run(shell, "-n", self.script(shell))
                self.assertEqual((done.returncode, done.stderr), (0, ""), shell)
        if shutil.which("fish"):
            for line, expected in (("polytune simu", "simulate"), ("polytune party --sess", "--session"),
                                   ("polytune eval examples/million", "examples/millionaires.garble"),
                                   ("polytune eval --input=@READ", "--input=@README.md")):
                done = run("fish", "--no-config", "-c", f"source {self.script('fish')}; complete -C '{line}'")
                self.assertIn(expected, [shown.split("\t")[0] for shown in done.stdout.splitlines()], (line, done))

    def test_another_shell_is_named(self):
        self.assertFailed(polytune("completion", "csh"), USAGE, "bash, zsh or fish, not 'csh'")
        self.assertFailed(polytune("completion"), USAGE, "usage: polytune completion SHELL")


class ManualPages(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        made = polytune("manpages", self.folder)
        self.assertEqual(made.status, DONE, made)

    def test_a_page_for_each_command_with_all_its_flags(self):
        pages = {"polytune.1"} | {f"polytune-{command}.1" for command in commands()}
        self.assertEqual({path.name for path in self.folder.iterdir()}, pages)
        for command in commands():
            self.assertIn(f"polytune\\-{command}", (self.folder / "polytune.1").read_text())
            page = (self.folder / f"polytune-{command}.1").read_text().replace("\\-", "-")
            for name, value in flags(command):
                self.assertIn(f"\n.TP\n\\fB{name}\\fR" + (f"{' ='[name[1] == '-']}\\fI{value}" if value else "\n"), page)

    def test_formatters_find_no_fault(self):
        checks = [("mandoc", "-T", "lint", "-W", "error"), ("groff", "-man", "-Tutf8", "-ww", "-z")]
        for check in checks:
            for path in self.folder.iterdir() if shutil.which(check[0]) else ():
                done = run(*check, path)
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""), path.name)

    def test_examples_stay_as_they_are_typed(self):
        if not shutil.which("groff"):
            self.skipTest("no groff here")
        shown = run("groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", self.folder / "polytune-party.1").stdout
        self.assertIn("--session=pay-2026 --program=salaries.garble \\\n", shown)
        self.assertIn("  --party=0 --input=59000\n", shown)


if __name__ == "__main__":
    unittest.main()
