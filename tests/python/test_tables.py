"""Arrays of numpy and tables of pandas: what they give, what is refused, and in how much time."""
import time
import unittest

import numpy as np
import pandas as pd

from polytune import ArrayType, Garble, InputError, Program, UsageError, Variant
from polytune import tables, values
from support import echo

TYPES = """struct Home { city: [u8; 6], zip: u16 }
enum Color { Red, Green, Blue }
enum Maybe { None, Some(u8) }
enum Match { Missing, Found(u32, Color) }
struct Patient { id: u64, born: i32, well: bool, name: [u8; 5], ward: Color, marks: [i8; 2], home: Home, dose: Maybe }
"""


def result(of, value):
    return Program(echo(of, TYPES)).evaluate([value, True], progress=False)


def patients(n):
    i = np.arange(n)
    return pd.DataFrame(
        {
            "ward": np.array(["Red", "Green", "Blue"])[i % 3],
            "id": (np.uint64(2**63) + i.astype(np.uint64)),
            "born": (-i).astype(np.int64),
            "well": i % 2 == 0,
            "name": [f"p{k % 1000}" for k in i],
            "marks": [[k % 100, -(k % 100)] for k in i],
            "home": [{"city": "Ulm", "zip": k % 65536} for k in i],
            "dose": pd.array([None if k % 2 else k % 256 for k in i], dtype="Int64"),
            "not asked for": 1.5,
        }
    )


