"""Tables as inputs: CSV and TSV files and databases, numbers of rows as constants, through eval, simulate and party."""
import contextlib
import os
import pathlib
import re
import shlex
import sqlite3
import subprocess
import tempfile
import unittest

from support import BIN, Case, DONE, INPUT, PANIC, Process, ROOT, USAGE, polytune, relay

PROGRAM = """
enum Sex { Female, Male }
enum Dose { None, Some(u16) }
struct Person { id: u32, born: i32, sex: Sex, dose: Dose, pay: u32 }
const OURS: usize = PARTY_0::ROWS;
const THEIRS: usize = PARTY_1::ROWS;
pub fn main(ours: [Person; OURS], theirs: [(u32, bool); THEIRS]) -> (u32, u32, u16, u16) {
    let mut pay = 0u32;
    let mut ids = 0u32;
    let mut doses = 0u16;
    let mut women = 0u16;
    for p in ours {
        pay += p.pay;
        match p.dose {
            Dose::Some(n) => { doses += n; }
            Dose::None => {}
        }
        match p.sex {
            Sex::Female => { women += 1; }
            Sex::Male => {}
        }
    }
    for (id, good) in theirs {
        if good {
            ids += id;
        }
    }
    (pay, ids, doses, women)
}
"""
OURS = "id,born,sex,dose,pay\n1,1982-05-06,Female,3,1200.50\n2,1969-12-31,Male,,99\n3,2001-01-01,Female,4,0.01\n"
THEIRS = "id\tgood\n7\ttrue\n8\tno\n"
RESULT = "(129951, 7, 7, 2)"
FLAGS = ("--rows=PARTY_0::ROWS", "--rows=PARTY_1::ROWS", "--scale=pay:100")


