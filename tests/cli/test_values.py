"""Every type's values at its ends and around powers of two go in and come out unchanged, by every way.

Ways in: literals as text, Garble JSON, external constants and tables; ways out: text, JSON and tables; through eval, simulate and party;
alone and inside arrays, tuples, structs and enums. Tables of PostgreSQL are in test_databases.py.
"""
import contextlib
import json
import pathlib
import sqlite3
import tempfile
import unittest

from support import Case, INPUT, Process, polytune, program_file, relay

WIDTHS = {"u8": 8, "u16": 16, "u32": 32, "u64": 64, "usize": 32, "i8": 8, "i16": 16, "i32": 32, "i64": 64}
TAGS = {name: name.capitalize() for name in WIDTHS}
SOON = 200


def is_signed(name):
    return name.startswith("i")


def ends(name):
    width = WIDTHS[name]
    return (-2 ** (width - 1), 2 ** (width - 1) - 1) if is_signed(name) else (0, 2 ** width - 1)


def values(name):
    """The ends, zero, and around 2^7, 2^8, 2^15, 2^16, 2^31, 2^32, 2^53, 2^63 and their negatives, as far as they are in range."""
    low, high = ends(name)
    near = {sign * 2 ** power + offset for power in (0, 7, 8, 15, 16, 31, 32, 53, 62, 63, 64) for sign in (1, -1) for offset in (-1, 0, 1)}
    return sorted(value for value in near | {low, high, 0} if low <= value <= high)


def as_json(name, value):
    return {"NumSigned" if is_signed(name) else "NumUnsigned": [value, TAGS[name]]}


class Nested:
    """One value that holds all of a type's: in an array, a struct, enum variants and tuples."""

    def __init__(self, name):
        all_values = values(name)
        low, high = ends(name)
        self.type = f"([{name}; {len(all_values)}], S, [E; 2], ({name}, bool))"
        self.items = f"struct S {{ least: {name}, most: {name} }}\nenum E {{ Nothing, Some({name}, {name}) }}\n"
        self.text = (f"([{', '.join(map(str, all_values))}], S {{least: {low}, most: {high}}}, "
                     f"[E::Some({low}, {high}), E::Nothing], ({high}, true))")
        number = lambda value: as_json(name, value)
        self.json = {"Tuple": [
            {"Array": [number(value) for value in all_values]},
            {"Struct": ["S", [["least", number(low)], ["most", number(high)]]]},
            {"Array": [{"Enum": ["E", "Some", {"Tuple": [number(low), number(high)]}]}, {"Enum": ["E", "Nothing", "Unit"]}]},
            {"Tuple": [number(high), "True"]}]}

    def echo(self):
        """Gives party 0's value; the bool makes it a computation, and is true."""
        return f"{self.items}pub fn main(a: {self.type}, b: bool) -> {self.type} {{\n    if b {{ a }} else {{ a }}\n}}\n"


@contextlib.contextmanager
def nested_files(name):
    """The type's Nested, its program, and its value as arguments: a text file, a JSON file, and as it is."""
    nested = Nested(name)
    with tempfile.TemporaryDirectory() as folder, program_file(nested.echo()) as path:
        for suffix, text in (("txt", nested.text), ("json", json.dumps(nested.json))):
            (pathlib.Path(folder) / f"input.{suffix}").write_text(text)
        yield nested, path, [f"@{folder}/input.txt", f"@{folder}/input.json", nested.text]


class Values(Case):
    def assertGave(self, result, text, value):
        """`value` as Python reads JSON: it has numbers of any size."""
        found = self.json_of(result)
        self.assertEqual((found["result"], found["text"]), (value, text))
        self.assertIn(json.dumps(value, separators=(",", ":")), result.out)

    def test_nested_in_eval_and_simulate(self):
        for name in WIDTHS:
            with self.subTest(name), nested_files(name) as (nested, path, inputs):
                for given in inputs:
                    for command in ("eval", "simulate"):
                        arguments = (command, path, f"--input={given}", "--input=true")
                        self.assertRan(polytune(*arguments), nested.text)
                        self.assertGave(polytune(*arguments, "--json"), nested.text, nested.json)

    def test_nested_in_party(self):
        with relay() as (url, _):
            for name in WIDTHS:
                with self.subTest(name), nested_files(name) as (nested, path, inputs):
                    for i, given in enumerate(inputs[1:]):
                        parties = [Process("party", url, f"--session={name}-{i}", f"--program={path}", f"--party={p}",
                                           f"--input={text}", *more)
                                   for p, (text, more) in enumerate(((given, ["--json"]), ("true", [])))]
                        with_json, plain = [party.wait(SOON) for party in parties]
                        self.assertGave(with_json, nested.text, nested.json)
                        self.assertRan(plain, nested.text)

    def test_alone(self):
        for name in WIDTHS:
            with self.subTest(name), program_file(f"pub fn main(a: {name}, b: {name}) -> {name} {{ a ^ b }}") as path:
                for value in values(name):
                    result = polytune("eval", path, f"--input={value}", "--input=0", "--json")
                    self.assertGave(result, str(value), as_json(name, value))
                result = polytune("simulate", path, "--input=0", f"--input={ends(name)[1]}", "--json")
                self.assertGave(result, str(ends(name)[1]), as_json(name, ends(name)[1]))

    def test_out_of_range(self):
        for name in WIDTHS:
            with self.subTest(name), program_file(f"pub fn main(a: [{name}; 1], b: bool) -> bool {{ (a[0] == 0{name}) ^ b }}") as path, \
                    tempfile.TemporaryDirectory() as folder:
                for value in (ends(name)[0] - 1, ends(name)[1] + 1, 2 ** 64, 2 ** 65 + 3, -2 ** 64, 10 ** 40):
                    self.assertFailed(polytune("eval", path, f"--input=[{value}]", "--input=true"), INPUT, name)
                    file = pathlib.Path(folder) / "input.json"
                    file.write_text(json.dumps({"Array": [as_json(name, value)]}))
                    self.assertFailed(polytune("eval", path, f"--input=@{file}", "--input=true"), INPUT, name)

    def test_constants(self):
        for name in WIDTHS:
            names = [f"C{i}" for i in range(len(values(name)))]
            source = "".join(f"const {c}: {name} = PARTY_0::{c};\n" for c in names)
            source += f"pub fn main(a: [{name}; {len(names)}], b: bool) -> [{name}; {len(names)}] {{\n"
            source += f"    if b {{ [{', '.join(names)}] }} else {{ a }}\n}}\n"
            text = f"[{', '.join(map(str, values(name)))}]"
            flags = [f"--const=PARTY_0::{c}={value}{name}" for c, value in zip(names, values(name))]
            with self.subTest(name), program_file(source) as path:
                result = polytune("eval", path, *flags, f"--input=[0; {len(names)}]", "--input=true", "--json")
                self.assertGave(result, text, {"Array": [as_json(name, value) for value in values(name)]})

    def test_numbers_of_the_program(self):
        for name in WIDTHS:
            written = ", ".join(f"{value}{name}" for value in values(name))
            source = f"pub fn main(a: bool, b: bool) -> [{name}; {len(values(name))}] {{\n    [{written}]\n}}\n"
            with self.subTest(name), program_file(source) as path:
                self.assertRan(polytune("eval", path, "--input=true", "--input=true"), f"[{', '.join(map(str, values(name)))}]")