class Inputs(unittest.TestCase):
    def assertWrong(self, of, value, *words):
        with self.assertRaises(InputError) as caught:
            result(of, value)
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_a_frame_is_what_its_rows_are(self):
        for n in (0, 1, 2, 7, 8, 9, 1000):
            frame = patients(n)
            of = f"[Patient; {n}]"
            asked = frame.drop(columns="not asked for")
            with self.subTest(n):
                self.assertEqual(result(of, frame).text, result(of, asked.to_dict("records")).text)

    def test_across_blocks(self):
        rows = tables._block_rows(16) * 2 + 9
        column = np.arange(rows) % 65536
        program = Program(f"pub fn main(a: [u16; {rows}], b: bool) -> (u16, u16, u16) {{ (a[0], a[{rows // 2}], a[{rows - 1}]) }}")
        self.assertEqual(program.evaluate([column, True], progress=False).value, tuple(column[[0, rows // 2, rows - 1]]))
        of = program.input_types[0]
        self.assertEqual(values.encode(of, column, "a"), values.encode(of, column.tolist(), "a"))
        np.testing.assert_array_equal(tables.to_numpy(of, bytes(values.encode(of, column, "a"))), column)

    def test_arrays(self):
        for of, array in (
            ("[u8; 3]", np.array([1, 2, 255], np.uint8)),
            ("[u64; 2]", np.array([0, 2**64 - 1], np.uint64)),
            ("[i64; 2]", np.array([-(2**63), 2**63 - 1])),
            ("[i8; 3]", np.array([-128, 127, 0], np.int64)),
            ("[bool; 3]", np.array([True, False, True])),
            ("[[i16; 3]; 2]", np.array([[-1, 2, -3], [4, -5, 6]])),
            ("[[[u8; 1]; 2]; 2]", np.arange(4).reshape(2, 2, 1)),
            ("[u32; 0]", np.array([], np.uint32)),
            ("[[u8; 0]; 2]", np.zeros((2, 0), np.uint8)),
            ("[u16; 3]", np.arange(6)[::2]),
            ("[u16; 2]", np.array([1, 2], ">u8")),
        ):
            with self.subTest(of):
                self.assertEqual(result(of, array).text, result(of, array.tolist()).text)
        self.assertEqual(result("([u16; 3], u8)", (np.arange(3), 5)).value, ([0, 1, 2], 5))
        self.assertEqual(result("[[u8; 3]; 2]", np.array([b"abc", b"d"])).value, [b"abc", b"d\0\0"])
        self.assertEqual(result("[[u8; 3]; 2]", np.array(["abc", "ö"])).value, [b"abc", b"\xc3\xb6\0"])

    def test_records(self):
        records = np.array([(7, "Ulm"), (8, "Bonn")], [("zip", "i8"), ("city", "U6")])
        self.assertEqual(result("[Home; 2]", records).value[1], {"city": b"Bonn\0\0", "zip": 8})
        self.assertEqual(result("[(u16, [u8; 6]); 2]", records).value[0], (7, b"Ulm\0\0\0"))

    def test_series(self):
        self.assertEqual(result("[u16; 2]", pd.Series([1, 2], index=["x", "y"])).value, [1, 2])
        self.assertEqual(result("[u16; 2]", pd.Series([1, 2], dtype="Int64")).value, [1, 2])
        self.assertEqual(result("[bool; 2]", pd.Series([True, False], dtype="boolean")).value, [True, False])
        self.assertEqual(result("[u16; 2]", pd.Index([1, 2])).value, [1, 2])
        self.assertEqual(result("[[u8; 2]; 2]", pd.Series(["a", "bc"], dtype="string")).value, [b"a\0", b"bc"])
        self.assertEqual(result("[Color; 2]", pd.Series(["Red", "Blue"], dtype="category")).value, [Variant("Red"), Variant("Blue")])
        for dtype in ("Int64", float, object):
            self.assertEqual(result("[Maybe; 2]", pd.Series([5, None], dtype=dtype)).value, [Variant("Some", (5,)), Variant("None")])
        self.assertWrong("[Maybe; 2]", pd.Series([5.5, None]), "a[0].Some: expected u8, found 5.5")

    def test_frames_without_names(self):
        frame = pd.DataFrame([[1, True], [2, False]])
        self.assertEqual(result("[(u16, bool); 2]", frame).value, [(1, True), (2, False)])
        self.assertEqual(result("[u16; 2]", frame[[0]]).value, [1, 2])
        self.assertWrong("[u16; 2]", frame, "rows of u16 are one column, and here are 2")
        self.assertWrong("[(u16, bool, u8); 2]", frame, "has 3 parts, and here are 2 columns")

    def test_wrong_cells(self):
        frame = patients(5)
        for name, row, value, words in (
            ("born", 3, 2**31, "a[3].born: 2147483648 is no i32"),
            ("name", 2, "Köln+", "a[2].name: 'Köln+' has 6 bytes"),
            ("name", 2, None, "a[2].name: expected [u8; 5], and the value is missing"),
            ("name", 1, 5, "a[1].name: expected [u8; 5]"),
            ("ward", 4, "Blau", "a[4].ward: Color has no variant 'Blau'; did you mean 'Blue'"),
            ("ward", 0, None, "a[0].ward: expected Color"),
            ("marks", 1, [1], "a[1].marks: [i8; 2] has 2 elements"),
            ("marks", 1, [1, 128], "a[1].marks[1]: 128 is no i8"),
            ("home", 2, {"city": "Ulm", "zip": -1}, "a[2].home.zip: -1 is no u16"),
            ("dose", 4, 256, "a[4].dose.Some: 256 is no u8"),
        ):
            with self.subTest(words):
                changed = frame.astype({name: object})
                changed.at[row, name] = value
                self.assertWrong("[Patient; 5]", changed, words)
        self.assertWrong("[Patient; 5]", frame.assign(born=[1.0, 2, np.nan, 4, 5]), "a[2].born: expected i32, and the value is missing (nan)")
        self.assertWrong("[Patient; 5]", frame.assign(born=1.5), "a.born: expected i32, found float64: make whole numbers")
        self.assertWrong("[Patient; 5]", frame.assign(born=pd.Timestamp("2026-01-01")), "a.born: expected i32, found datetime64", "days")
        self.assertWrong("[Patient; 5]", frame.assign(born=pd.array([1, 2, None, 4, 5], dtype="Int64")), "a[2].born: expected i32, and the value is missing")
        self.assertWrong("[Patient; 5]", frame.assign(well=1), "a[0].well: expected True or False")
        self.assertWrong("[Patient; 5]", frame.assign(born=True), "a[0].born: expected i32, found True")
        self.assertWrong("[u8; 2]", np.array(["1", "2"]), "a[0]: expected u8, found '1'")

    def test_wrong_shapes(self):
        frame = patients(5)
        self.assertWrong("[Patient; 6]", frame, "a: [Patient; 6] has 6 elements, and here are 5")
        self.assertWrong("[Patient; 5]", frame.drop(columns="ward"), "a: Patient needs a column 'ward'; there are 'id', 'born'")
        self.assertWrong("[Patient; 5]", pd.concat([frame, frame], axis=1), "two columns are called")
        self.assertWrong("[[u8; 3]; 2]", np.zeros((2, 4), int), "a: [u8; 3] has 3 elements, and here are 4 in a row")
        self.assertWrong("[u8; 2]", np.zeros((2, 4), int), "a: expected u8, found 1 dimensions more")
        self.assertWrong("[[u8; 3]; 2]", np.array([[1, 2, 3], [4, 500, 6]]), "a[1][1]: 500 is no u8")
        self.assertWrong("[u8; 2]", np.array([1 + 2j, 3]), "a: expected u8, found complex128")
        self.assertWrong("[[u8; 2]; 2]", np.array([b"ab", b"abc"]), "a[1]: ", "has 3 bytes")
        self.assertWrong("u8", frame, "a: expected u8")
        self.assertWrong("u8", np.array([5]), "a: expected u8")

    def test_far_rows(self):
        n = 300_000
        of = Program(echo(f"[u8; {n}]")).input_types[0]
        column = np.zeros(n, np.int64)
        column[n - 1] = 256
        with self.assertRaisesRegex(InputError, rf"a\[{n - 1}\]: 256 is no u8"):
            values.encode(of, column, "a")

    def test_a_million_rows(self):
        n = 1_000_000
        of = Program(echo(f"[(u64, i32, bool); {n}]")).input_types[0]
        i = np.arange(n)
        frame = pd.DataFrame({"id": i.astype(np.uint64) + np.uint64(2**63), "born": -i, "well": i % 2 == 0})
        begin = time.thread_time()  # a busy machine is not held against it
        packed = values.encode(of, frame, "a")
        self.assertLess(time.thread_time() - begin, 3)
        back = tables.to_numpy(of, bytes(packed))
        for name, column in zip(back.dtype.names, frame.columns):
            np.testing.assert_array_equal(back[name], frame[column])


class Results(unittest.TestCase):
    def test_numpy(self):
        frame = patients(20)
        records = result("[Patient; 20]", frame).numpy()
        for name in ("id", "born", "well", "ward"):
            np.testing.assert_array_equal(records[name], frame[name])
        self.assertEqual(records["marks"].tolist(), frame["marks"].tolist())
        self.assertEqual(records["home"]["zip"].tolist(), list(range(20)))
        self.assertEqual(records["name"][3].tobytes(), b"p3\0\0\0")
        self.assertEqual(records["dose"][2], Variant("Some", (2,)))
        self.assertEqual(result("[(u8, i16); 1]", [(1, -2)]).numpy()["f1"].tolist(), [-2])
        self.assertEqual(result("[u8; 0]", "").numpy().tolist(), [])
        self.assertEqual(result("[[u8; 0]; 2]", ["", ""]).numpy().shape, (2, 0))
        with self.assertRaisesRegex(UsageError, "is u8, and no array"):
            result("u8", 1).numpy()

    def test_frames(self):
        frame = patients(4)
        shown = result("[Patient; 4]", frame).frame()
        self.assertEqual(list(shown.columns), ["born", "dose", "home.city", "home.zip", "id", "marks.0", "marks.1", "name", "ward", "well"])
        self.assertEqual(shown["name"].tolist(), ["p0", "p1", "p2", "p3"])
        self.assertEqual(shown["dose"].tolist(), [0, None, 2, None])
        self.assertEqual(shown["home.city"].tolist(), ["Ulm"] * 4)
        self.assertEqual(shown["id"].tolist(), frame["id"].tolist())
        again = result("[Home; 4]", pd.DataFrame({"city": shown["home.city"], "zip": shown["home.zip"]})).frame()
        self.assertEqual(again["zip"].tolist(), [0, 1, 2, 3])

    def test_rows_that_are_none_are_left_out(self):
        shown = result("[Match; 3]", Garble("[Match::Found(5, Color::Red), Match::Missing, Match::Found(7, Color::Blue)]")).frame()
        self.assertEqual(shown.values.tolist(), [[5, "Red"], [7, "Blue"]])
        self.assertEqual(result("[Maybe; 3]", [None, None, None]).frame().values.tolist(), [])

    def test_one_row(self):
        self.assertEqual(result("Home", {"city": b"\xff\0\0\0\0\0", "zip": 5}).frame().values.tolist(), [["0xff0000000000", 5]])
        self.assertEqual(result("(u8, Color)", (5, "Red")).frame().to_dict("list"), {"1": [5], "2": ["Red"]})
        self.assertEqual(result("[u8; 3]", "abc").frame().values.tolist(), [["abc"]])

    def test_types_are_as_ours(self):
        self.assertIsInstance(result("[u8; 3]", "abc").type, ArrayType)


if __name__ == "__main__":
    unittest.main()