@contextlib.contextmanager
def folder_with(**files):
    """A folder with files: name_suffix=text."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, text in {"program_garble": PROGRAM, "ours_csv": OURS, "theirs_tsv": THEIRS, **files}.items():
            (folder / file.replace("_", ".")).write_text(text)
        yield folder


def database(folder):
    connection = sqlite3.connect(folder / "ours.db")
    connection.execute("CREATE TABLE people (id INTEGER, born TEXT, sex TEXT, dose INTEGER, pay NUMERIC)")
    connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?)",
                           [(1, "1982-05-06", "Female", 3, "1200.50"), (2, "1969-12-31", "Male", None, 99),
                            (3, "2001-01-01", "Female", 4, 0.01)])
    connection.commit()
    connection.close()
    return folder / "ours.db"


class Files(Case):
    def run_all(self, command, folder, *more, ours="ours.csv", theirs="theirs.tsv", flags=FLAGS):
        return polytune(command, folder / "program.garble", f"--input=@{folder / ours}", f"--input=@{folder / theirs}", *flags, *more)

    def test_eval_and_simulate(self):
        with folder_with() as folder:
            for command in ("eval", "simulate"):
                result = self.run_all(command, folder)
                self.assertEqual((result.status, result.out.strip()), (DONE, RESULT), result)

    def test_other_separators(self):
        with folder_with(semicolons_CSV=OURS.replace(",", ";")) as folder:
            result = polytune("eval", folder / "program.garble", f"--input=@{folder / 'semicolons.CSV'}", "--input=[(7, true), (8, false)]",
                              "--rows=PARTY_0::ROWS", "--const=PARTY_1::ROWS=2usize", "--scale=pay:100", "--separator=;")
            self.assertRan(result, RESULT)

    def test_a_separator_for_each_file(self):
        source = "pub fn main(a: [(u8, u8); 1], b: [(u8, u8); 1], c: u8) -> u8 { a[0usize].0 + 10u8 * b[0usize].1 + c }\n"
        with folder_with(p_garble=source, a_csv="x;y\n1;2\n", b_csv="x\ty\n3\t4\n") as folder:
            run = lambda *flags, b=f"@{folder / 'b.csv'}": polytune(
                "eval", folder / "p.garble", f"--input=@{folder / 'a.csv'}", f"--input={b}", "--input=0", *flags)
            for tab in ("tab", "\\t", "\t"):
                self.assertRan(run("--separator=;", f"--separator={tab}"), "41")
            self.assertRan(run("--separator=;", b="[(3, 4)]"), "41")
            self.assertFailed(run("--separator=;"), INPUT, "b.csv has 1 column", "give --separator=tab")
            self.assertFailed(run(), INPUT, "a.csv has 1 column", "give --separator=';'")
            self.assertFailed(run("--separator=;", "--separator=,", b="[(3, 4)]"), USAGE, "given 2 times, and there is 1 file",
                              "once for each in the order of their --input")

    def test_a_header_where_none_was_said(self):
        source = "pub fn main(a: [u8; 2], b: u8) -> u8 { a[1usize] + b }\n"
        with folder_with(p_garble=source, a_csv="x\n1\n") as folder:
            result = polytune("eval", folder / "p.garble", f"--input=@{folder / 'a.csv'}", "--input=0", "--no-header")
            self.assertFailed(result, INPUT, "row 1 (line 1), column 1: expected u8, found 'x'", "--header=no makes the first line a row")

    def test_a_row_where_a_header_was_expected(self):
        """The first row is not lost in silence; the columns of a result are numbered and stay a header."""
        source = "const N: usize = PARTY_0::N;\npub fn main(a: [(u8, i32); N], b: u8) -> (usize, u8) { (N, a[0usize].0 + b) }\n"
        files = {"a_csv": "7,2026-11-29\n8,1\n", "b_csv": "1,2\n7,1\n8,1\n", "c_csv": "2025,2026\n8,1\n", "d_csv": '"7,5",1\n8,2\n'}
        with folder_with(p_garble=source, **files) as folder:
            run = lambda file, *flags: polytune("eval", folder / "p.garble", f"--input=@{folder / file}", "--input=0", "--rows=PARTY_0::N", *flags)
            for file in ("a.csv", "c.csv", "d.csv"):
                self.assertFailed(run(file), INPUT, f"{file}: the first line looks like a row", "--header=no reads it as a row")
            self.assertRan(run("a.csv", "--no-header"), "(2, 7)")
            self.assertRan(run("a.csv", "--header=no"), "(2, 7)")
            self.assertRan(run("b.csv"), "(2, 7)")
            self.assertRan(run("c.csv", "--header=yes"), "(1, 8)")

    def test_a_header_for_each_file(self):
        source = "pub fn main(a: [u8; 1], b: [u8; 2], c: u8) -> u8 { a[0usize] + b[1usize] + c }\n"
        with folder_with(p_garble=source, a_csv="x\n1\n", b_csv="3\n4\n") as folder:
            run = lambda *flags: polytune("eval", folder / "p.garble", f"--input=@{folder / 'a.csv'}", f"--input=@{folder / 'b.csv'}", "--input=0", *flags)
            self.assertRan(run("--header=yes", "--header=no"), "5")
            self.assertFailed(run("--header=no", "--no-header"), USAGE, "give one of them")
            self.assertFailed(run("--header=no", "--header=no", "--header=no"), USAGE, "given 3 times, and there are 2 files")
            self.assertFailed(run("--header=none"), USAGE, "--header is yes or no, not 'none'")

    def test_decimal_commas(self):
        source = "pub fn main(a: [(u16, u8); 2], b: [u16; 1], c: bool) -> (u16, u16, u8) { (a[0usize].0, b[0usize], a[1usize].1) }\n"
        with folder_with(p_garble=source, a_csv="x;n\n3,14;1\n-0,00;2,0\n", b_csv='y\n2.5\n', c_csv='y\n"2,5"\n') as folder:
            run = lambda *flags, b="b.csv": polytune(
                "eval", folder / "p.garble", f"--input=@{folder / 'a.csv'}", f"--input=@{folder / b}", "--input=true", *flags,
                "--separator=;", "--separator=,")
            scales = ("--scale=x:100", "--scale=y:10")
            self.assertRan(run("--decimal=,", "--decimal=.", *scales), "(314, 25, 2)")
            self.assertRan(run("--decimal=,", *scales, b="c.csv"), "(314, 25, 2)")
            self.assertFailed(run(*scales), INPUT, "found '3,14'", "if decimal places follow it, give --decimal=,")
            self.assertFailed(run("--decimal=,", *scales), INPUT, "found '2.5'; where --decimal=, is given 1000,50 is written so")
            self.assertFailed(run("--decimal=,"), INPUT, "found '3,14'; --scale=COLUMN:100 keeps two places after the comma")
            self.assertFailed(run("--decimal=;"), USAGE, "--decimal is . or a comma, not ';'")
            self.assertFailed(run(*["--decimal=,"] * 3), USAGE, "--decimal is given 3 times, and there are 2 tables")

    def test_hints_of_tables(self):
        """What would otherwise blame the disk, or leave one at a loss."""
        with folder_with(p_garble="pub fn main(a: [([u8; 4], u8); 1], b: u8) -> u8 { b }\n", a_csv="x,y\n,1\n", b_csv="x;y\n1,5;2\n") as folder:
            for given, words in ((f"sqlite:{folder}", f"cannot read '{folder}': it is no file"),
                                 (f"@{folder / 'a.csv'}", 'but the value is missing; empty text is written ""'),
                                 (f"@{folder / 'b.csv'}", "line 2: more than 1 value, as many as there are columns; if ';' stands between its values")):
                more = ["--query=SELECT 1"] if given.startswith("sqlite:") else []
                self.assertFailed(polytune("eval", folder / "p.garble", f"--input={given}", "--input=0", *more), INPUT, words)

    def test_words_for_truth(self):
        with folder_with(p_garble="pub fn main(a: [bool; 1], b: u8) -> u8 { b }\n") as folder:
            for word, hint in (("WAHR", "; read are true, yes, t, y, 1 and false, no, f, n, 0"), (" true", " with blanks around it")):
                (folder / "a.csv").write_text(f"x\n{word}\n")
                result = polytune("eval", folder / "p.garble", f"--input=@{folder / 'a.csv'}", "--input=0")
                self.assertFailed(result, INPUT, f"expected bool, found '{word}'{hint}")

    def test_letters_that_are_not_shown(self):
        """A cell changes nothing of what stands around it in a message."""
        with folder_with(p_garble="pub fn main(a: [u8; 1], b: u8) -> u8 { b }\n") as folder:
            for letter in ("\x1b", "\x7f", "\x85", "\u061c", "\u200e", "\u202e", "\u2028", "\u2066", "\u2069"):
                (folder / "a.csv").write_text(f"x{letter}\n1{letter}2\n", encoding="utf-8", newline="\n")
                result = polytune("eval", folder / "p.garble", f"--input=@{folder / 'a.csv'}", "--input=0")
                self.assertFailed(result, INPUT, "column 'x?': expected u8, found '1?2'")

    def test_a_forgotten_at(self):
        with folder_with(p_garble="pub fn main(a: [u32; 1], b: u8) -> u32 { a[0usize] }\n", a_csv="x\n1\n", a_txt="[1]\n") as folder:
            for file in ("a.csv", "a.txt", "none.csv"):
                path = folder / file
                self.assertFailed(polytune("eval", folder / "p.garble", f"--input={path}", "--input=0"), INPUT, f"; --input=@{path} reads the file")
            result = polytune("eval", folder / "p.garble", f"--input={folder / 'a.csv'}", "--input=0", "--rows=PARTY_0::ROWS")
            self.assertFailed(result, USAGE, "--rows needs a table as --input", f"e.g. --input=@{folder / 'a.csv'}")
            result = polytune("eval", folder / "p.garble", f"--input={folder / 'none.txt'}", "--input=0")
            self.assertFailed(result, INPUT, "expected a value of type")
            self.assertNotIn("reads the file", result.err)
            result = polytune("eval", folder / "p.garble", "--input=-", "--input=0")
            self.assertFailed(result, INPUT, "; --input=@- reads standard input")

    def test_a_spreadsheet_is_named(self):
        with folder_with(p_garble="pub fn main(a: [u32; 1], b: u8) -> u32 { a[0usize] }\n", a_xlsx="PK") as folder:
            result = polytune("eval", folder / "p.garble", f"--input=@{folder / 'a.xlsx'}", "--input=0")
            self.assertFailed(result, INPUT, "save the spreadsheet as CSV")
            (folder / "a.xlsx").rename(folder / "a.db")
            result = polytune("eval", folder / "p.garble", f"--input=@{folder / 'a.db'}", "--input=0")
            self.assertFailed(result, INPUT, "--input=sqlite:FILE and --query read a database")

    def test_a_missing_number_of_rows_is_told_with_its_flag(self):
        with folder_with() as folder:
            result = polytune("eval", folder / "program.garble", f"--input=@{folder / 'ours.csv'}", "--input=[]")
            self.assertFailed(result, INPUT, "--const=PARTY_0::ROWS=LITERAL", "--rows=NAME in its place")

    def test_a_table_beside_a_literal(self):
        with folder_with() as folder:
            result = polytune("eval", folder / "program.garble", f"--input=@{folder / 'ours.csv'}", "--input=[(7, true), (8, false)]",
                              "--rows=PARTY_0::ROWS", "--const=PARTY_1::ROWS=2usize", "--scale=pay:100")
            self.assertEqual((result.status, result.out.strip()), (DONE, RESULT), result)

    def test_parties(self):
        with folder_with() as folder, relay() as (url, _):
            parties = [Process("party", url, "--session=tables", f"--program={folder / 'program.garble'}", f"--party={i}",
                               f"--input=@{folder / file}", "--rows=ROWS", *more)
                       for i, (file, *more) in enumerate([("ours.csv", "--scale=pay:100"), ("theirs.tsv",)])]
            for process in parties:
                result = process.wait()
                self.assertEqual((result.status, result.out.strip()), (DONE, RESULT), result)
                self.assertNotIn("1200", result.err)

    def test_errors_name_the_place(self):
        with folder_with(bad_csv=OURS.replace("99", "99.999"), short_csv=OURS + "4,2000-01-01,Male\n") as folder:
            result = self.run_all("eval", folder, ours="bad.csv")
            self.assertEqual(result.status, INPUT, result)
            self.assertIn("bad.csv, row 2 (line 3), column 'pay': expected u32, found '99.999'", result.err)
            result = self.run_all("eval", folder, ours="short.csv")
            self.assertEqual(result.status, INPUT, result)
            self.assertIn("short.csv, line 5: 3 values instead of 5", result.err)
            result = self.run_all("eval", folder, ours="none.csv")
            self.assertEqual(result.status, INPUT, result)
            self.assertIn("none.csv': No such file", result.err)

    def test_wrong_number_of_rows(self):
        with folder_with() as folder:
            result = self.run_all("eval", folder, flags=("--rows=PARTY_0::ROWS", "--const=PARTY_1::ROWS=5usize", "--scale=pay:100"))
            self.assertEqual(result.status, INPUT, result)
            self.assertIn("theirs.tsv has 2 rows, and the program wants 5", result.err)

    def test_flags_that_cannot_be(self):
        with folder_with() as folder:
            for flags, message in (
                    (("--rows=ROWS",), "--rows takes PARTY_I::NAME"),
                    (("--rows=PARTY_2::ROWS",), "--rows takes PARTY_I::NAME"),
                    ((*FLAGS, "--const=PARTY_0::ROWS=3usize"), "PARTY_0::ROWS twice"),
                    ((*FLAGS, "--scale=price:100"), "there is no column 'price'"),
                    ((*FLAGS, "--scale=Pay:100"), "there is no column 'Pay'; is it 'pay'?"),
                    ((*FLAGS, "--scale=pay:0"), "the factor of --scale must be a number from 1"),
                    ((*FLAGS, "--scale=pay:10"), "--scale gives column 'pay' twice"),
                    ((*FLAGS, "--scale=pay"), "--scale takes COLUMN:FACTOR"),
                    ((*FLAGS, "--query=SELECT 1"), "--query without an --input that is a database"),
                    ((*FLAGS, "--separator=;;"), "--separator is one of"),
                    ((*FLAGS, "--separator=a"), "--separator is one of"),
                    ((*FLAGS, "--decimal="), "--decimal is . or a comma"),
                    ((*FLAGS, "--separator="), "--separator is one of"),
                    ((*FLAGS, "--pad-to=0"), "--pad-to must be a number from 1"),
                    ((*FLAGS, "--scale=sex:2"), "column 'sex' is of type Sex: only integers")):
                result = self.run_all("eval", folder, flags=flags)
                self.assertEqual(result.status, USAGE, result)
                self.assertIn(message, result.err)
            result = polytune("eval", folder / "program.garble", "--input=1", "--input=2", "--sort")
            self.assertEqual(result.status, USAGE, result)
            self.assertIn("--sort needs a table as --input", result.err)
            result = polytune("eval", folder / "program.garble", "--input=1", f"--input=@{folder / 'theirs.tsv'}", "--rows=PARTY_0::ROWS")
            self.assertFailed(result, USAGE, "--rows=PARTY_0::ROWS: the --input of party 0 is not a table",
                              "does not end in .csv or .tsv")

    def test_a_party_cannot_count_others_rows(self):
        with folder_with() as folder:
            result = polytune("party", "http://127.0.0.1:1", "--session=s", f"--program={folder / 'program.garble'}", "--party=1",
                              f"--input=@{folder / 'theirs.tsv'}", "--rows=PARTY_0::ROWS")
            self.assertEqual(result.status, USAGE, result)
            self.assertIn("this is PARTY_1, and the rows are its own", result.err)


class Large(Case):
    """A million rows of four columns, the last of which does not fit its type: all are read, and nothing is compiled."""
    SOURCE = ("const N: usize = PARTY_0::N;\nstruct R { id: u32, born: i32, w: u8, pay: u32 }\n"
              "pub fn main(a: [R; N], b: u8) -> u32 { a[0usize].id }\n")

    @unittest.skipIf(os.environ.get("POLYTUNE_SANITIZE"), "sanitizers take their own time and memory")
    def test_a_million_rows(self):
        rows = "".join(f"{i},1982-05-{i % 28 + 1:02},{i % 100},{i % 5000}.{i % 100:02}\n" for i in range(999999))
        with folder_with(p_garble=self.SOURCE, a_csv=f"id,born,w,pay\n{rows}999999,1982-05-01,300,1.00\n") as folder:
            process = subprocess.Popen([BIN, "eval", folder / "p.garble", f"--input=@{folder / 'a.csv'}", "--input=1", "--rows=PARTY_0::N",
                                        "--scale=pay:100"], stderr=subprocess.PIPE, text=True)
            with process.stderr:
                message = process.stderr.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, INPUT)
        self.assertIn("row 1000000 (line 1000001), column 'w': expected u8, found '300'", message)
        self.assertLess(used.ru_utime + used.ru_stime, 5)  # of a processor, which a busy machine has less of at a time
        self.assertLess(used.ru_maxrss, 200 * 1024)  # KiB


class Padding(Case):
    SOURCE = """
