"""What the tests of the package have in common; relays and commands are those of tests/cli."""
import importlib.util
import pathlib
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT = 120


sys.path.append(str(ROOT / "tests/cli"))  # behind this folder, for both have a support.py


def _commands():
    spec = importlib.util.spec_from_file_location("cli_support", ROOT / "tests/cli/support.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cli = _commands()
LARGER = "pub fn main(a: u32, b: u32) -> bool { a > b }"


def echo(of, before=""):
    """A program whose result is its first input."""
    return f"{before}\npub fn main(a: {of}, b: bool) -> {of} {{ a }}"


class Together:
    """Functions in threads of their own; `results` are what they return, or the exception."""

    def __init__(self, *functions):
        self._outcomes = [None] * len(functions)
        self._threads = [threading.Thread(target=self._run, args=(i, f), daemon=True) for i, f in enumerate(functions)]
        for thread in self._threads:
            thread.start()

    def _run(self, i, function):
        try:
            self._outcomes[i] = function()
        except BaseException as error:
            self._outcomes[i] = error

    def results(self):
        for thread in self._threads:
            thread.join(TIMEOUT)
            assert not thread.is_alive(), "a party does not end"
        return self._outcomes


def python(text, *arguments, **options):
    """A process that runs this text."""
    return subprocess.Popen([sys.executable, "-B", "-c", text, *map(str, arguments)], text=True, cwd=ROOT,
                            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})
