"""What packages are made from agrees with the rest: versions, names, what a build needs, and the units of systemd. Whole packages
are tried by tests/packages, which takes too long for every day.
usage: packages.py BUILD COMMAND"""
import copy
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "packaging"))
import libraries  # noqa: E402
import sbom  # noqa: E402

SECURITY_THRESHOLD = 20  # tenths, of 100


def text(path):
    return (ROOT / path).read_text()


def project_version():
    return re.search(r"^project\(polytune VERSION ([\d.]+)", text("CMakeLists.txt"), re.M).group(1)


def setup_packages():
    """What scripts/setup installs to build, without what every build of a Debian package has."""
    packages = re.search(r'^packages="([^"]*)"', text("scripts/setup"), re.M).group(1).split()
    return set(packages) - {"build-essential", "ca-certificates"}


def build_depends(control):
    field = re.search(r"^Build-Depends:((?:\n? .*)+)", control, re.M).group(1)
    return {entry.split()[0] for entry in field.split(",") if entry.strip()} - {"debhelper-compat"}


def wrong_dependencies(control, wanted):
    have = build_depends(control)
    return [f"debian/control: {name} is {how}" for names, how in ((wanted - have, "missing, scripts/setup installs it"),
                                                                (have - wanted, "not in scripts/setup")) for name in sorted(names)]


def wrong_versions(control, version):
    wrong = []
    packaged = re.match(r"polytune \(([\d.]+)-", text("debian/changelog")).group(1)
    if packaged != version:
        wrong.append(f"debian/changelog has version {packaged}, CMakeLists.txt {version}")
    library = "libpolytune" + version.split(".")[0]
    for where in (f"\nPackage: {library}\n", f"\n {library} (= ${{binary:Version}}),"):
        if where not in control:
            wrong.append(f"debian/control has no {where.strip()!r}")
    symbols = ROOT / f"debian/{library}.symbols"
    if not symbols.exists() or not (ROOT / f"debian/{library}.install").exists():
        wrong.append(f"debian has no files of {library}")
    return wrong


def asked_for(*flags):
    """What scripts/setup would install on an x86-64 machine that has nothing."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, content in (("scripts/setup", text("scripts/setup")), ("tests/python/requirements.txt", ""), ("build/venv/installed", ""),
                              ("bin/dpkg", "#!/bin/sh\ncase $1 in --print-architecture) echo amd64 ;; *) echo arm64 ;; esac\n"),
                              ("bin/dpkg-query", "#!/bin/sh\n"), ("bin/apt-get", "#!/bin/sh\n"), ("bin/sudo", '#!/bin/sh\n"$@"\n')):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            path.chmod(0o755)
        done = subprocess.run(["sh", root / "scripts/setup", *flags], text=True, capture_output=True, timeout=60, check=True,
                              env=os.environ | {"PATH": f"{root / 'bin'}:{os.environ['PATH']}"})
        return set(done.stderr.removeprefix("installing:").split())


def wrong_setup():
    """The flags of scripts/setup may come in any order; packages of one machine only have no other architecture."""
    wrong = [f"scripts/setup --tests --arm64 asks for {name}" for name in sorted(asked_for("--tests", "--arm64"))
             if re.fullmatch(r"(lib32.*|.*-i386):arm64", name)]
    if not {"lib32gcc-12-dev", "libsodium-dev:arm64"} <= asked_for("--arm64", "--tests"):
        wrong.append("scripts/setup --arm64 --tests does not ask for what it should")
    return wrong


def wrong_unit(path, command, threshold=SECURITY_THRESHOLD):
    """What systemd finds wrong with a unit as it is built, or finds too open."""
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / path.name
        unit.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={command}", path.read_text()))
        for check in (["verify", "--man=no"], ["security", "--offline=true", f"--threshold={threshold}"]):
            done = subprocess.run(["systemd-analyze", *check, unit], text=True, capture_output=True, timeout=60)
            if done.returncode:
                return [f"{path.name}: systemd-analyze {check[0]}: {(done.stderr or done.stdout).strip()[-400:]}"]
    return []


def wrong_bill(command):
    """A bill of materials of the command with one of its libraries, and that what is no bill is found out."""
    needed = libraries.libraries(command)
    known = libraries.packages([needed["libsodium.so.23"]])
    assert len(needed) > 20 and libraries.copyright_file(known[0]).exists(), needed
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder)
        (page / "libraries.json").write_text('[{"name": "@a/b", "version": "1", "license": "MIT", "text": "..."}, {"name": "jansson", "version": "2"}]')
        bill = sbom.document("polytune", known, page, 0)
    assert [part["name"] for part in bill["packages"]] == ["polytune", "libsodium23", "@a/b", "jansson"], bill
    for spoil in (lambda b: b.pop("dataLicense"), lambda b: b["packages"][1].pop("downloadLocation"), lambda b: b["relationships"].pop(),
                  lambda b: b["packages"].append(b["packages"][0]), lambda b: b["creationInfo"].update(created="today")):
        spoilt = copy.deepcopy(bill)
        spoil(spoilt)
        assert sbom.faults(spoilt)
    return sbom.faults(bill)


def self_check(control, wanted, units, command):
    """The test itself must be able to fail."""
    assert wrong_dependencies(control, wanted | {"libnew-dev"}) and wrong_dependencies(control, wanted - {"cmake"})
    assert wrong_versions(control, "0.2.0")
    for unit in units:
        assert wrong_unit(unit, command, threshold=1) and wrong_unit(unit, "/no/such/file")


def main():
    build, command = pathlib.Path(sys.argv[1]), sys.argv[2]
    control, wanted = text("debian/control"), setup_packages()
    has_systemd = shutil.which("systemd-analyze") is not None
    units = sorted(build / path.name for path in (ROOT / "packaging/systemd").glob("*.service")) if has_systemd else []
    self_check(control, wanted, units, command)
    wrong = wrong_dependencies(control, wanted) + wrong_versions(control, project_version()) + wrong_bill(command) + wrong_setup()
    for unit in units:
        wrong += wrong_unit(unit, command)
    print("\n".join(wrong) or f"{len(wanted)} packages to build, {len(units)} units" + ("" if has_systemd else ": no systemd here"))
    return 1 if wrong else 0


sys.exit(main())
