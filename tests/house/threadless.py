"""The relay channel runs in a host without threads and libcurl: nothing that relay.c and stepper.c need, directly or
through others, starts a thread or calls libcurl."""
import pathlib
import re
import subprocess
import sys

ROOTS = ("relay.c.o", "stepper.c.o")
LAYERS = ("base", "wire", "channel")
FORBIDDEN = re.compile(r"^(curl_|MHD_|pthread_create$)")


def symbols(path, *options):
    lines = subprocess.run(["nm", "-P", *options, str(path)], text=True, capture_output=True, check=True).stdout.splitlines()
    return {line.split()[0] for line in lines if line}


def closure(roots, defined, undefined):
    seen, todo = {}, [(root, None) for root in roots]
    while todo:
        path, user = todo.pop()
        if path in seen:
            continue
        seen[path] = user
        todo += [(defined[name], path) for name in undefined[path] if name in defined]
    return seen


def main():
    build = pathlib.Path(sys.argv[1])
    objects = [path for layer in LAYERS for path in (build / f"src/{layer}/CMakeFiles/polytune_{layer}.dir").rglob("*.o")]
    defined = {name: path for path in objects for name in symbols(path, "--extern-only", "--defined-only")}
    undefined = {path: symbols(path, "--undefined-only") for path in objects}

    def broken(roots):
        needed = closure([path for path in objects if path.name in roots], defined, undefined)
        return needed, [f"{path.name} (for {user and user.name}) uses {name}" for path, user in needed.items()
                        for name in undefined[path] if FORBIDDEN.match(name)]

    needed, wrong = broken(ROOTS)
    # The check itself must be able to fail.
    assert broken(("courier.c.o",))[1] and len(needed) > len(ROOTS)
    print("\n".join(wrong) or "needed: " + " ".join(sorted(path.name.removesuffix(".c.o") for path in needed)))
    return 1 if wrong else 0


sys.exit(main())
