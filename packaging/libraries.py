"""What a program made on Debian needs beside itself: its libraries, and the packages that they are from. Foreign programs, too,
whose libraries are installed, for nothing is run."""
import pathlib
import re
import subprocess

TRIPLETS = {"Advanced Micro Devices X86-64": ("x86_64-linux-gnu", "amd64"), "AArch64": ("aarch64-linux-gnu", "arm64")}


def output(*command):
    return subprocess.run([str(word) for word in command], text=True, capture_output=True, check=True).stdout


def machine(program):
    """(triplet, Debian's name of the architecture) of a program."""
    name = re.search(r"Machine: +(.*)", output("readelf", "-h", program)).group(1)
    if name not in TRIPLETS:
        raise SystemExit(f"{program} is for {name}; known are {', '.join(TRIPLETS)}")
    return TRIPLETS[name]


def needed(elf):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", elf))


def loader(program):
    """The path of the program's dynamic loader."""
    return pathlib.Path(re.search(r"program interpreter: (.*)\]", output("readelf", "-l", program)).group(1))


def found(name, triplet):
    for folder in (f"/lib/{triplet}", f"/usr/lib/{triplet}"):
        if (path := pathlib.Path(folder, name)).exists():
            return path
    raise SystemExit(f"{name} is in no folder of libraries for {triplet}")


def libraries(program, plugins=()):
    """{name: path} of all libraries that the program and its plug-ins load at their start, the loader among them."""
    triplet, _ = machine(program)
    have = {}
    ahead = needed(program) + [name for plugin in plugins for name in needed(plugin)] + [loader(program).name]
    while ahead:
        name = ahead.pop()
        if name not in have:
            have[name] = found(name, triplet)
            ahead += needed(have[name])
    return dict(sorted(have.items()))


def owner(path):
    """The package of an installed file, by any of the names that a merged /usr gives it."""
    real = path.resolve()
    for name in {path, real, pathlib.Path(str(real).removeprefix("/usr"))}:
        done = subprocess.run(["dpkg-query", "-S", name], text=True, capture_output=True)
        if done.returncode == 0:
            return done.stdout.split(": ")[0].split(",")[0]
    raise SystemExit(f"{path} is of no package")


FIELDS = ("Package", "Version", "Architecture", "source:Package", "source:Version", "Homepage", "Maintainer")


def package(name):
    """What dpkg knows of an installed package, as a dictionary."""
    values = output("dpkg-query", "-W", "-f", "\t".join(f"${{{field}}}" for field in FIELDS), name).split("\t")
    return {"name": name, **dict(zip(FIELDS, values))}


def packages(paths):
    return [package(name) for name in sorted({owner(path) for path in paths})]


def copyright_file(known):
    return pathlib.Path("/usr/share/doc", known["Package"], "copyright")