enum Row { Empty, Patient(u32, u8) }
const N: usize = PARTY_0::ROWS;
pub fn main(rows: [Row; N], least: u8) -> (u16, u32) {
    let mut n = 0u16;
    let mut ids = 0u32;
    for row in rows {
        match row {
            Row::Patient(id, age) => { if age >= least { n += 1; ids += id; } }
            Row::Empty => {}
        }
    }
    (n, ids)
}
"""

    def test_empty_rows_count_nothing(self):
        with folder_with(p_garble=self.SOURCE, rows_csv="id,age\n100,40\n20,70\n3,55\n") as folder:
            for flags in ((), ("--pad-to=3",), ("--pad-to=8",), ("--pad-to=8", "--sort")):
                result = polytune("eval", folder / "p.garble", f"--input=@{folder / 'rows.csv'}", "--input=50", "--rows=PARTY_0::ROWS", *flags)
                self.assertEqual((result.status, result.out.strip()), (DONE, "(2, 23)"), result)
            result = polytune("eval", folder / "p.garble", f"--input=@{folder / 'rows.csv'}", "--input=50", "--rows=PARTY_0::ROWS", "--pad-to=2")
            self.assertEqual(result.status, INPUT, result)
            self.assertIn("rows.csv has 3 rows, more than --pad-to=2", result.err)


class Endless(Case):
    """What does not fit the types is refused before a program is compiled that takes minutes."""
    SOURCE = """
