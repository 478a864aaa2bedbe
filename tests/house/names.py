"""A static function's name tells its file: within a layer no two files have one of the same name, so that a search and
a stack trace lead to one place."""
import collections
import pathlib
import re
import sys

# A body that several files include (*_impl.h) calls what each of them defines, under one name.
PARAMETER = re.compile(r"\b(\w+)\(")
STATIC_FUNCTION = re.compile(r"^static\b[^;={}()]*?\b(\w+)\(", re.M)


def static_functions(text):
    """Names of the static functions that a source defines or declares. _Atomic() is no name."""
    return {name for name in STATIC_FUNCTION.findall(text) if not name.startswith("_")}


def parameters(layer):
    bodies = [path.read_text() for path in pathlib.Path("src", layer).rglob("*_impl.h")]
    return {name for text in bodies for name in PARAMETER.findall(text) if name not in static_functions(text)}


def main():
    # The check itself must be able to fail.
    assert static_functions("static void run(void)\n{\n}\nstatic inline block *\nblock_of(int a);\nstatic int x = f(1);\n"
                            "void g(void)\n{\n    static int y;\n}\n") == {"run", "block_of"}
    wrong, seen = [], 0
    for layer in sorted(path.name for path in pathlib.Path("src").iterdir() if path.is_dir()):
        files = collections.defaultdict(list)
        shared = parameters(layer)
        for path in sorted(pathlib.Path("src", layer).rglob("*.[ch]")):
            for name in static_functions(path.read_text()) - shared:
                seen += 1
                files[name].append(str(path))
        wrong += [f"{name}: {' '.join(paths)}" for name, paths in sorted(files.items()) if len(paths) > 1]
    print("\n".join(wrong) or f"{seen} names, each in one file")
    return 1 if wrong or seen == 0 else 0


sys.exit(main())
