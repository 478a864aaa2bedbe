"""A bill of materials in SPDX 2.3, as JSON: polytune, Debian's packages whose files lie beside it, and what the page has inside."""
import datetime
import hashlib
import json
import pathlib
import re
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]


def spdx_id(*words):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", "-".join(words))


def purl(kind, name, version, **qualifiers):
    quoted = urllib.parse.quote
    tail = "&".join(f"{key}={quoted(value)}" for key, value in sorted(qualifiers.items()))
    return f"pkg:{kind}/{quoted(name)}@{quoted(version, safe='')}" + (f"?{tail}" if tail else "")


def entry(name, version, where, licence, kind, url=None, supplier=None):
    """A package: what SPDX demands, and by which scanners know it."""
    return {
        "SPDXID": spdx_id("Package", where.split(":")[1].split("/")[0], name),
        "name": name,
        "versionInfo": version,
        "supplier": supplier or "NOASSERTION",
        "downloadLocation": url or "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": kind,
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": where}],
    }


def debian_entry(known):
    where = purl("deb", "debian/" + known["Package"], known["Version"], arch=known["Architecture"], distro="debian-12",
                 upstream=f"{known['source:Package']}@{known['source:Version']}")
    maintainer = re.match(r"(.*?) <(.*)>", known["Maintainer"])
    made = entry(known["Package"], known["Version"], where, "NOASSERTION", "LIBRARY",
                 supplier=f"Organization: {maintainer.group(1)} ({maintainer.group(2)})" if maintainer else None)
    if known["Homepage"]:
        made["homepage"] = known["Homepage"]
    made["licenseComments"] = f"Debian's copyright file of {known['Package']} is among the licences"
    return made


def page_entries(page):
    """What scripts/page found in its bundles, and scripts/wasm compiled from Debian's sources, if there is a page."""
    listed = page / "libraries.json"
    for known in json.loads(listed.read_text()) if listed.exists() else ():
        name, version = known["name"], known["version"]
        where = purl("npm", name, version) if "text" in known else purl("deb", "debian/" + name, version, arch="source", distro="debian-12")
        made = entry(name, version, where, known.get("license", "NOASSERTION"), "LIBRARY")
        if "text" not in known:
            made["comment"] = "within polytune.wasm"
        yield made


def project_version():
    return re.search(r"^project\(polytune VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(), re.M).group(1)


def document(what, known_packages, page, seconds):
    """`what`: the name of the file or image; `page`: the folder of the page; `seconds`: its time, for two builds are to be equal."""
    version = project_version()
    own = entry("polytune", version, purl("generic", "polytune", version), "MIT", "APPLICATION")
    parts = [debian_entry(known) for known in known_packages] + list(page_entries(page))
    digest = hashlib.sha256(json.dumps([what, own, parts], sort_keys=True).encode()).hexdigest()
    created = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": what,
        "documentNamespace": f"https://spdx.org/spdxdocs/{what}-{digest}",
        "creationInfo": {"created": created, "creators": ["Tool: polytune-packaging-sbom"]},
        "packages": [own, *parts],
        "relationships": [relation("SPDXRef-DOCUMENT", "DESCRIBES", own["SPDXID"])]
        + [relation(own["SPDXID"], "DEPENDS_ON", part["SPDXID"]) for part in parts],
    }


def relation(of, kind, to):
    return {"spdxElementId": of, "relationshipType": kind, "relatedSpdxElement": to}


def write(path, made):
    path.write_text(json.dumps(made, indent=1) + "\n")


def faults(made):
    """What SPDX 2.3 demands and a document has not."""
    wrong = [f"no {field}" for field in ("spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages")
             if not made.get(field)]
    wrong += [f"no creationInfo.{field}" for field in ("created", "creators") if not made.get("creationInfo", {}).get(field)]
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made.get("creationInfo", {}).get("created", "")):
        wrong.append("created is no time in UTC")
    ids = [made.get("SPDXID")] + [part.get("SPDXID") for part in made.get("packages", [])]
    wrong += [f"{name} is there twice" for name in sorted({name for name in ids if name and ids.count(name) > 1})]
    wrong += [f"{name} is no identifier" for name in ids if not re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", name or "")]
    for part in made.get("packages", []):
        wrong += [f"{part.get('name')} has no {field}" for field in ("SPDXID", "name", "versionInfo", "downloadLocation", "externalRefs")
                  if not part.get(field)]
    related = {end for line in made.get("relationships", []) for end in (line["spdxElementId"], line["relatedSpdxElement"])}
    wrong += [f"{name} is not in the document" for name in sorted(related - set(ids))]
    wrong += [f"{name} is related to nothing" for name in sorted(set(filter(None, ids)) - related)]
    return wrong
