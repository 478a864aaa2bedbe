"""Queries and results by ODBC: a real PostgreSQL through its driver, and SQLite through its own."""
import glob
import os
import pathlib
import re
import sqlite3
import tempfile
import unittest

import postgres
import test_values
from support import BIN, Case, DONE, INPUT, PANIC, Process, ROOT, USAGE, polytune, program_file, relay

EXAMPLE = ROOT / "examples/tables"
SQLITE_DRIVERS = glob.glob("/usr/lib/*/odbc/libsqlite3odbc.so")
ECHO = """
enum Dose {{ None, Some(u16) }}
struct Row {{ big: i64, money: u64, good: bool, name: [u8; 12], day: i32, dose: Dose }}
pub fn main(rows: [Row; {n}], yes: bool) -> [Row; {n}] {{ if yes {{ rows }} else {{ rows }} }}
"""
CREATE = "CREATE TABLE patients (big bigint, money numeric, good boolean, name text, day date, dose int)"
ROWS = ("INSERT INTO patients VALUES (9223372036854775807, 92233720368547758.08, true, 'Zoë \"x\"', '2026-11-29', 7), "
        "(-9223372036854775808, 0.10, false, '', '1969-12-31', NULL)")
LITERAL = ("[Row {big: 9223372036854775807, day: 20786, dose: Dose::Some(7), good: true, money: 9223372036854775808, "
           "name: [90, 111, 195, 171, 32, 34, 120, 34, 0, 0, 0, 0]}, Row {big: -9223372036854775808, day: -1, dose: Dose::None, "
           "good: false, money: 10, name: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]}]")
SUM = "pub fn main(rows: [u64; {n}], yes: bool) -> u64 {{ let mut s = 0u64; for r in rows {{ s += r; }} if yes {{ s }} else {{ 0u64 }} }}"


