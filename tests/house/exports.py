"""Shared and static library export pt_ symbols only, and every function of the public headers; and no internal name is
one of the C library's, which it would replace in a statically linked program."""
import pathlib
import re
import subprocess
import sys


def check(listing, declared):
    exported = {line.split()[-1].split("@")[0] for line in listing.splitlines() if len(line.split()) == 3 and line.split()[1] != "A"}
    exported = {name for name in exported if not name.startswith("_")}  # the tool chain's own
    foreign = {name for name in exported if not name.startswith("pt_")}
    missing = declared - exported
    undeclared = exported - foreign - declared
    for what, names in (("not pt_", foreign), ("declared, not exported", missing), ("exported, not declared", undeclared)):
        for name in sorted(names):
            print(f"{what}: {name}")
    print(f"{len(exported)} symbols exported, {len(declared)} declared")
    return foreign or missing or undeclared or not exported


def names(command):
    listing = subprocess.run(command, text=True, capture_output=True, check=True).stdout
    return {line.split()[2].split("@")[0] for line in listing.splitlines() if len(line.split()) == 3}


def clashes(internal, libc):
    found = names(["nm", "-g", "--defined-only", internal]) & names(["nm", "-D", "--defined-only", libc])
    for name in sorted(found):
        print(f"also a name of the C library: {name}")
    return found


def main():
    shared, static, internal = sys.argv[1:]
    declared = set()
    for path in pathlib.Path("include/polytune").glob("*.h"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        declared |= set(re.findall(r"\b(pt_\w+)\(", text))
    failed = False
    for command in (["nm", "-D", "--defined-only", shared], ["nm", "-g", "--defined-only", static]):
        listing = subprocess.run(command, text=True, capture_output=True, check=True).stdout
        failed = bool(check(listing, declared)) or failed
    libc = re.search(r"libc\.so\.6 => (\S+)", subprocess.run(["ldd", shared], text=True, capture_output=True).stdout)
    return bool(clashes(internal, libc.group(1))) or failed


sys.exit(main())
