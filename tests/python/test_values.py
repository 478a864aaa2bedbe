"""Values of every type, there and back, and what is none."""
import collections
import dataclasses
import enum
import types
import unittest

import numpy as np

import polytune
from polytune import Garble, InputError, Json, Program, Variant
from support import echo

TYPES = """struct Home { city: [u8; 6], zip: u16 }
struct Empty {}
enum Dose { Nothing, Some(u16, i8), Ward([u8; 3]) }
enum Maybe { None, Just(u8) }
enum Color { Red, Green, Blue }
enum One { Only }
enum Name { None, Some([u8; 4]) }
"""


def there_and_back(of, value):
    return Program(echo(of, TYPES)).evaluate([value, True], progress=False)


@dataclasses.dataclass
class Home:
    city: str
    zip: int


class Color(enum.Enum):
    Red = 7
    Blue = 8


class Values(unittest.TestCase):
    def assertEchoes(self, of, value, expected=...):
        result = there_and_back(of, value).value
        expected = value if expected is ... else expected
        self.assertEqual(result, expected)
        self.assertIs(type(result), type(expected))

    def assertWrong(self, of, value, *words):
        with self.assertRaises(InputError) as caught:
            there_and_back(of, value)
        for word in words:
            self.assertIn(word, str(caught.exception))
        self.assertEqual(caught.exception.status, "PT_ERR_INPUT")

    def test_ends_of_ranges(self):
        for signed, widths in (("u", (8, 16, 32, 64)), ("i", (8, 16, 32, 64))):
            for width in widths:
                low = -(1 << (width - 1)) if signed == "i" else 0
                high = (1 << (width - (signed == "i"))) - 1
                for value in (low, high, 0, 1, high // 2, high // 2 + 1):
                    with self.subTest(f"{signed}{width} {value}"):
                        self.assertEchoes(f"{signed}{width}", value)
                self.assertWrong(f"{signed}{width}", high + 1, f"a: {high + 1} is no {signed}{width}", f"{low} to {high}")
                self.assertWrong(f"{signed}{width}", low - 1, f"{low - 1}")
        for value in (2**31, 2**32, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1):
            self.assertEchoes("u64", value)
        self.assertEchoes("usize", 2**32 - 1)
        self.assertWrong("usize", 2**32)

    def test_what_is_no_number(self):
        for value in (True, False, None, 1.0, 2.5, float("nan"), float("inf"), "5", b"5", [5], {"a": 1}, 3 + 0j, np.bool_(True), np.float64(3)):
            with self.subTest(value):
                self.assertWrong("u8", value, "a: expected u8")
        self.assertWrong("u8", 10**10000, "a number of 33220 bits")
        self.assertWrong("u8", None, "missing")
        self.assertEchoes("u8", np.uint64(255), 255)
        self.assertEchoes("i64", np.int64(-(2**63)), -(2**63))

    def test_bool(self):
        self.assertEchoes("bool", True)
        self.assertEchoes("bool", np.bool_(False), False)
        for value in (0, 1, "true", None):
            self.assertWrong("bool", value, "expected True or False")

    def test_arrays_and_tuples(self):
        self.assertEchoes("[u16; 3]", [1, 65535, 0])
        self.assertEchoes("[u16; 3]", (1, 2, 3), [1, 2, 3])
        self.assertEchoes("[u16; 3]", range(3), [0, 1, 2])
        self.assertEchoes("[u16; 0]", [])
        self.assertEchoes("[bool; 9]", [True, False] * 4 + [True])
        self.assertEchoes("[[i8; 2]; 2]", [[-128, 127], [0, -1]])
        self.assertEchoes("(u8, bool, i16)", (7, True, -300))
        self.assertEchoes("()", ())
        self.assertEchoes("[(); 3]", [(), (), ()])
        self.assertWrong("[u16; 3]", [1, 2], "a: [u16; 3] has 3 elements, and here are 2")
        self.assertWrong("[u16; 3]", [1, -2, 3], "a[1]: -2 is no u16")
        self.assertWrong("[[i8; 2]; 2]", [[0, 0], [0, 200]], "a[1][1]: 200")
        self.assertWrong("(u8, bool)", (7, 1), "a.1: expected True or False")
        self.assertWrong("(u8, bool)", (7,), "a: (u8, bool) has 2 parts, and here are 1")
        for value in (5, None, "12", {1, 2, 3}, {0: 1, 1: 2, 2: 3}, (i for i in range(3)), object()):
            self.assertWrong("[u16; 3]", value, "a: expected [u16; 3]")

    def test_texts(self):
        self.assertEchoes("[u8; 6]", "Köln", b"K\xc3\xb6ln\0")
        self.assertEchoes("[u8; 6]", "", bytes(6))
        self.assertEchoes("[u8; 3]", b"\0\xff\1")
        self.assertEchoes("[u8; 3]", bytearray(b"abc"), b"abc")
        self.assertEchoes("[u8; 3]", memoryview(b"abc"), b"abc")
        self.assertEchoes("[u8; 3]", [1, 2, 255], b"\1\2\xff")
        self.assertEchoes("[u8; 0]", "", b"")
        self.assertEchoes("[u8; 0]", b"")
        self.assertEchoes("[[u8; 2]; 2]", ["ab", b"c\0"], [b"ab", b"c\0"])
        self.assertWrong("[u8; 3]", "Köln", "has 5 bytes, more than the 3")
        self.assertWrong("[u8; 3]", b"ab", "2 bytes for [u8; 3]")
        self.assertWrong("[u8; 3]", "\ud800", "no Unicode text")
        self.assertWrong("[[u8; 2]; 2]", ["ab", "abc"], "a[1]: 'abc' has 3 bytes")

    def test_structs(self):
        expected = {"city": b"Ulm\0\0\0", "zip": 8907}
        Named = collections.namedtuple("Named", "zip city")
        record = np.array([("Ulm", 8907)], [("city", "U6"), ("zip", "i4")])[0]
        ordered = types.MappingProxyType({"zip": 8907, "city": "Ulm"})
        for value in (expected, Home("Ulm", 8907), Named(8907, "Ulm"), ordered, record):
            with self.subTest(type(value)):
                self.assertEchoes("Home", value, expected)
        self.assertEchoes("Empty", {})
        self.assertWrong("Home", {"city": "Ulm"}, "a: Home needs the field 'zip'")
        self.assertWrong("Home", {"city": "Ulm", "zipp": 1, "zip": 2}, "no field 'zipp'; did you mean 'zip'?")
        self.assertWrong("Home", {"city": "Ulm", "zip": -1}, "a.zip: -1 is no u16")
        self.assertWrong("Home", {"city": "Neu-Ulm", "zip": 1}, "a.city: 'Neu-Ulm' has 7 bytes")
        self.assertWrong("[(Home, bool); 2]", [(expected, True), (dict(expected, zip=None), True)], "a[1].0.zip: expected u16")
        for value in (("Ulm", 8907), [1], Home, 5, None, "Ulm"):
            self.assertWrong("Home", value, "a: expected Home")

    def test_enums(self):
        self.assertEchoes("Dose", Variant("Nothing"))
        self.assertEchoes("Dose", Variant("Some", (65535, -128)))
        self.assertEchoes("Dose", "Nothing", Variant("Nothing"))
        self.assertEchoes("Dose", {"Ward": ["a12"]}, Variant("Ward", (b"a12",)))
        self.assertEchoes("Color", Color.Blue, Variant("Blue"))
        self.assertEchoes("[Color; 3]", ["Red", "Blue", "Green"], [Variant("Red"), Variant("Blue"), Variant("Green")])
        self.assertEchoes("One", "Only", Variant("Only"))
        self.assertEchoes("Maybe", None, Variant("None"))
        self.assertEchoes("Maybe", 5, Variant("Just", (5,)))
        self.assertEchoes("Name", "None", Variant("Some", (b"None",)))
        self.assertEchoes("Name", None, Variant("None"))
        self.assertEqual(repr(Variant("Some", (1, 2))), "Some(1, 2)")
        self.assertWrong("Color", "Bleu", "a: Color has no variant 'Bleu'; did you mean 'Blue'?")
        self.assertWrong("Color", Color, "a: expected Color")
        self.assertWrong("Color", None, "a: expected Color")
        self.assertWrong("Color", 2, "a: expected Color")
        self.assertWrong("Dose", {"Some": [1]}, "a: Dose::Some has 2 fields, and here are 1")
        self.assertWrong("Dose", {"Some": [1, 300]}, "a.Some.1: 300 is no i8")
        self.assertWrong("Dose", Variant("Ward", ("abcd",)), "a.Ward: 'abcd' has 4 bytes")
        self.assertWrong("Maybe", 256, "a.Just: 256 is no u8")
        self.assertWrong("Maybe", float("nan") and 1.5, "a.Just: expected u8")

    def test_text_and_json(self):
        self.assertEchoes("[u8; 2]", Garble("[1, 2u8]"), b"\1\2")
        self.assertEchoes("Dose", Garble("Dose::Some(7, -3)"), Variant("Some", (7, -3)))
        self.assertEchoes("[u8; 2]", Json("[1, 2]"), b"\1\2")
        self.assertWrong("[u8; 2]", Garble("[1, 2"), "a: ")
        self.assertWrong("u8", Json("256"), "a: ")

    def test_all_at_once(self):
        value = [{"city": bytes([i] * 6), "zip": i} for i in range(50)]
        self.assertEchoes("[(Home, [Dose; 2], u64); 1]", [(value[3], [Variant("Some", (1, -1)), Variant("Nothing")], 2**64 - 1)])
        self.assertEchoes("[Home; 50]", value)

    def test_results_in_other_forms(self):
        result = there_and_back("(u8, Color)", (7, "Green"))
        self.assertEqual(result.text, "(7, Color::Green)")
        self.assertIn("NumUnsigned", result.json)
        self.assertEqual(str(result.type), "(u8, Color)")
        self.assertEqual(repr(result), "<Result (7, Color::Green)>")
        self.assertEqual(repr(there_and_back("[u8; 100]", "")), "<Result of type [u8; 100]>")

    def test_deep_types(self):
        of, value = "u16", 65535
        for _ in range(60):
            of, value = f"[{of}; 1]", [value]
        self.assertEchoes(of, value)

    def test_somebody_elses_repr(self):
        class Bad:
            def __repr__(self):
                raise RuntimeError("no")

        self.assertWrong("u8", Bad(), "found a Bad")
        self.assertWrong("[u8; 2]", "x" * 1000, "...")


class Types(unittest.TestCase):
    def test_what_they_tell(self):
        person = Program(echo("[(Home, bool); 3]", TYPES)).input_types[0]
        self.assertEqual((person.length, person.bits), (3, 3 * 65))
        home, flag = person.element.elements
        self.assertEqual((home.name, [name for name, _ in home.fields]), ("Home", ["city", "zip"]))
        self.assertIsInstance(flag, polytune.BoolType)
        self.assertEqual(repr(home), "<StructType Home>")
        dose = Program(echo("Dose", TYPES)).input_types[0]
        self.assertEqual([name for name, _ in dose.variants], ["Nothing", "Some", "Ward"])
        self.assertEqual([str(field) for field in dose.variants[1][1]], ["u16", "i8"])
        i8 = dose.variants[1][1][1]
        self.assertEqual((i8.low, i8.high, i8.bits, i8.signed), (-128, 127, 8, True))


if __name__ == "__main__":
    unittest.main()
