"""Every mutant of tests/mutants still applies: its text is in its file exactly once. One that does not was made for code that has
changed: `scripts/mutants --check` names it; give it the new text, or remove it with what it weakened."""
import pathlib
import subprocess
import sys
import tempfile

LEAST = 650


def check(data):
    command = [sys.executable, "scripts/mutants", "--check", "--data", data]
    return subprocess.run(command, capture_output=True, text=True)


def self_check():
    """The check itself must be able to fail."""
    lines = {
        "gone": "- this is not there\n+ x\ndies in mpc.wave",
        "twice": "- len\n+ x\ndies in mpc.wave",
        "same": "- return sodium_memcmp(a, b, len) == 0;\n+ return sodium_memcmp(a, b, len) == 0;\ndies in mpc.wave",
        "the wire's digests": "- return sodium_memcmp(a, b, len) == 0;\n+ return true;\ndies in mpc.wire_baseline",
        "no test": "- return sodium_memcmp(a, b, len) == 0;\n+ return true;",
    }
    for name, text in lines.items():
        with tempfile.TemporaryDirectory() as data:
            pathlib.Path(data, "a.txt").write_text(f"file src/crypto/ct.c\nmutant a: {name}\n{text}\n")
            assert check(data).returncode != 0, name


def main():
    self_check()
    checked = check("tests/mutants")
    print(checked.stdout + checked.stderr, end="")
    counted = checked.stdout.split(" ")[0]
    return 1 if checked.returncode != 0 or not counted.isdigit() or int(counted) < LEAST else 0


sys.exit(main())