pub fn main(a: [(u32, u32); 3], b: u32) -> u32 {
    let mut s = b;
    for _i in 0..4000000 { for _k in 0..4000000 { s = s / (a[0usize].0 + 1u32) + s * s; } }
    s
}
"""

    def test_wrong_inputs(self):
        with folder_with(p_garble=self.SOURCE, a_csv="x,y\n1,2\n3,4\n", b_csv="x,y\n1,2\n3,4\n5,-6\n") as folder:
            for a, b, message in (("[(1, 2), (3, 4)]", "1", "input of party 0: line 1, column 16: expected 3 elements, found 2"),
                                  ("[(1, 2), (3, 4), (5, 6)]", "4294967296", "input of party 1: "),
                                  (f"@{folder / 'a.csv'}", "1", "a.csv has 2 rows, and the program wants 3"),
                                  (f"@{folder / 'b.csv'}", "1", "b.csv, row 3 (line 4), column 'y': expected u32, found '-6'")):
                for command in ("eval", "simulate"):
                    self.assertFailed(polytune(command, folder / "p.garble", f"--input={a}", f"--input={b}"), INPUT, message)
            result = polytune("party", "http://127.0.0.1:9", "--session=s", f"--program={folder / 'p.garble'}", "--party=1", "--input=-1")
            self.assertFailed(result, INPUT, "input of party 1: ")


class Joins(Case):
    SOURCE = "pub fn main(a: [(u32, u8); 3], b: [(u32, u8); 3]) -> u16 {\n    let mut sum = 0u16;\n" \
             "    for ((_, x), (_, y)) in join_iter(a, b) { sum += (x as u16) + (y as u16); }\n    sum\n}\n"

    def test_sorting(self):
        with folder_with(p_garble=self.SOURCE, a_csv="id,n\n900,1\n5,2\n256,3\n", b_csv="id,n\n256,30\n5,20\n7,10\n") as folder:
            result = polytune("simulate", folder / "p.garble", f"--input=@{folder / 'a.csv'}", f"--input=@{folder / 'b.csv'}", "--sort")
            self.assertEqual((result.status, result.out.strip()), (DONE, "55"), result)

    def test_empty_rows_are_on_one_side(self):
        """Wherever the empty variant stands, and with sorting or without: a program cannot be right for both."""
        source = """
