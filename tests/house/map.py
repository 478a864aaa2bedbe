"""docs/architecture.md is the map: it names every folder of the sources and nothing that is not there, and no folder below src has
more files than fit on a screen."""
import pathlib
import re
import sys

MAP = pathlib.Path("docs/architecture.md")
MAX_FILES = 20
NOT_MIRRORED = {"tests/cli"}  # its tests run the command, whatever folder that is made of


def folders(root):
    return {str(d) for d in pathlib.Path(root).rglob("*") if d.is_dir() and d.name != "__pycache__"}


def rows(text):
    """Folder -> the words in backticks of its line."""
    found = re.findall(r"^\| `([\w/]+)` \| (.*) \|$", text, re.M)
    return {name: re.findall(r"`([\w/.]+)`", line) for name, line in found}


def exists(name, folder):
    """`name` in a line about `folder`: a file or files of it, with the name's ending or with any."""
    return any(True for _ in folder.glob(name + ("" if "." in name else "*")))


def wrong_folders(table, sources, tests, mirrored):
    wrong = [f"src/{name} has no line" for name in sorted(sources - set(table))]
    for name in sorted(tests):
        has_line = any(name == t or name.startswith(t + "/") for t in table)
        if not has_line and not (name[len("tests/"):] in sources and name not in mirrored):
            wrong.append(f"{name} mirrors no folder of src and has no line")
    wrong += [f"there is no folder {name}" for name in sorted(set(table) - sources - tests)]
    return wrong


def wrong_words(table, sources):
    """What a folder's line names in backticks is in that folder, or a folder."""
    return [f"`{word}` in the line of {name} is not there" for name, words in table.items() if name in sources
            for word in words if word not in sources and not exists(word, pathlib.Path("src", name))]


def wrong_paths(text):
    """Paths in the text, such as `mpc/engine.c`, exist below src or from the top."""
    return [f"`{path}` is not there" for path in re.findall(r"`([\w.-]+/[\w./-]+)`", text)
            if not (pathlib.Path("src", path).exists() or pathlib.Path(path).exists())]


def crowded(counts, most=MAX_FILES):
    return [f"{name} has {n} .c files; {most} fit on a screen" for name, n in sorted(counts.items()) if n > most]


def self_check(text, table, sources):
    """The test itself must be able to fail."""
    assert wrong_folders(table, sources | {"mpc/new"}, set(), set()) and wrong_folders(table, sources - {"mpc/ot"}, set(), set())
    assert wrong_folders(table, sources, {"tests/mpc/new"}, set()) and not wrong_folders({"a": []}, {"a"}, {"tests/a"}, set())
    assert wrong_words({"mpc": ["engine", "no_such_file"]}, sources) and not wrong_words({"mpc": ["engine", "run"]}, sources)
    assert wrong_paths("`mpc/no_such_file.c`") and not wrong_paths("`mpc/engine.c` and `tests/house/map.py`")
    assert crowded({"a": MAX_FILES + 1}) and not crowded({"a": MAX_FILES})
    assert wrong_paths(text.replace("`mpc/engine.c`", "`mpc/motor.c`"))


def main():
    text = MAP.read_text()
    table = rows(text)
    sources = {name[len("src/"):] for name in folders("src")}
    tests = folders("tests")
    counts = {name: len(list(pathlib.Path("src", name).glob("*.c"))) for name in sources}
    self_check(text, table, sources)
    wrong = wrong_folders(table, sources, tests, NOT_MIRRORED) + wrong_words(table, sources) + wrong_paths(text) + crowded(counts)
    print("\n".join(f"{MAP}: {line}" for line in wrong) or f"{len(table)} folders on the map, at most {max(counts.values())} files in one")
    return 1 if wrong or not table else 0


sys.exit(main())
