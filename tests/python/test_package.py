"""The package as such: that it and the library belong together, that all of it is documented and typed, what the documents show."""
import ast
import doctest
import importlib
import inspect
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import types
import unittest

import polytune
from polytune import _abi, _library
from support import ROOT, TIMEOUT, cli, python

PACKAGE = pathlib.Path(polytune.__file__).parent
GUIDE = ROOT / "docs/python.md"


class Library(unittest.TestCase):
    def test_declarations_are_those_of_the_headers(self):
        spec = importlib.util.spec_from_file_location("make_abi", ROOT / "bindings/python/make_abi.py")
        make_abi = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(make_abi)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "_abi.py"
            make_abi.main(str(ROOT / "include"), _abi.VERSION, str(path), os.environ.get("POLYTUNE_CC", "cc"))
            self.assertEqual(path.read_text(), (PACKAGE / "_abi.py").read_text())

    def test_every_public_function_is_there(self):
        listed = [line.split()[0] for line in (ROOT / "tests/house/abi.txt").read_text().splitlines()]
        self.assertGreater(len(listed), 80)
        for name in listed:
            self.assertTrue(callable(getattr(_library.lib, name)), name)

    def test_statuses_have_their_numbers(self):
        text = (ROOT / "include/polytune/status.h").read_text()
        names = re.findall(r"^    X\((PT_\w+), PT_CLASS", text, re.M)
        self.assertEqual([getattr(_library.lib, name) for name in names], list(range(len(names))))
        self.assertEqual(_library.lib.PT_NO_PARTY, -1)

    def test_the_version(self):
        self.assertEqual(polytune.__version__, re.search(r"project\(polytune VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1))

    def imported(self, change):
        """What importing a changed copy of the package says."""
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "polytune"
            shutil.copytree(PACKAGE, copy, symlinks=True)
            change(copy)
            process = python("import polytune", env={**os.environ, "PYTHONPATH": folder})
            _, err = process.communicate(timeout=TIMEOUT)
        self.assertEqual(process.returncode, 1)
        return err

    def test_another_library_is_refused(self):
        def version(copy):
            path = copy / "_abi.py"
            path.write_text(path.read_text().replace(f"VERSION = '{_abi.VERSION}'", "VERSION = '9.9.9'"))

        def sizes(copy):
            path = copy / "_abi.py"
            path.write_text(path.read_text().replace("STRUCTS = (", "STRUCTS = ('pt_status', "))

        def none(copy):
            (copy / _library._NAME).unlink()
            path = copy / "_abi.py"
            path.write_text(path.read_text().replace(f"VERSION = '{_abi.VERSION}'", "VERSION = '9.9.9'"))

        self.assertIn(f"ImportError: this package is for polytune 9.9.9, and the library found is {_abi.VERSION}", self.imported(version))
        self.assertIn("ImportError: pt_status has 0 bytes in the library and 4 here", self.imported(sizes))
        self.assertIn("ImportError: the library of polytune 9.9.9 cannot be loaded", self.imported(none))

    def test_python_3_9_can_read_it(self):
        for path in PACKAGE.glob("*.py"):
            ast.parse(path.read_text(), str(path), feature_version=(3, 9))

    def test_no_numpy_is_needed(self):
        text = """
import sys
for name in ("numpy", "pandas", "tqdm"):
    sys.modules[name] = None
from polytune import Program
program = Program("pub fn main(a: [u16; 3], b: u16) -> ([u16; 3], u16) { (a, b) }")
result = program.evaluate([[1, 2, 3], 4])
assert result.value == ([1, 2, 3], 4), result
print(program.simulate([[1, 2, 3], 4]).text)
"""
        process = python(text)
        self.assertEqual(process.communicate(timeout=TIMEOUT), ("([1, 2, 3], 4)\n", ""))

    def test_importing_is_quick_and_light(self):
        process = python("import sys, polytune; print([n for n in ('numpy', 'pandas', 'tqdm', 'IPython') if n in sys.modules])")
        self.assertEqual(process.communicate(timeout=TIMEOUT), ("[]\n", ""))


def modules():
    return [importlib.import_module(f"polytune.{path.stem}") for path in sorted(PACKAGE.glob("*.py")) if path.stem != "_abi"]


class Documented(unittest.TestCase):
    def test_everything_public_says_what_it_is(self):
        for name in polytune.__all__:
            if name != "__version__":
                self.assertTrue(inspect.getdoc(getattr(polytune, name)), name)
        for name in polytune.__all__:
            thing = getattr(polytune, name)
            if not inspect.isclass(thing):
                continue
            for member, value in vars(thing).items():
                if member.startswith("_") or not (callable(value) or isinstance(value, (property, types.FunctionType))):
                    continue
                with self.subTest(f"{name}.{member}"):
                    self.assertTrue(inspect.getdoc(value))

    def test_arguments_of_party_are_all_explained(self):
        text = inspect.getdoc(polytune.Program.party)
        for name in inspect.signature(polytune.Program.party).parameters:
            if name != "self":
                self.assertRegex(text, rf"\b{name}\b")

    def test_every_module_says_what_it_is_for(self):
        for module in modules():
            self.assertTrue(module.__doc__, module.__name__)

    def test_everything_is_typed(self):
        self.assertTrue((PACKAGE / "py.typed").exists())
        for module in modules():
            for thing in [*vars(module).values(), *[v for c in vars(module).values() if inspect.isclass(c) for v in vars(c).values()]]:
                if not isinstance(thing, types.FunctionType) or not thing.__module__.startswith("polytune") or "<lambda>" in thing.__name__:
                    continue
                if thing.__code__.co_filename == "<string>" or hasattr(thing, "__wrapped__") or thing.__name__ in ("__new__", "_make", "_replace", "_asdict", "__getnewargs__"):
                    continue  # of dataclasses and named tuples
                arguments = [n for n in inspect.signature(thing).parameters if n not in ("self", "cls")]
                missing = [n for n in [*arguments, "return"] if n not in thing.__annotations__]
                self.assertEqual(missing, [], f"{thing.__module__}.{thing.__qualname__}")


class Documents(unittest.TestCase):
    def test_the_package_itself(self):
        self.assertEqual(doctest.testmod(polytune).failed, 0)
        self.assertGreater(doctest.testmod(polytune).attempted, 2)

    def test_the_guide(self):
        found = doctest.testfile(str(GUIDE), module_relative=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        self.assertEqual(found.failed, 0)
        self.assertGreater(found.attempted, 20)

    def test_programs_of_the_guide(self):
        """Those with a name run as processes, all at once, at a relay."""
        programs = re.findall(r"^`(\w+\.py)`:\n\n```python\n(.*?)^```\n\n(?:prints\n\n```\n(.*?)^```)?", GUIDE.read_text(), re.M | re.S)
        self.assertEqual([name for name, _, _ in programs], ["clinic.py", "hospital.py"])
        with cli.relay() as (url, _), tempfile.TemporaryDirectory() as folder:
            for name, text, _ in programs:
                self.assertIn("http://127.0.0.1:8000", text)
                pathlib.Path(folder, name).write_text(text.replace("http://127.0.0.1:8000", url))
            started = [self.start(folder, name) for name, _, _ in programs]
            for process, (name, _, expected) in zip(started, programs):
                out, err = process.communicate(timeout=TIMEOUT)
                self.assertEqual((process.returncode, out), (0, expected), f"{name}: {err}")

    def start(self, folder, name):
        return subprocess.Popen([sys.executable, name], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)})


if __name__ == "__main__":
    unittest.main()