%s
fn keyed(row: Row, at: usize) -> (u32, u8) {
    match row { Row::Full(id, n) => { (id, n) } Row::Empty => { (4000000000u32 + (at as u32), 0u8) } }
}
pub fn main(a: [Row; 5], b: [(u32, u8); 2]) -> u8 {
    let mut rows = [(0u32, 0u8); 5];
    for i in 0usize..5usize { rows[i] = keyed(a[i], i); }
    let mut sum = 0u8;
    for ((_, x), (_, y)) in join_iter(rows, b) { sum += x * y; }
    sum
}
"""
        for variants in ("enum Row { Empty, Full(u32, u8) }", "enum Row { Full(u32, u8), Empty }"):
            with folder_with(p_garble=source % variants, a_csv="id,n\n3,1\n5,2\n9,3\n", c_csv="id,n\n9,3\n3,1\n,\n5,2\n") as folder:
                for file, flags in (("a.csv", ()), ("a.csv", ("--sort",)), ("c.csv", ("--sort",))):
                    result = polytune("eval", folder / "p.garble", f"--input=@{folder / file}", "--pad-to=5", *flags, "--input=[(5, 10), (9, 20)]")
                    self.assertRan(result, "80")

    def test_what_is_joined_must_be_sorted(self):
        good = "[(5, 2), (256, 3), (900, 1)]"
        with folder_with(p_garble=self.SOURCE, a_csv="id,n\n900,1\n5,2\n256,3\n") as folder:
            for inputs, message in (((f"@{folder / 'a.csv'}", good), f"party 0 in {folder / 'a.csv'}: row 2 has a smaller key than the row before; a join needs"),
                                    ((f"@{folder / 'a.csv'}", good), "; --sort sorts a table"),
                                    ((good, "[(5, 2), (7, 3), (6, 1)]"), "party 1: row 3 has a smaller key"),
                                    ((good, "[(5, 2), (7, 3), (7, 1)]"), "party 1: rows 2 and 3 have the same key; a join needs each key once")):
                for command in ("eval", "simulate"):
                    result = polytune(command, folder / "p.garble", *(f"--input={text}" for text in inputs))
                    self.assertFailed(result, INPUT, message)
            # Before anybody is bothered: there is no relay at this place.
            result = polytune("party", "http://127.0.0.1:9", "--session=s", f"--program={folder / 'p.garble'}", "--party=1",
                              "--input=[(5, 2), (7, 3), (6, 1)]")
            self.assertFailed(result, INPUT, "input of party 1: row 3 has a smaller key")

    def test_only_what_is_joined_as_it_is(self):
        """Through functions and names, and out of larger values; but not what was computed."""
        source = """
