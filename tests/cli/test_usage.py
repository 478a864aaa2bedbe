"""Help, versions, and everything a user can type wrongly."""
import json
import re
import shlex
import subprocess
import tempfile
import unittest

from support import BIN, Case, DONE, INPUT, MAX, PROGRAM, Process, ROOT, TIMEOUT, USAGE, on_terminal, polytune, program_file, relay



class Usage(Case):
    def test_help_and_version_everywhere(self):
        for command in ([], ["eval"], ["check"], ["compile"], ["simulate"], ["serve"], ["party"], ["keygen"], ["bench"], ["completion"]):
            result = polytune(*command, "--help")
            self.assertEqual(result.status, DONE, result)
            self.assertIn("usage: polytune", result.out)
            self.assertEqual(result.err, "")
        self.assertRegex(polytune("--version").out, r"^polytune \d+\.\d+\.\d+$")

    def test_help_of_a_command_both_ways(self):
        self.assertEqual(polytune("help", "serve").out, polytune("serve", "--help").out)
        self.assertIn("usage: polytune serve [FLAGS]", polytune("help", "serve").out)
        self.assertFailed(polytune("help", "evil"), USAGE, "did you mean 'eval'?")

    def test_help_fits_on_a_terminal(self):
        self.assertLessEqual(max(map(len, polytune().out.splitlines())), 80)
        for name in ("", "eval", "check", "compile", "simulate", "serve", "party", "pre", "keygen", "bench", "completion", "manpages", "doctor"):
            for line in polytune(*name.split(), "--help").out.splitlines():
                self.assertLessEqual(len(line), 80, (name, line))
                self.assertEqual(line, line.rstrip(), name)
                if line.startswith("  -"):  # the texts begin below each other
                    self.assertRegex(line, r"^  (-\S+|(?=.{28}\S)-\S+( [A-Z]+)? +\S.*)$")

    def test_messages_fit_on_a_terminal(self):
        long_words = ("party", "http://127.0.0.1:1", "--session=s", f"--program={MAX}", "--party=0", "--input=1",
                      "--listen=https://a.name.that.is.so.long.that.it.alone.takes.more.than.half.of.a.line.example")
        for arguments in (long_words, ("serve", "--max-bytes=2X"), ("eval", MAX, "--input=1")):
            status, shown = on_terminal(*arguments)
            self.assertEqual(status, USAGE)
            lines = shown.splitlines()
            self.assertGreater(len(lines), 1, shown)
            for line in lines[1:]:
                self.assertRegex(line, "^    [^ ]")
            for line in lines:
                self.assertTrue(len(line) <= 80 or " " not in line.strip(), line)
            piped = polytune(*arguments).err
            self.assertEqual(piped.count("\n"), 1)
            self.assertEqual(re.sub(r"\s+", " ", shown), re.sub(r"\s+", " ", piped))

    def test_source_lines_on_a_narrow_terminal(self):
        with program_file("pub fn main(n: u8) -> u8 { let total = n + oops; let more = 1u8; total + more + n + n + n + n }") as path:
            for columns in (40, 60, 90):
                _, shown = on_terminal("check", path, columns=columns)
                place, carets = [line for line in re.sub(r"\033\[[0-9;]*m", "", shown).splitlines() if "| " in line]
                self.assertTrue(len(place) <= columns, (columns, place))
                self.assertEqual(place[carets.index("^"):][:5], "oops;")
            self.assertIn("+ n + n }", polytune("check", path).err)

    def test_a_narrow_terminal(self):
        """Lines are as long as it is wide, but for single words; a line that is rewritten is never longer."""
        source = "pub fn main(a: [u64; 40], b: u64) -> u64 {\n    let mut sum = b; for x in a { sum = sum * x + (x / (sum + 1u64)) * 3u64; }\n    sum\n}\n"
        with program_file(source) as path, relay() as (url, _):
            for columns in (40, 60):
                for arguments in (("--help",), ("party", "--help"), ("serve", "--max-bytes=2X"), ("doctor", url),
                                  ("compile", path, "--report"), ("eval", "examples/millionaires.garble", "--input=1")):
                    _, shown = on_terminal(*arguments, stdout=None, columns=columns)
                    self.assertGreater(len(shown.splitlines()), 1)
                    for line in re.split(r"\n|\r\x1b\[K", shown):
                        self.assertTrue(len(line) <= columns or " " not in line.strip() or line.startswith("  -"), (columns, line))

    def test_flags_that_would_do_nothing_are_refused(self):
        self.assertFailed(polytune("serve", "--json"), USAGE, "--json")

    def test_output_that_cannot_be_written(self):
        for command in (["--help"], ["eval", "--help"], ["--version"], ["compile", MAX],
                        ["eval", MAX, "--input=1", "--input=2", "--json"]):
            for shell in ('"$@" >&-', '"$@" >/dev/full'):
                done = subprocess.run(["sh", "-c", shell, "sh", BIN, *map(str, command)], text=True, capture_output=True, timeout=TIMEOUT)
                self.assertEqual(done.returncode, INPUT, (command, done))
                self.assertIn("standard output", done.stderr)
                self.assertNotIn("ioctl", done.stderr)
        for shell in ('"$@" <&-', '"$@" 2>&-', '"$@" <&- 2>&-'):
            done = subprocess.run(["sh", "-c", shell, "sh", BIN, "eval", str(MAX), "--input=1", "--input=2"], text=True,
                                  capture_output=True, timeout=TIMEOUT)
            self.assertEqual((done.returncode, done.stdout), (DONE, "false\n"))

    def test_no_command_shows_what_to_try_first(self):
        result = polytune()
        self.assertEqual((result.status, result.err), (USAGE, ""))
        commands = re.sub(r"\\\n *", "", result.out)
        write, simulate, serve, *parties = re.findall("^       (.*)$", commands, re.M)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(write, shell=True, check=True, cwd=folder, timeout=TIMEOUT)
            self.assertEqual(serve, "polytune serve")
            self.assertRan(Process(*shlex.split(simulate)[1:], cwd=folder).wait(), "false")
            with relay() as (url, _):
                processes = [Process(*shlex.split(party.replace("http://127.0.0.1:8000", url))[1:], cwd=folder) for party in parties]
                self.assertEqual(len(processes), 2)
                for process in processes:
                    self.assertRan(process.wait(), "false")

    def test_short_flags_have_a_blank(self):
        for given in ("-o=r.txt", "--o=r.txt"):
            self.assertFailed(polytune("eval", MAX, given), USAGE, f"unknown flag '{given.partition('=')[0]}'; did you mean '-o FILE'?")

    def test_a_flag_is_no_value(self):
        self.assertFailed(polytune("eval", MAX, "--input", "--input=2"), USAGE, "'--input' needs a value", "'--input=2' is a flag")
        self.assertFailed(polytune("compile", MAX, "-o", "--quiet"), USAGE, "'-o' needs a value: FILE; '--quiet' is a flag")
        with program_file("pub fn main(a: i8, b: i8) -> i8 { a + b }") as path:
            self.assertRan(polytune("eval", path, "--input", "-5", "--input", "2"), "-3")

    def test_standard_input_is_read_once(self):
        self.assertRan(polytune("eval", MAX, "--input=@-", "--input=4", stdin="5\n"), "true")
        for arguments in ((MAX, "--input=@-", "--input=@-"), ("-", "--input=@-", "--input=4")):
            self.assertFailed(polytune("eval", *arguments, stdin=MAX.read_text() if arguments[0] == "-" else "5"), USAGE,
                              "standard input was read already")

    def test_unknown_names_get_the_nearest_known_one(self):
        self.assertFailed(polytune("simluate", MAX), USAGE, "did you mean 'simulate'?")
        self.assertFailed(polytune("eval", MAX, "--imput=1"), USAGE, "did you mean '--input'?")
        self.assertFailed(polytune("eval", MAX, "--zzzzzzzzzzz"), USAGE, "unknown flag '--zzzzzzzzzzz'")
        self.assertFailed(polytune("--simulate"), USAGE, "a command")

    def test_json_whatever_is_wrong(self):
        for arguments in (("--what", "--json"), ("--json", "--what"), ("--json",), ("--const", "--json")):
            result = polytune("check", *arguments)
            self.assertEqual(result.status, USAGE, result)
            self.assertEqual(json.loads(result.out)["errors"][0]["phase"], "usage", result)
        self.assertFailed(polytune("serve", "--json"), USAGE, "--json")

    def test_flags_take_equals_or_the_next_argument(self):
        self.assertRan(polytune("eval", MAX, "--input", "5", "--input=4"), "true")
        self.assertRan(polytune("eval", "--input", "5", "--input=4", "--", MAX), "true")

    def test_missing_and_superfluous_arguments(self):
        self.assertFailed(polytune("eval"), USAGE, "usage: polytune eval PROGRAM")
        self.assertFailed(polytune("eval", MAX, "x"), USAGE, "'x' is one argument too many", "usage: polytune eval PROGRAM")
        self.assertFailed(polytune("serve", "8000"), USAGE, "'8000'", "usage: polytune serve [FLAGS]")
        self.assertFailed(polytune("eval", MAX, "--input"), USAGE, "needs a value")
        self.assertFailed(polytune("eval", MAX, "--json=1"), USAGE, "takes no value")
        self.assertFailed(polytune("simulate", MAX, "--input=1", "--input=1", "--evaluator=0", "--evaluator=1"), USAGE,
                          "given twice")
        self.assertFailed(polytune("eval", MAX, "-o", "a", "-o", "b"), USAGE, "flag '-o' is given twice")
        self.assertFailed(polytune("eval", MAX, "--input=1"), USAGE, "2 parties", "1 time")
        self.assertFailed(polytune("party", "http://127.0.0.1:1", f"--program={MAX}"), USAGE, "needs --party, --input\n")
        # What a shell leaves of party http://a:1;http://b:2 --program=..
        self.assertFailed(polytune("party", "http://127.0.0.1:1"), USAGE, "needs --program, --party, --input", "quotes")
        self.assertFailed(polytune("party", "ftp://x", f"--program={MAX}", "--party=0", "--input=1"), USAGE, "not the URL of a relay")

    def test_numbers_out_of_range(self):
        for flag in ("--evaluator=2", "--evaluator=x", "--output-parties=0,2", "--output-parties=0,,1",
                     "--output-parties=1,1", "--rho=39", "--rho=81", "--cot-bits=3", "--cot-bits=99999999999999999999",
                     "--threads=0", "--threads=65", "--threads=two"):
            self.assertFailed(polytune("simulate", MAX, "--input=1", "--input=2", flag), USAGE)
        for command in (("bench",), ("plan", MAX)):
            self.assertFailed(polytune(*command, "--threads=0"), USAGE, "--threads must be a number from 1 to 64")

    def test_the_dealer_has_one_thread(self):
        self.assertFailed(polytune("pre", "http://127.0.0.1:1", "--session=s", "--parties=2", "--threads=2"), USAGE, "'--threads'")

    def test_sizes_have_units(self):
        for text in ("", "0", "G", "2X", "2GB", "2.5G", "-1", "99999999999999999999", "9999999999G"):
            self.assertFailed(polytune("serve", "--listen=127.0.0.1:0", f"--max-bytes={text}"), USAGE, "64M or 2G", f"'{text}'")
        self.assertFailed(polytune("serve", "--max-seats=1K"), USAGE, "--max-seats must be a number from 1 to 1024")
        for text in ("2G", "512K", "64M", "67108864"):
            with relay(f"--max-bytes={text}"):
                pass

    def test_where_to_listen(self):
        for text in ("http://127.0.0.1:8000", "https://x:1"):
            self.assertFailed(polytune("serve", f"--listen={text}"), USAGE, "HOST:PORT without a scheme", "--tls-cert")
        for text in ("8000", ":8000", "[::1:8000", "::1]:8000", ""):
            self.assertFailed(polytune("serve", f"--listen={text}"), USAGE, "HOST:PORT, e.g. 127.0.0.1:8000 or [::1]:8000")
        for text in ("a:", "a:x", "a:65536"):
            self.assertFailed(polytune("serve", f"--listen={text}"), USAGE, "the port in --listen")

    def test_schemes_in_capitals(self):
        for where in ("HTTP://127.0.0.1:1", "http://127.0.0.1:1;Https://127.0.0.1:2"):
            self.assertFailed(polytune("party", where, "--session=s", f"--program={MAX}", "--party=0", "--input=1"), USAGE,
                              "in small letters")

    def test_a_program_for_one_party_cannot_be_simulated(self):
        with program_file("pub fn main(a: u8) -> u8 { a }") as path:
            self.assertFailed(polytune("simulate", path, "--input=1"), USAGE, "2 to 255 parties")

    def test_files_that_cannot_be_read(self):
        self.assertFailed(polytune("eval", "nowhere.garble", "--input=1"), INPUT, "nowhere.garble")
        self.assertFailed(polytune("eval", ROOT, "--input=1"), INPUT, "folder")
        self.assertFailed(polytune("eval", MAX, "--input=@nowhere", "--input=1"), INPUT, "nowhere")
        self.assertFailed(polytune("compile", MAX, "-o", "/nowhere/x.txt"), INPUT, "/nowhere/x.txt")

    def test_text_has_the_time_when_asked_for(self):
        time = r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ "
        self.assertRegex(polytune("eval", "nowhere.garble", "--log-time").err, time + "polytune: .*nowhere.garble")
        self.assertRegex(polytune("eval", MAX, "--input=1", "--input=2", "--const=A::B=1u8", "--log-time").err,
                         time + "polytune: warning: ")
        self.assertRegex(polytune("eval", "nowhere.garble").err, "^polytune: ")

    def test_log_settings(self):
        self.assertFailed(polytune("check", MAX, "--log-format=xml"), USAGE, "text or json")
        self.assertFailed(polytune("check", MAX, env={"POLYTUNE_LOG": "loud"}), USAGE, "POLYTUNE_LOG")
        with program_file("pub fn main(") as path:
            result = polytune("check", path, "--log-format=json")
            self.assertEqual(result.status, PROGRAM)
            for line in result.err.splitlines():
                self.assertRegex(line, r'^\{"time":"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ","level":"error","message":')
        with program_file("") as path:
            path.write_bytes(b"pub fn main(\xff a: u8) -> u8 { a }")
            result = polytune("check", path, "--log-format=json")
            self.assertEqual(result.status, PROGRAM)
            self.assertIn("not valid UTF-8", json.loads(result.err)["message"])


if __name__ == "__main__":
    print(BIN)
    unittest.main()
