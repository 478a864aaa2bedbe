"""The public functions are those of abi.txt, which is changed on purpose only: `python3 tests/house/abi.py --update`.
tests/api/wrong_arguments has a row for each of them, and debian/ the version since which each is there."""
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


def project_version():
    return re.search(r"^project\(polytune VERSION ([\d.]+)", pathlib.Path("CMakeLists.txt").read_text(), re.M).group(1)


def symbols(prototypes_now):
    """The file of Debian's package with the functions of now; new ones came with the version of now. Before 1.0 another minor
    version is another ABI, so what was linked with this one is not for the next."""
    version = project_version()
    major, minor = version.split(".")[:2]
    since = dict(re.findall(rf"^ (\w+)@POLYTUNE_{major}\.{minor} (\S+)$", SYMBOLS.read_text(), re.M))
    names = sorted({line.split()[0] for line in prototypes_now}) + [f"POLYTUNE_{major}.{minor}"]
    head = [f"libpolytune.so.{major} libpolytune{major} #MINVER#, libpolytune{major} (<< {major}.{int(minor) + 1}~)\n",
            "* Build-Depends-Package: libpolytune-dev\n"]
    return head + [f" {name}@POLYTUNE_{major}.{minor} {since.get(name, version)}\n" for name in sorted(names)]


def is_named_well(library):
    """The library's name has the major version; its functions' version has the minor one besides."""
    major, minor = project_version().split(".")[:2]
    dynamic = subprocess.run(["readelf", "-d", library], text=True, capture_output=True, check=True).stdout
    names = subprocess.run(["nm", "-D", "--defined-only", library], text=True, capture_output=True, check=True).stdout
    versions = set(re.findall(r" T pt_\w+(?:@@(\S+))?$", names, re.M))
    return f"soname: [libpolytune.so.{major}]" in dynamic and versions == {f"POLYTUNE_{major}.{minor}"}


def main():
    now = prototypes()
    if "--update" in sys.argv:
        LIST.write_text("".join(now))
        SYMBOLS.write_text("".join(symbols(now)))
        return 0
    difference = list(difflib.unified_diff(LIST.read_text().splitlines(True), now, str(LIST), "include/polytune"))
    difference += difflib.unified_diff(SYMBOLS.read_text().splitlines(True), symbols(now), str(SYMBOLS), "include/polytune")
    sys.stdout.writelines(difference)
    named = is_named_well(sys.argv[1])
    strange = unlisted_structs()
    if strange:
        print(f"src/api/version.c lists other structs than the headers have: {sorted(strange)}")
    print(f"{len(now)} public functions, {'named as they should be' if named else 'soname or version of the names is not as it should be'}")
    return 1 if difference or strange or not now or not named else 0


sys.exit(main())