struct Both { first: [(i8, u8); 2], more: u8 }
fn pairs(x: [(i8, u8); 2], y: [(i8, u8); 2]) -> u8 { let mut n = 0u8; for _p in join_iter(x, y) { n += 1u8; } n }
pub fn main(a: Both, b: [(i8, u8); 2]) -> u8 { let c = a.first; %s pairs(c, b) }
"""
        run = lambda program, keys: polytune("eval", program, f"--input=Both {{more: 1, first: [({keys[0]}, 1), ({keys[1]}, 1)]}}",
                                             "--input=[(3, 1), (-1, 1)]")
        with folder_with(p_garble=source % "", q_garble=source % "let c = [c[1usize], c[0usize]];") as folder:
            self.assertRan(run(folder / "p.garble", (3, -1)), "2")
            self.assertFailed(run(folder / "p.garble", (-1, 3)), INPUT, "input of party 0: row 2 has a smaller key", "as an unsigned number")
            self.assertRan(run(folder / "q.garble", (-1, 3)), "2")



class Sqlite(Case):
    def run_query(self, folder, query, file="ours.db"):
        return polytune("eval", folder / "program.garble", f"--input=sqlite:{folder / file}", f"--query={query}",
                        f"--input=@{folder / 'theirs.tsv'}", *FLAGS)

    def test_a_query(self):
        with folder_with() as folder:
            before = database(folder).read_bytes()
            result = self.run_query(folder, "SELECT pay, id, born, sex, dose FROM people -- all;\n ")
            self.assertEqual((result.status, result.out.strip()), (DONE, RESULT), result)
            self.assertEqual(before, (folder / "ours.db").read_bytes())
            self.assertEqual([path.name for path in folder.glob("ours.db*")], ["ours.db"])

    def test_only_reading(self):
        with folder_with() as folder:
            before = database(folder).read_bytes()
            for query in ("DELETE FROM people", "DELETE FROM people RETURNING *", "SELECT 1; DELETE FROM people", "", "PRAGMA journal_mode=wal",
                          "WITH x AS (SELECT 1) INSERT INTO people SELECT 1,2,3,4,5 FROM x RETURNING *", "BEGIN", "ATTACH 'x.db' AS x"):
                result = self.run_query(folder, query)
                self.assertEqual(result.status, INPUT, result)
                self.assertEqual(before, (folder / "ours.db").read_bytes())

    def test_errors(self):
        with folder_with() as folder:
            database(folder)
            for query, message in (
                    ("SELECT * FROM nobody", "the query fails: no such table: nobody"),
                    ("SELECT id, born, sex, dose, 'many' AS pay FROM people", "row 1, column 'pay': expected u32, found 'many'"),
                    ("SELECT id, born, sex, dose, x'00ff' AS pay FROM people", "row 1, column 'pay': a BLOB is not a value"),
                    ("SELECT id, born, sex, dose, CAST(x'ff' AS TEXT) AS pay FROM people", "row 1, column 'pay': the value is not UTF-8"),
                    ("SELECT NULL AS id, born, sex, dose, pay FROM people", "column 'id': expected u32, but the value is missing"),
                    ("SELECT id, born, sex, pay FROM people", "has no column 'dose'")):
                result = self.run_query(folder, query)
                self.assertIn(message, result.err)
                self.assertIn(result.status, (INPUT, USAGE), result)
            result = polytune("eval", folder / "program.garble", "--input=sqlite:", "--query=SELECT 1", "--input=1")
            self.assertFailed(result, USAGE, "sqlite:FILE needs the name of a file, not ''")
            result = self.run_query(folder, "SELECT 1", file="missing.db")
            self.assertEqual(result.status, INPUT, result)
            self.assertFalse((folder / "missing.db").exists())

    def test_numbers_are_exact(self):
        with folder_with(p_garble="pub fn main(a: [i64; 3], b: bool) -> [i64; 3] { if b { a } else { a } }\n") as folder:
            database(folder)
            result = polytune("eval", folder / "p.garble", f"--input=sqlite:{folder / 'ours.db'}", "--input=true",
                              "--query=SELECT 9007199254740993 UNION ALL SELECT -9223372036854775808 UNION ALL SELECT 9223372036854775807")
            self.assertEqual(sorted(eval(result.out)), [-2 ** 63, 2 ** 53 + 1, 2 ** 63 - 1], result)

    def test_a_query_is_needed(self):
        with folder_with() as folder:
            result = polytune("eval", folder / "program.garble", f"--input=sqlite:{database(folder)}", "--input=1")
            self.assertEqual(result.status, USAGE, result)
            self.assertIn("needs a --query", result.err)


class Output(Case):
    """Results as files and as rows of SQLite tables."""
    SOURCE = """
