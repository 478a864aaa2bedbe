"""The public functions are those of abi.txt, which is changed on purpose only: `python3 tests/house/abi.py --update`.
tests/api/test_wrong_arguments.c has a row for each of them, and debian/ the version since which each is there."""
import difflib
import pathlib
import re
import subprocess
import sys

LIST = pathlib.Path("tests/house/abi.txt")
SYMBOLS = next(pathlib.Path("debian").glob("libpolytune*.symbols"))


def prototypes():
    found = []
    for path in sorted(pathlib.Path("include/polytune").glob("*.h")):
        text = re.sub(r"/\*.*?\*/", " ", path.read_text(), flags=re.S)
        for kind, name, arguments in re.findall(r"PT_API(?:\s+PT_MUST_CHECK)?\s+([\w\s*]*?)\b(pt_\w+)\(([^;]*)\);", text):
            shown = " ".join(f"{kind}({arguments})".split())
            found.append(f"{name} {path.name} {shown}\n")
    return sorted(found)


def unlisted_structs():
    """Of the public headers, which pt_struct_size has not; and the other way round."""
    text = "".join(path.read_text() for path in pathlib.Path("include/polytune").glob("*.h"))
    listed = re.findall(r"^ +X\((pt_\w+)\)", pathlib.Path("src/api/version.c").read_text(), re.M)
    return set(re.findall(r"typedef struct (pt_\w+) \{", text)) ^ set(listed)


def symbols(prototypes_now):
    """The file of Debian's package with the functions of now; new ones came with the version of now."""
    lines = SYMBOLS.read_text().splitlines(True)
    version = re.search(r"^project\(polytune VERSION ([\d.]+)", pathlib.Path("CMakeLists.txt").read_text(), re.M).group(1)
    since = dict(re.findall(r"^ (\w+)@Base (\S+)$", "".join(lines), re.M))
    names = sorted({line.split()[0] for line in prototypes_now})
    return [line for line in lines if line[0] != " "] + [f" {name}@Base {since.get(name, version)}\n" for name in names]


def main():
    now = prototypes()
    if "--update" in sys.argv:
        LIST.write_text("".join(now))
        SYMBOLS.write_text("".join(symbols(now)))
        return 0
    difference = list(difflib.unified_diff(LIST.read_text().splitlines(True), now, str(LIST), "include/polytune"))
    difference += difflib.unified_diff(SYMBOLS.read_text().splitlines(True), symbols(now), str(SYMBOLS), "include/polytune")
    sys.stdout.writelines(difference)
    soname = subprocess.run(["readelf", "-d", sys.argv[1]], text=True, capture_output=True, check=True).stdout
    named = re.search(r"soname: \[libpolytune\.so\.\d+\.\d+\]", soname)
    strange = unlisted_structs()
    if strange:
        print(f"src/api/version.c lists other structs than the headers have: {sorted(strange)}")
    print(f"{len(now)} public functions, {'soname as it should be' if named else 'no soname with major and minor version'}")
    return 1 if difference or strange or not now or not named else 0


sys.exit(main())
