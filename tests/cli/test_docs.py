"""What the documents show is what happens: every `$ polytune ...` line in README and docs is run and compared."""
import re
import shlex
import subprocess
import unittest

from support import BIN, Case, ROOT, TIMEOUT, one_processor


def transcripts(path):
    """(command, expected lines, program) from fenced blocks whose lines begin with '$ '; the program, which commands read
    from standard input, is the last rust block before. Blocks of text show what differs from run to run, but for plan's."""
    program = None
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", path.read_text(), re.M | re.S):
        if language == "rust":
            program = block
        if language not in ("", "console") and not (language == "text" and block.startswith("$ polytune plan ")):
            continue
        command, expected = None, []
        for line in block.splitlines():
            if line.startswith("$ "):
                if command is not None:
                    yield command, expected, program
                command, expected = line[2:], []
            elif command is not None and command.endswith("\\"):
                command = command[:-1] + " " + line.strip()
            elif command is not None:
                expected.append(line)
        if command is not None:
            yield command, expected, program


# What it tells whoever waits long, as on a busy machine.
PROGRESS = re.compile(r"polytune: (compiling: |\d+ % \()")
# The time that plan tells is this machine's.
SECONDS = re.compile(r"^about \d+\.\d\d s ")


def comparable(lines):
    return [SECONDS.sub("about .. s ", line) for line in lines if not PROGRESS.match(line)]


class Documents(Case):
    def setUp(self):
        one_processor(self)  # what is shown is of one thread a party

    def test_commands_shown(self):
        seen = 0
        for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
            for command, expected, program in transcripts(path):
                words = shlex.split(command)
                if words[0] != "polytune":
                    continue
                seen += 1
                with self.subTest(f"{path.name}: {command}"):
                    done = subprocess.run([BIN, *words[1:]], text=True, capture_output=True, timeout=TIMEOUT, cwd=ROOT,
                                          input=program if "-" in words else "")
                    self.assertEqual(comparable((done.stdout + done.stderr).splitlines()), comparable(expected))
        self.assertGreater(seen, 3)

    def test_every_program_of_the_guide_is_run(self):
        guide = ROOT / "docs/language.md"
        run = {program for command, _, program in transcripts(guide) if " - " in command + " "}
        programs = re.findall(r"^```rust\n(.*?)^```", guide.read_text(), re.M | re.S)
        self.assertGreater(len(programs), 15)
        for program in programs:
            with self.subTest(program):
                self.assertIn(program, run)

    def test_programs_shown_are_the_examples(self):
        for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
            for name, block in re.findall(r"^`(examples/\S+)`:?\n\n```\w*\n(.*?)^```", path.read_text(), re.M | re.S):
                with self.subTest(name):
                    self.assertIn(block.strip(), (ROOT / name).read_text())

    def test_files_named_exist(self):
        for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]:
            for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text()):
                with self.subTest(f"{path.name}: {target}"):
                    self.assertTrue((path.parent / target).exists())


if __name__ == "__main__":
    unittest.main()
