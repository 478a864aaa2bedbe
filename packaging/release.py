"""A build of the command as it is released, and what lies beside it, for archives and images."""
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

import libraries
import sbom

ROOT = pathlib.Path(__file__).resolve().parents[1]
# The kernel's name of an architecture, and Debian's triplet.
TRIPLETS = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}


def run(*command, **options):
    subprocess.run([str(word) for word in command], check=True, cwd=ROOT, **options)


def source_seconds():
    """The time that all files have: of the commit, or what SOURCE_DATE_EPOCH says."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or libraries.output("git", "-C", ROOT, "log", "-1", "--format=%ct"))


# Debian's libpq-dev is there for one architecture only: this machine's headers, and the other's library.
LIBPQ = """Name: libpq
Description: PostgreSQL's client library, of another architecture
Version: 15
Libs: -l:libpq.so.5
Cflags: -I/usr/include/postgresql
"""


def cross_flags(arch, build):
    """(flags for CMake, environment), for an architecture that is not this machine's."""
    triplet = TRIPLETS[arch]
    more = build / "pkgconfig"
    more.mkdir(parents=True, exist_ok=True)
    (more / "libpq.pc").write_text(LIBPQ)
    return ["-DCMAKE_SYSTEM_NAME=Linux", f"-DCMAKE_SYSTEM_PROCESSOR={arch}", f"-DCMAKE_C_COMPILER={triplet}-gcc",
            f"-DCMAKE_CROSSCOMPILING_EMULATOR=qemu-{arch}-static"], {"PKG_CONFIG_LIBDIR": f"{more}:/usr/lib/{triplet}/pkgconfig:/usr/share/pkgconfig"}


def built(arch, prefix, tests=None):
    """The folder of the build; with a pattern of tests these are built and run, too."""
    build = ROOT / f"build/release-{arch}"
    flags, more = ([], {}) if arch == platform.machine() else cross_flags(arch, build)
    run("cmake", "-G", "Ninja", "-S", ".", "-B", build, "-DCMAKE_BUILD_TYPE=Release", f"-DPOLYTUNE_TESTS={'ON' if tests else 'OFF'}",
        "-DPOLYTUNE_EXAMPLES=OFF", f"-DCMAKE_INSTALL_PREFIX={prefix}", f"-DCMAKE_C_FLAGS=-ffile-prefix-map={ROOT}=.", *flags,
        env={**os.environ, **more}, stdout=sys.stderr)
    targets = ["polytune_cli", "polytune_shell"] + (test_targets(build, tests) if tests else [])
    run("cmake", "--build", build, "--target", *targets, stdout=sys.stderr)
    if tests:
        run("ctest", "--test-dir", build, "-R", tests, "--output-on-failure", stdout=sys.stderr)
    return build


def test_targets(build, tests):
    listed = re.findall(r"Test +#\d+: (\S+)", libraries.output("ctest", "--test-dir", build, "-N", "-R", tests))
    assert listed, f"no test is called {tests}"
    return sorted({"test_" + name.removesuffix(".ideal").replace(".", "_") for name in listed})


def install(build, to, prefix):
    """The command and all that belongs to it, as below `prefix`, into `to`."""
    with tempfile.TemporaryDirectory() as staged:
        run("cmake", "--install", build, "--component", "command", "--strip", stdout=subprocess.DEVNULL,
            env={**os.environ, "DESTDIR": staged})
        shutil.copytree(staged + prefix, to, dirs_exist_ok=True, symlinks=True)


def copy_licences(packages, place, common):
    """Debian's copyright file of each package to place(package), and to `common` the licences that they refer to."""
    common.mkdir(parents=True)
    for package in packages:
        text = libraries.copyright_file(package)
        place(package).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(text, place(package))
        for name in re.findall(r"/usr/share/common-licenses/([A-Za-z0-9.-]*[A-Za-z0-9])", text.read_text(errors="replace")):
            if (licence := pathlib.Path("/usr/share/common-licenses", name)).exists():
                shutil.copy(licence, common / name)


def write_bill(path, what, packages, page):
    bill = sbom.document(what, packages, page, source_seconds())
    assert not sbom.faults(bill), sbom.faults(bill)
    sbom.write(path, bill)
