"""Tables as inputs: CSV and TSV files and databases, numbers of rows as constants, through eval, simulate and party."""
import contextlib
import pathlib
import sqlite3
import tempfile
import unittest

from support import Case, DONE, INPUT, Process, USAGE, polytune, relay

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
                    ((*FLAGS, "--scale=pay:0"), "the factor of --scale must be a number from 1"),
                    ((*FLAGS, "--scale=pay"), "--scale takes COLUMN:FACTOR"),
                    ((*FLAGS, "--query=SELECT 1"), "--query without an --input that is a database"),
                    ((*FLAGS, "--pad-to=0"), "--pad-to must be a number from 1"),
                    ((*FLAGS, "--scale=sex:2"), "column 'sex' is of type Sex: only integers")):
                result = self.run_all("eval", folder, flags=flags)
                self.assertEqual(result.status, USAGE, result)
                self.assertIn(message, result.err)
            result = polytune("eval", folder / "program.garble", "--input=1", "--input=2", "--sort")
            self.assertEqual(result.status, USAGE, result)
            self.assertIn("--sort needs a table as --input", result.err)

    def test_a_party_cannot_count_others_rows(self):
        with folder_with() as folder:
            result = polytune("party", "http://127.0.0.1:1", "--session=s", f"--program={folder / 'program.garble'}", "--party=1",
                              f"--input=@{folder / 'theirs.tsv'}", "--rows=PARTY_0::ROWS")
            self.assertEqual(result.status, USAGE, result)
            self.assertIn("this is PARTY_1, and the rows are its own", result.err)


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


class Joins(Case):
    SOURCE = "pub fn main(a: [(u32, u8); 3], b: [(u32, u8); 3]) -> u16 {\n    let mut sum = 0u16;\n" \
             "    for ((_, x), (_, y)) in join_iter(a, b) { sum += (x as u16) + (y as u16); }\n    sum\n}\n"

    def test_sorting(self):
        with folder_with(p_garble=self.SOURCE, a_csv="id,n\n900,1\n5,2\n256,3\n", b_csv="id,n\n256,30\n5,20\n7,10\n") as folder:
            result = polytune("simulate", folder / "p.garble", f"--input=@{folder / 'a.csv'}", f"--input=@{folder / 'b.csv'}", "--sort")
            self.assertEqual((result.status, result.out.strip()), (DONE, "55"), result)


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


if __name__ == "__main__":
    unittest.main()