@unittest.skipUnless(postgres.is_installed(), "PostgreSQL or its driver is not installed")
class Postgres(Case):
    @classmethod
    def setUpClass(cls):
        cls.manager = postgres.postgres()
        cls.server = cls.manager.__enter__()
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.where = cls.folder / "where"
        cls.where.write_text(cls.server.connection() + "\n")
        cls.server.sql(CREATE)
        cls.server.sql(ROWS)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()
        cls.manager.__exit__(None, None, None)

    def query(self, query, source=ECHO.format(n=2), *more, where=None, env=None):
        with program_file(source) as program:
            return polytune("eval", program, f"--input=odbc:{where if where is not None else f'@{self.where}'}", f"--query={query}",
                            "--input=true", *more, env=env)

    def count(self):
        return self.server.sql("SELECT count(*) FROM patients")

    def test_values_are_exact(self):
        self.assertRan(self.query("SELECT * FROM patients ORDER BY big DESC;", ECHO.format(n=2), "--scale=money:100"), LITERAL)

    def test_every_types_values(self):
        """Through a column of numbers that hold them, one of any numbers, and text."""
        held = {"u8": "smallint", "i8": "smallint", "i16": "smallint", "u16": "int", "i32": "int", "u32": "bigint", "usize": "bigint",
                "i64": "bigint", "u64": "numeric(20)"}
        for name, own in held.items():
            values = test_values.values(name)
            fields = ", ".join(f"{field}: {name}" for field in ("own", "any", "word"))
            source = (f"struct Row {{ {fields} }}\npub fn main(a: [Row; {len(values)}], b: bool) -> [Row; {len(values)}] {{\n"
                      "    if b { a } else { a }\n}\n")
            columns = f"(own {own}, \"any\" numeric, word text, at serial)"
            rows = ", ".join(f"({value}, {value}, {value})" for value in values)
            self.server.sql(f'CREATE TABLE {name}_in {columns}; CREATE TABLE {name}_out {columns}; '
                            f'INSERT INTO {name}_in (own, "any", word) VALUES {rows}')
            with self.subTest(name), program_file(source) as program:
                query = f"SELECT * FROM {name}_in ORDER BY at"
                self.assertRan(polytune("eval", program, f"--input=odbc:@{self.where}", f"--query={query}", "--input=true",
                                        f"--output=odbc:@{self.where}", f"--table={name}_out"), "")
                self.assertEqual(self.server.sql(f'SELECT own, "any", word FROM {name}_out ORDER BY at'),
                                 [f"{value}|{value}|{value}" for value in values])

    def test_a_number_that_a_column_cannot_hold(self):
        self.server.sql("CREATE TABLE small (n bigint)")
        for value, of in ((2 ** 63, "u64"), (2 ** 64 - 1, "u64")):
            result = self.output(f"struct Row {{ n: {of} }}\npub fn main(n: {of}, b: bool) -> [Row; 2] {{ [Row {{ n: 1{of} }}, Row {{ n }}] }}",
                                 "small", f"--input={value}", "--input=true")
            self.assertFailed(result, INPUT, "bigint")
            self.assertEqual(self.server.sql("SELECT count(*) FROM small"), ["0"])

    def test_the_connection_from_the_environment(self):
        result = self.query("SELECT * FROM patients ORDER BY big DESC", ECHO.format(n=2), "--scale=money:100", where="",
                            env={"POLYTUNE_ODBC": self.server.connection()})
        self.assertRan(result, LITERAL)

    def test_more_rows_than_a_fetch(self):
        result = self.query("SELECT n * 3 FROM generate_series(1, 2501) n", SUM.format(n=2501))
        self.assertRan(result, str(3 * 2501 * 2502 // 2))

    def test_only_reading(self):
        before = self.count()
        for query in ("DELETE FROM patients", "DELETE FROM patients RETURNING *",
                      "WITH x AS (INSERT INTO patients SELECT 1 RETURNING *) SELECT * FROM x",
                      "SELECT 1; DELETE FROM patients; COMMIT", "COMMIT; DELETE FROM patients", "SELECT 1; SET TRANSACTION READ WRITE",
                      "SELECT lo_create(0)", "SELECT * INTO other FROM patients", "COMMIT", ""):
            result = self.query(query)
            self.assertEqual(result.status, INPUT, result)
            self.assertEqual(self.count(), before)
        self.assertEqual(self.server.sql("SELECT count(*) FROM pg_class WHERE relname = 'other'"), ["0"])

    def test_wrong_values(self):
        for column, of, message in (("'infinity'::date", "i32", "expected i32, found '0000-00-00'"),
                                    ("'NaN'::numeric", "i32", "expected i32, found 'NaN'"),
                                    ("NULL::int", "i32", "expected i32, but the value is missing"),
                                    ("repeat('x', 40000)", "[u8; 4]", "the value is longer than 32760 bytes"),
                                    ("'\\x00ff'::bytea", "[u8; 4]", "column 'v' is binary"),
                                    ("2147483648", "i32", "found '2147483648', which is out of its range")):
            source = f"pub fn main(rows: [{of}; 1], yes: bool) -> bool {{ yes }}"
            result = self.query(f"SELECT {column} AS v", source)
            self.assertEqual(result.status, INPUT, result)
            self.assertIn(message, result.err)

    def test_errors_of_the_database(self):
        result = self.query("SELECT * FROM nobody")
        self.assertEqual(result.status, INPUT, result)
        self.assertIn('relation "nobody" does not exist', result.err)
        self.assertNotIn("while executing", result.err)

    def test_no_password_anywhere(self):
        secret = "hunter2-and-more"
        bad = self.folder / "bad"
        bad.write_text(self.server.connection(secret, CommLog=1, Debug=1))
        before = set(glob.glob("/tmp/psqlodbc_*") + glob.glob("/tmp/mylog_*"))
        result = self.query("SELECT 1", where=f"@{bad}")
        self.assertEqual(result.status, INPUT, result)
        self.assertIn("cannot connect", result.err)
        self.assertNotIn(secret, result.err)
        bad.write_text(self.server.connection(CommLog=1, Debug=1))
        self.assertRan(self.query("SELECT 5", SUM.format(n=1), where=f"@{bad}"), "5")
        for path in set(glob.glob("/tmp/psqlodbc_*") + glob.glob("/tmp/mylog_*")) - before:
            text = pathlib.Path(path).read_text(errors="replace")
            self.assertNotIn(secret, text)
            self.assertNotIn(postgres.PASSWORD, text)
        for where in ("Driver=x;PWD=secret", "Driver=x;password={se}}cret}", "Driver={a;b};pwd=1"):
            result = self.query("SELECT 1", where=where)
            self.assertEqual(result.status, USAGE, result)
            self.assertIn("others see a password in the arguments", result.err)

    def test_no_connection(self):
        for where, message in (("", "odbc: takes a connection"), ("@/nowhere/file", "cannot read '/nowhere/file'"),
                               ("no_such_source", "cannot connect"), ("Driver=/nowhere/driver.so", "cannot connect")):
            result = self.query("SELECT 1", where=where, env={"POLYTUNE_ODBC": ""})
            self.assertIn(result.status, (USAGE, INPUT), result)
            self.assertIn(message, result.err)

    def output(self, source, table, *inputs):
        with program_file(source) as program:
            return polytune("eval", program, *inputs, f"--output=odbc:@{self.where}", f"--table={table}", cwd=self.folder)

    def test_rows_out(self):
        self.server.sql("CREATE TABLE copy (LIKE patients)")
        with program_file(ECHO.format(n=2)) as program:
            result = polytune("eval", program, f"--input=odbc:@{self.where}", "--query=SELECT * FROM patients", "--input=true",
                              "--scale=money:100", f"--output=odbc:@{self.where}", "--table=public.copy", cwd=self.folder)
        self.assertEqual(result.status, INPUT, result)  # days are a number, and no date
        self.server.sql("ALTER TABLE copy DROP COLUMN day, ADD COLUMN day int")
        with program_file(ECHO.format(n=2)) as program:
            result = polytune("eval", program, f"--input=odbc:@{self.where}", "--query=SELECT * FROM patients", "--input=true",
                              "--scale=money:100", f"--output=odbc:@{self.where}", "--table=public.copy")
        self.assertRan(result, "")
        self.assertEqual(self.server.sql("SELECT big, money, good, name, day, dose FROM copy ORDER BY big"),
                         ["-9223372036854775808|10|f||-1|", '9223372036854775807|9223372036854775808|t|Zoë "x"|20786|7'])

    def test_all_rows_or_none(self):
        source = "pub fn main(a: u32, b: bool) -> [u32; 2500] { let mut r = [a; 2500]; r[2400] = 7u32; r }"
        self.server.sql("CREATE TABLE numbers (n bigint CHECK (n <> 7))")
        result = self.output(source, "numbers", "--input=1", "--input=true")
        self.assertEqual(result.status, INPUT, result)
        self.assertIn("violates check constraint", result.err)
        rescued, = re.findall(r"in the new file (polytune-result-\w+\.csv) instead", result.err)
        self.assertEqual(len((self.folder / rescued).read_text().splitlines()), 2501)
        self.assertEqual(self.server.sql("SELECT count(*) FROM numbers"), ["0"])
        self.server.sql("ALTER TABLE numbers DROP CONSTRAINT numbers_n_check")
        self.assertRan(self.output(source, "numbers", "--input=1", "--input=true"), "")
        self.assertEqual(self.server.sql("SELECT count(*), sum(n) FROM numbers"), ["2500|2506"])

    def test_a_wrong_table_is_found_before_the_run(self):
        self.server.sql("CREATE TABLE wide (a int, b int)")
        panics = "pub fn main(a: u32, b: u32) -> u32 { a / b }"
        for table, message in (("nobody", 'relation "nobody" does not exist'), ("wide", "'wide' has 2 columns, and the result 1")):
            result = self.output(panics, table, "--input=1", "--input=0")
            self.assertEqual(result.status, INPUT, result)
            self.assertIn(message, result.err)
        self.server.sql("CREATE TABLE one (a int)")
        self.assertEqual(self.output(panics, "one", "--input=1", "--input=0").status, PANIC)
        self.assertEqual(self.server.sql("SELECT count(*) FROM one"), ["0"])

    def test_two_hospitals(self):
        """docs/matching.md: the example's tables from two databases."""
        for name, columns in (("clinic", "patient bigint, drug text, given date"),
                              ("hospital", "patient bigint, admitted date, days int, cost numeric(10, 2)")):
            self.server.sql(f"CREATE DATABASE {name}")
            lines = (EXAMPLE / f"{name}.csv").read_text().splitlines()[1:]
            values = ", ".join("(" + ", ".join(f"'{cell}'" for cell in line.split(",")) + ")" for line in lines)
            connection = self.server.connection(Database=name)
            (self.folder / name).write_text(connection)
            for sql in (f"CREATE TABLE {name} ({columns})", f"INSERT INTO {name} VALUES {values}"):
                self.server.run("psql", "-h", "127.0.0.1", "-p", self.server.port, "-U", "app", "-d", name, "-qAtc", sql)
        with relay() as (url, _):
            parties = [Process("party", url, "--session=tables", f"--program={EXAMPLE / 'readmissions.garble'}", f"--party={i}",
                               f"--input=odbc:@{self.folder / name}", f"--query=SELECT * FROM {name} ORDER BY patient", f"--rows={rows}",
                               "-o", self.folder / f"{name}.csv", *more)
                       for i, (name, rows, more) in enumerate((("clinic", "TREATED", []), ("hospital", "ADMITTED", ["--scale=cost:100"])))]
            for process in parties:
                self.assertRan(process.wait(), "")
        self.assertEqual((self.folder / "clinic.csv").read_text(), (EXAMPLE / "result.csv").read_text())
        self.assertEqual((self.folder / "hospital.csv").read_text(), (EXAMPLE / "result.csv").read_text())


@unittest.skipUnless(SQLITE_DRIVERS, "the SQLite driver is not installed")
class SqliteByOdbc(Case):
    def test_reading_and_only_that(self):
        with tempfile.TemporaryDirectory() as folder, program_file(SUM.format(n=2)) as program:
            path = pathlib.Path(folder) / "t.db"
            connection = sqlite3.connect(path)
            connection.executescript("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (40), (2);")
            connection.close()
            where = f"odbc:Driver={SQLITE_DRIVERS[0]};Database={path}"
            self.assertRan(polytune("eval", program, f"--input={where}", "--query=SELECT n FROM t", "--input=true"), "42")
            before = path.read_bytes()
            for query in ("DELETE FROM t", "INSERT INTO t VALUES (1) RETURNING n"):
                result = polytune("eval", program, f"--input={where}", f"--query={query}", "--input=true")
                self.assertEqual(result.status, INPUT, result)
                self.assertEqual(path.read_bytes(), before)


if __name__ == "__main__":
    unittest.main()
