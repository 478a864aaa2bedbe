"""Writes polytune/_abi.py, what cffi has to know of the library, out of the public headers.

    python3 make_abi.py INCLUDE_FOLDER VERSION OUTPUT [COMPILER]

The compiler is only asked to expand macros. The output depends on nothing but the headers and cffi's version.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from cffi import FFI

LEFT_OUT = re.compile(r"^#include [^\n]*$|^#ifdef __cplusplus\n.*?^#endif$", re.M | re.S)
NUMBER = re.compile(r"^#\s*define (PT_\w+) +\(?(-?\d+)\)?(?: */\*.*)?$", re.M)


def order(headers):
    """The headers' names, each after those that it includes."""
    done = []

    def visit(name):
        if name in done:
            return
        for other in re.findall(r'#include "polytune/(\w+\.h)"', headers[name]):
            visit(other)
        done.append(name)

    for name in sorted(headers):
        visit(name)
    return done


def declarations(folder, compiler):
    """The headers' declarations, without macros."""
    headers = {path.name: path.read_text() for path in pathlib.Path(folder, "polytune").glob("*.h")}
    text = "\n".join(LEFT_OUT.sub("", headers[name]) for name in order(headers))
    text = re.sub(r"#if defined\(__GNUC__\).*?#endif", "#define PT_MUST_CHECK\n#define PT_API", text, flags=re.S)
    with tempfile.NamedTemporaryFile("w", suffix=".h") as file:
        file.write(text)
        file.flush()
        expanded = subprocess.run([compiler, "-E", "-P", "-undef", "-xc", file.name], check=True, capture_output=True, text=True).stdout
    numbers = "".join(f"#define {name} {number}\n" for name, number in NUMBER.findall(text))
    return numbers + expanded


def main(include, version, output, compiler="cc"):
    text = declarations(include, compiler)
    ffi = FFI()
    ffi.cdef(text)
    # Messages that a channel of the caller's own gives away are from malloc.
    ffi.cdef("void *malloc(size_t size);")
    ffi.set_source("polytune._abi", None)
    ffi.emit_python_code(output)
    structs = sorted(set(re.findall(r"typedef struct (pt_\w+) \{", text)))
    with open(output, "a") as file:
        file.write(f"\nVERSION = {version!r}\nSTRUCTS = {tuple(structs)!r}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