enum Row { Empty, Full([u8; 6], i16, bool) }
pub fn main(a: u64, b: bool) -> [(u64, Row); 3] {
    [(a, Row::Full([65u8, 44u8, 34u8, 0u8, 0u8, 0u8], -7i16, b)), (1u64, Row::Empty), (2u64, Row::Full([0u8; 6], 8i16, b))]
}
"""
    NAMED = "struct Line { n: u64, word: [u8; 4] }\n" \
            "pub fn main(a: u64, b: bool) -> [Line; 2] { [Line { n: a, word: [65u8; 4] }, Line { n: 5u64, word: [66u8; 4] }] }\n"

    def run_program(self, folder, source, *flags, a=7):
        (folder / "p.garble").write_text(source)
        return polytune("eval", folder / "p.garble", f"--input={a}", "--input=true", *flags, cwd=folder)

    def test_files(self):
        expected = {
            "csv": '1,2,3,4\n7,"A,""",-7,true\n1,,,\n2,"",8,true\n',
            "tsv": '1\t2\t3\t4\n7\t"A,"""\t-7\ttrue\n1\t\t\t\n2\t""\t8\ttrue\n',
            "txt": "[(7, Row::Full([65, 44, 34, 0, 0, 0], -7, true)), (1, Row::Empty), (2, Row::Full([0, 0, 0, 0, 0, 0], 8, true))]\n",
        }
        with folder_with() as folder:
            for suffix, text in expected.items():
                self.assertRan(self.run_program(folder, self.SOURCE, "-o", folder / f"r.{suffix}"), "")
                self.assertEqual((folder / f"r.{suffix}").read_text(), text)
            self.assertRan(self.run_program(folder, self.NAMED, "-o", folder / "r.json", a=2 ** 64 - 1), "")
            (folder / "again.garble").write_text("struct Line { n: u64, word: [u8; 4] }\n"
                                                 "pub fn main(a: [Line; 2], b: bool) -> [Line; 2] { if b { a } else { a } }\n")
            text = "[Line {n: 18446744073709551615, word: [65, 65, 65, 65]}, Line {n: 5, word: [66, 66, 66, 66]}]"
            for file in ("r.json", "r.csv"):
                if file == "r.csv":
                    self.assertRan(self.run_program(folder, self.NAMED, "-o", folder / file, a=2 ** 64 - 1), "")
                self.assertRan(polytune("eval", folder / "again.garble", f"--input=@{folder / file}", "--input=true"), text)

    def test_names_that_promise_something_else(self):
        with folder_with() as folder:
            for file, instead in (("r.xlsx", "a spreadsheet opens .csv"), ("r.ODS", "a spreadsheet opens .csv"),
                                  ("r.db", "--output=sqlite:FILE --table=NAME"), ("r.parquet", ".csv and .tsv are tables")):
                self.assertFailed(self.run_program(folder, self.NAMED, "-o", folder / file), USAGE, "files are not written here", instead)
                self.assertFalse((folder / file).exists())
            for file in ("r", "r.txt", "r.garble", "r.out"):
                self.assertRan(self.run_program(folder, self.NAMED, "-o", folder / file), "")
                self.assertIn("Line {n: 7", (folder / file).read_text())

    def test_what_comes_out_goes_in(self):
        with folder_with() as folder:
            self.assertRan(self.run_program(folder, self.SOURCE, "-o", folder / "r.csv"), "")
            (folder / "back.garble").write_text(self.SOURCE.split("pub fn")[0] +
                                                "pub fn main(a: [(u64, Row); 3], b: bool) -> [(u64, Row); 3] { if b { a } else { a } }\n")
            for _ in range(2):
                result = polytune("eval", folder / "back.garble", f"--input=@{folder / 'r.csv'}", "--input=true", "-o", folder / "s.csv")
                self.assertRan(result, "")
                self.assertEqual((folder / "r.csv").read_text(), (folder / "s.csv").read_text())

    def test_dates_and_decimals_come_out_again(self):
        source = "struct Stay { from: i32, cents: i64, ward: u8 }\n" \
                 "pub fn main(a: [Stay; 3], b: bool) -> [Stay; 3] { if b { a } else { a } }\n"
        rows = "cents,from,ward\n12.34,2026-11-29,1\n-0.05,1969-12-31,2\n0.00,0001-01-01,3\n"
        flags = ("--output-date=from", "--output-scale=cents:100")
        with folder_with(p_garble=source, in_csv=rows) as folder:
            evaluate = ("eval", folder / "p.garble", f"--input=@{folder / 'in.csv'}", "--scale=cents:100", "--input=true")
            for suffix, separator in (("csv", ","), ("tsv", "\t")):
                self.assertRan(polytune(*evaluate, "-o", folder / f"out.{suffix}", *flags), "")
                self.assertEqual((folder / f"out.{suffix}").read_text(), rows.replace(",", separator))
            self.assertRan(polytune(*evaluate, "-o", folder / "plain.csv"), "")
            self.assertEqual((folder / "plain.csv").read_text().splitlines()[1], "1234,20786,1")
            for wrong, message in (("--output-date=day", "the result has no column 'day'"),
                                   ("--output-scale=cents", "takes COLUMN:FACTOR"),
                                   ("--output-scale=cents:25", "is 10, 100 and so on"),
                                   ("--output-scale=:100", "takes COLUMN:FACTOR"),
                                   ("--output-scale=cents:0", "--output-scale")):
                self.assertFailed(polytune(*evaluate, "-o", folder / "out.csv", wrong), USAGE, message)
            for to in ("out.json", "out.txt"):
                self.assertFailed(polytune(*evaluate, "-o", folder / to, *flags), USAGE, "ends in .csv or .tsv")
            self.assertFailed(polytune(*evaluate, *flags), USAGE, "ends in .csv or .tsv")

    def rows(self, path, sql):
        connection = sqlite3.connect(path)
        rows = connection.execute(sql).fetchall()
        connection.close()
        return rows

    def test_a_new_sqlite_file(self):
        with folder_with() as folder:
            flags = (f"--output=sqlite:{folder / 'r.db'}", "--table=lines")
            self.assertRan(self.run_program(folder, self.NAMED, *flags), "")
            self.assertRan(self.run_program(folder, self.NAMED, *flags, a=2 ** 64 - 1), "")
            self.assertEqual(self.rows(folder / "r.db", "SELECT n, word, typeof(n) FROM lines"),
                             [(7, "AAAA", "integer"), (5, "BBBB", "integer"), ("18446744073709551615", "AAAA", "text"), (5, "BBBB", "integer")])

    def test_a_link_to_a_new_sqlite_file(self):
        with folder_with() as folder:
            (folder / "link.db").symlink_to("r.db")
            self.assertRan(self.run_program(folder, self.NAMED, f"--output=sqlite:{folder / 'link.db'}", "--table=lines"), "")
            self.assertTrue((folder / "link.db").is_symlink())
            self.assertEqual(self.rows(folder / "r.db", "SELECT n FROM lines"), [(7,), (5,)])

    def test_rows_by_place(self):
        with folder_with() as folder:
            flags = (f"--output=sqlite:{folder / 'r.db'}", "--table=t")
            self.assertRan(self.run_program(folder, self.SOURCE, *flags), "")
            self.assertEqual(self.rows(folder / "r.db", "SELECT * FROM t"), [(7, 'A,"', -7, 1), (1, None, None, None), (2, "", 8, 1)])

    def test_all_rows_or_none(self):
        with folder_with() as folder:
            connection = sqlite3.connect(folder / "r.db")
            connection.executescript("CREATE TABLE lines (id INTEGER PRIMARY KEY, word TEXT, n INTEGER CHECK (n <> 5));")
            connection.close()
            flags = (f"--output=sqlite:{folder / 'r.db'}", "--table=lines")
            result = self.run_program(folder, self.NAMED, *flags)
            self.assertFailed(result, INPUT, "CHECK constraint failed", "the rows of the result are in the new file polytune-result-")
            self.assertEqual(self.rows(folder / "r.db", "SELECT * FROM lines"), [])
            rescued, = folder.glob("polytune-result-*.csv")
            self.assertEqual(rescued.stat().st_mode & 0o777, 0o600)
            self.assertRan(self.run_program(folder, self.NAMED, "-o", folder / "lines.csv"), "")
            self.assertEqual(rescued.read_text(), (folder / "lines.csv").read_text())
            result = self.run_program(folder, self.NAMED.replace("5u64", "6u64"), *flags, a=2 ** 63)
            self.assertFailed(result, INPUT, "column 'n' cannot hold numbers past 2^63-1")
            self.assertEqual(self.rows(folder / "r.db", "SELECT * FROM lines"), [])
            self.assertRan(self.run_program(folder, self.NAMED.replace("5u64", "6u64"), *flags, a=2 ** 63 - 1), "")
            self.assertEqual(self.rows(folder / "r.db", "SELECT * FROM lines"), [(1, "AAAA", 2 ** 63 - 1), (2, "BBBB", 6)])

    def test_what_cannot_be_is_found_before_the_run(self):
        panics = "struct Line { n: u64 }\npub fn main(a: u64, b: bool) -> Line { if b { Line { n: a / 0u64 } } else { Line { n: 1u64 } } }\n"
        with folder_with() as folder:
            connection = sqlite3.connect(folder / "r.db")
            connection.executescript("CREATE TABLE other (x INTEGER);")
            connection.close()
            to = lambda file: (f"--output=sqlite:{folder / file}", "--table=other")
            self.assertFailed(self.run_program(folder, panics, *to("r.db")), INPUT, "table other has no column named n")
            self.assertFailed(self.run_program(folder, panics, *to("none/r.db")), INPUT, "unable to open database file")
            self.assertFailed(self.run_program(folder, panics, *to("program.garble")), INPUT, "file is not a database")
            self.assertFailed(self.run_program(folder, panics, "--output=sqlite:/dev/null", "--table=t"), INPUT, "no file for a database")
            self.assertFailed(self.run_program(folder, panics, *to("new.db")), PANIC)
            self.assertFalse((folder / "new.db").exists())
            self.assertFailed(self.run_program(folder, panics, "-o", folder / "none/r.csv"), INPUT, "No such file")
            two = "enum Two { A(u8), B(u8) }\npub fn main(a: u8, b: bool) -> Two { if b { Two::A(a / 0u8) } else { Two::B(a) } }\n"
            self.assertFailed(self.run_program(folder, two, "-o", folder / "r.csv"), USAGE, "a table cannot hold values of type Two")
            for flags, message in (((f"--output=sqlite:{folder / 'r.db'}",), "needs --table=NAME"),
                                   (("--output=sqlite:", "--table=t"), "sqlite:FILE needs the name of a file"),
                                   (("--output=sqlite::memory:", "--table=t"), "not ':memory:'"),
                                   (("--table=t",), "--table without an --output that is a database"),
                                   (("--json", "-o", folder / "r.csv"), "--json writes an object"),
                                   (("--json", *to("r.db")), "--json writes an object")):
                result = self.run_program(folder, panics, *flags)
                self.assertEqual(result.status, USAGE, result)
                self.assertIn(message, result.err)