def rows_echo(name):
    """A program that gives party 0's column of all the type's values."""
    n = len(values(name))
    return f"pub fn main(a: [{name}; {n}], b: bool) -> [{name}; {n}] {{\n    if b {{ a }} else {{ a }}\n}}\n"


class Tables(Case):
    """A column of all values, with a table at both ends, which is read again."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, name):
        return pathlib.Path(self.folder.name) / name

    def test_files(self):
        for name in WIDTHS:
            for suffix in ("csv", "tsv"):
                first, second = self.file(f"{name}.{suffix}"), self.file(f"{name}2.{suffix}")
                first.write_text("".join(f"{line}\n" for line in (1, *values(name))))
                with self.subTest(name), program_file(rows_echo(name)) as path:
                    for command, given, to in (("eval", first, second), ("simulate", second, first)):
                        self.assertRan(polytune(command, path, f"--input=@{given}", "--input=true", "-o", to), "")
                        self.assertEqual(to.read_text(), "".join(f"{line}\n" for line in (1, *values(name))))

    def through_sqlite(self, path, file, query, table):
        self.assertRan(polytune("eval", path, f"--input=sqlite:{file}", f"--query={query}", "--input=true", f"--output=sqlite:{file}",
                                f"--table={table}"), "")
        return [row[0] for row in sqlite3.connect(file).execute(f'SELECT * FROM "{table}" ORDER BY rowid')]

    def test_sqlite(self):
        """What its INTEGER cannot hold is text there, as it comes out."""
        for name in WIDTHS:
            file = self.file(f"{name}.db")
            kept = [value if value < 2 ** 63 else str(value) for value in values(name)]
            database = sqlite3.connect(file)
            database.execute("CREATE TABLE given (n)")
            database.execute("CREATE TABLE as_text (n TEXT)")
            database.executemany("INSERT INTO given VALUES (?)", ((value,) for value in kept))
            database.commit()
            with self.subTest(name), program_file(rows_echo(name)) as path:
                self.assertEqual(self.through_sqlite(path, file, "SELECT n FROM given ORDER BY rowid", "made"), kept)
                self.assertEqual(self.through_sqlite(path, file, "SELECT * FROM made ORDER BY rowid", "as_text"), list(map(str, values(name))))
                self.assertEqual(self.through_sqlite(path, file, "SELECT * FROM as_text ORDER BY rowid", "again"), kept)

    def test_sqlite_rounds_nothing(self):
        """A column that would make rounded numbers of large ones takes none of the rows, nor does a REAL come in as one."""
        file = self.file("t.db")
        database = sqlite3.connect(file)
        database.executescript("CREATE TABLE i (n INTEGER); CREATE TABLE r (n REAL); CREATE TABLE m (n NUMERIC);")
        with program_file(rows_echo("u64")) as path:
            for table in "irm":
                result = polytune("eval", path, f"--input=[{', '.join(map(str, values('u64')))}]", "--input=true", f"--output=sqlite:{file}",
                                  f"--table={table}", cwd=self.folder.name)  # where the rows are kept
                self.assertFailed(result, INPUT, "past 2^63-1")
                self.assertEqual(database.execute(f"SELECT count(*) FROM {table}").fetchone(), (0,))
        with program_file("pub fn main(a: [u64; 1], b: bool) -> u64 { a[0usize] }") as path:
            for real in ("9007199254740993.0", "9223372036854775808", "18446744073709551615"):
                result = polytune("eval", path, f"--input=sqlite:{file}", f"--query=SELECT {real} AS n", "--input=true")
                self.assertFailed(result, INPUT, "n")


if __name__ == "__main__":
    unittest.main()
