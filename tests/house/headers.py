"""Every header compiles on its own, and the public ones as C++ too when a C++ compiler is there.

Files named *_impl.h are bodies that several back-ends include, not headers."""
import pathlib
import shutil
import subprocess
import sys


def main():
    compiler = sys.argv[1]
    cflags = subprocess.run(["pkg-config", "--cflags", "libsodium", "jansson", "libcurl", "libmicrohttpd"], text=True,
                            capture_output=True).stdout.split()
    c = [compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-DPT_TESTING", "-Isrc", "-Iinclude", "-fsyntax-only",
         *cflags]
    failed = 0
    headers = sorted(pathlib.Path("src").rglob("*.h")) + sorted(pathlib.Path("include").rglob("*.h"))
    headers = [path for path in headers if not path.name.endswith("_impl.h")]
    jobs = []
    for path in headers:
        name = str(path.relative_to(path.parts[0]))
        jobs.append((c + ["-x", "c", "-"], name))
        if path.parts[0] == "include" and shutil.which("g++"):
            jobs.append((["g++", "-std=c++17", "-Wall", "-Werror", "-Iinclude", "-fsyntax-only", "-x", "c++", "-"], name))
    for command, name in jobs:
        result = subprocess.run(command, text=True, capture_output=True, input=f'#include "{name}"\nint main(void);\n')
        if result.returncode != 0:
            failed += 1
            print(f"{name} does not stand alone ({command[0]}):\n{result.stderr}")
    print(f"{len(jobs)} headers tried, {failed} failed")
    return 1 if failed or not jobs else 0


sys.exit(main())