class Example(Case):
    """docs/matching.md and examples/tables: a clinic and a hospital, from their files to the results'."""
    FOLDER = ROOT / "examples/tables"
    PAGE = (ROOT / "docs/matching.md").read_text()
    RESULTS = {"readmissions": "result.csv", "hidden": "hidden_result.csv", "both": "both_result.csv"}

    def commands(self):
        text = "".join(re.findall(r"^```sh\n(.*?)^```", self.PAGE, re.M | re.S))
        return [shlex.split(line) for line in text.replace("\\\n", " ").splitlines()]

    def copy(self, folder):
        for file in self.FOLDER.iterdir():
            if file.name not in self.RESULTS.values():
                (folder / file.name).write_text(file.read_text())

    def test_as_on_the_page(self):
        commands = self.commands()
        parties = [words for words in commands if words[1] == "party"]
        self.assertEqual([words for words in commands if words not in parties and words[1] not in ("check", "eval", "-d,")],
                         [["polytune", "serve"]])
        with tempfile.TemporaryDirectory() as name, relay() as (url, _):
            folder = pathlib.Path(name)
            self.copy(folder)
            for words in commands:
                if words[0] == "cut":
                    subprocess.run(shlex.join(words[:-2]) + f" > {words[-1]}", shell=True, cwd=folder, check=True)
                elif words[1] in ("check", "eval"):
                    self.assertEqual(Process(*words[1:], cwd=folder).wait().status, DONE)
            self.assertEqual((folder / "result.csv").read_text(), (self.FOLDER / "result.csv").read_text())
            for session, result in self.RESULTS.items():
                with self.subTest(session):
                    both = [words for words in parties if f"--session={session}" in words]
                    self.assertEqual(len(both), 2)
                    self.match(folder, url, both, (self.FOLDER / result).read_text())

    def match(self, folder, url, both, expected):
        started = [Process(*(url if word.startswith("http://") else word for word in words[1:]), cwd=folder) for words in both]
        for process in started:
            self.assertRan(process.wait(), "")
        for words in both:
            self.assertEqual((folder / words[words.index("-o") + 1]).read_text(), expected)

    def test_gates_of_more_rows(self):
        gates, = re.findall(r"([\d,]+) AND gates", self.PAGE)
        rows = [f"--const=PARTY_{i}::{name}=1000usize" for i, name in enumerate(("TREATED", "ADMITTED"))]
        self.assertIn(f"AND gates  {gates.replace(',', '')}\n", polytune("compile", self.FOLDER / "readmissions.garble", *rows).out)


if __name__ == "__main__":
    unittest.main()
