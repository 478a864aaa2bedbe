"""What the sources cite of docs/spec is there: sections, their items and variants, forms, appendices, and rules by label; and what
the heads of the models there name of the sources.

Which document a citation means: the one it names ("protocol spec", "garble.md"), else its folder's. A citation of something else says
of what, right before it ("RFC 9112, section 6.3"); in folders without a document it must."""
import pathlib
import re
import sys

SPEC = pathlib.Path("docs/spec")
# The longest beginning of a path counts.
FOLDERS = {
    "src/mpc": "protocol.md",
    "src/crypto": "protocol.md",
    "src/lang": "garble.md",
    "src/circuit": "garble.md",
    "tests/mpc": "protocol.md",
    "tests/crypto": "protocol.md",
    "tests/lang": "garble.md",
    "tests/circuit": "garble.md",
    "fuzz": "garble.md",
    # The Noise protocol framework, revision 34, as the head comments of these say.
    "src/channel/secure/noise": None,
}
OUTSIDE = r"(?:RFC \d+|FIPS \d+|Intel SDM vol\. \d)[,:]? *$"
NAMED = (("garble.md", "garble.md"), ("protocol spec", "protocol.md"), ("protocol.md", "protocol.md"))

NUMBER = r"\d+(?:\.\d+)?(?!\d|\.\d)"
PART = rf"{NUMBER}(?:,? \(?[A-F]\)?(?![\w']))?(?:,? items? \d+(?: to \d+)?| note \d+)?"
SECTIONS = re.compile(rf"\b[Ss]ections? ({PART}(?:(?:,| and|, and| to) {PART})*)")
BARE = re.compile(rf"\(({NUMBER}(?:, (?:{NUMBER}|note \d+))*)\)|/\* ({NUMBER})  ")  # "(4.6)", "(8, note 6)" after a name
FORMS = re.compile(r"\b[Ff]orms? ([A-F](?:(?:,| and|, and) [A-F])*)(?![\w'])")
APPENDIX = re.compile(r"\b[Aa]ppendi(?:x|ces) ([A-Z])\b")
LABEL = re.compile(r"(?<![\w/.])([LGTCSBVKFPDQ]\d{1,2})(?![\w.])")
# Tests name their cases after rules: CASE("S12 ..", {"T30", ..
CASE_NAME = re.compile(r'(?:[({]|\.name = )\s*"([LGTCSBVKFPDQ]\d{1,2}(?=["\s])[^"]*)"')


class Document:
    def __init__(self, name):
        self.text = (SPEC / name).read_text()
        heads = list(re.finditer(r"^(#{2,3}) (?:Appendix )?(\d+(?:\.\d+)?|[A-Z])\.? .*$", self.text, re.M))
        self.sections = {}
        for i, head in enumerate(heads):
            inner = (h.start() for h in heads[i + 1:] if len(h[1]) <= len(head[1]))
            self.sections[head[2]] = self.text[head.start():next(inner, len(self.text))]
        self.labels = set(re.findall(r"^\*\*([A-Z]\d+)\*\*", self.text, re.M))
        self.labels |= set(re.findall(r"^\| ([A-Z]\d+) \|", self.text, re.M))
        self.labels |= set(re.findall(r"^(V\d\d) \S+?(?: \[D\d+\])?:", self.text, re.M))
        self.letters = {label[0] for label in self.labels}

    def missing(self, part):
        """None, or what of a part such as "4.7 (B)" or "10.1, items 4 to 7" is not there."""
        number = re.match(NUMBER, part)[0]
        section = self.sections.get(number)
        if section is None:
            return f"section {number}"
        variant = re.search(r"\b([A-F])\b", part)
        if variant and f"**({variant[1]})" not in section:
            return f"{variant[1]} in section {number}"
        items = re.search(r"(?:items?|note) (.*)", part)
        for item in re.findall(r"\d+", items[1]) if items else ():
            if not re.search(rf"(?:^| ){item}\. ", section, re.M):
                return f"item {item} in section {number}"
        return None


def comments(text):
    """(line, text on one line) of every comment."""
    for match in re.finditer(r"/\*.*?\*/|//[^\n]*", text, re.S):
        yield text.count("\n", 0, match.start()) + 1, re.sub(r"\n[ \t]*\*? ?", " ", match[0])


def document_of(path, before):
    """The document's name; None: another one than ours; "": nobody says."""
    if re.search(OUTSIDE, before):
        return None
    for words, name in NAMED:
        if words in before:
            return name
    folder = max((f for f in FOLDERS if path.startswith(f)), key=len, default=None)
    return FOLDERS[folder] if folder else ""


def parts_of(match, bare):
    """("4.2", ..); a note belongs to the section before it."""
    listed = re.sub(r", note", " note", next(g for g in match.groups() if g)) if bare else match[1]
    return re.findall(PART, listed)


class Check:
    def __init__(self):
        self.documents = {name: Document(name) for name in ("protocol.md", "garble.md")}
        self.wrong, self.found, self.outside = [], 0, 0

    def note(self, where, missing, name):
        if missing is None:
            self.found += 1
        else:
            self.wrong.append(f"{where}: no {missing} in {name}")

    def sections(self, path, where, text):
        for pattern in (SECTIONS, BARE):
            for match in pattern.finditer(text):
                if pattern is BARE and ("." not in match[0] and "note" not in match[0] or document_of(path, "") != "protocol.md"):
                    continue
                name = document_of(path, text[:match.start()])
                if name is None:
                    self.outside += 1
                elif name == "":
                    self.wrong.append(f"{where}: of which document is {match[0]}?")
                else:
                    for part in parts_of(match, pattern is BARE):
                        self.note(where, self.documents[name].missing(part), name)

    def others(self, path, where, text):
        name = document_of(path, "")
        if not name:
            return
        document = self.documents[name]
        for match in APPENDIX.finditer(text):
            if re.search(OUTSIDE, text[:match.start()]):
                self.outside += 1
            else:
                self.note(where, None if match[1] in document.sections else match[0], name)
        if name == "protocol.md":
            for form in (f for match in FORMS.finditer(text) for f in re.findall(r"\b[A-F]\b", match[1])):
                self.note(where, None if f"**Form {form}**" in document.text else f"form {form}", name)
        else:
            for label in LABEL.findall(text):
                self.note(where, None if label in document.labels else f"rule {label}", name)

    def source(self, path, text):
        for line, comment in comments(text):
            self.sections(path, f"{path}:{line}", comment)
            self.others(path, f"{path}:{line}", comment)
        if document_of(path, "") == "garble.md":
            for match in CASE_NAME.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                self.others(path, f"{path}:{line}", match[1])

    def itself(self, name):
        """The cross references of a document."""
        document, where = self.documents[name], SPEC / name
        for part in re.findall(rf"§({NUMBER}(?: [A-F](?![\w']))?)", document.text):
            self.note(where, document.missing(part), name)
        for label in LABEL.findall(document.text) if name == "garble.md" else ():
            self.note(where, None if label in document.labels else f"rule {label}", name)


    def map(self):
        """The rows of docs/protocol.md: section, step, waves, code."""
        where = "docs/protocol.md"
        for sections, code in re.findall(r"^\| (\d[\d., to]*) \|.*\| ([^|]*) \|$", pathlib.Path(where).read_text(), re.M):
            for number in re.findall(NUMBER, sections):
                self.note(where, self.documents["protocol.md"].missing(number), "protocol.md")
            for name in re.findall(r"`([^`]+)`", code):
                places = [p for start in ("src", "src/mpc") for p in pathlib.Path(start).glob(name.rstrip("/") + "*")]
                self.note(where, None if places else name, "src or src/mpc")


    def wave_names(self):
        where = "src/mpc/session/wave_name.h"
        catalogue = self.documents["protocol.md"].sections["0.9"]
        names = re.findall(r"^ +X\((\w+),", pathlib.Path(where).read_text(), re.M)
        for name in names or ["a name"]:
            self.note(where, None if re.search(rf"^\|[^|]*\b{name}\b", catalogue, re.M) else name, "the catalogue of section 0.9")

    def model(self, where, text, sources):
        """Files, and names with an underscore or of headers, which are the sources' if not the model's own."""
        head, body = text.split("*/", 1)
        for path in re.findall(r"\bsrc/[\w/]+\.[ch]\b", head):
            self.note(where, None if pathlib.Path(path).exists() else path, "the sources")
        for name in re.findall(r"\bX-[A-Za-z-]+|\b[A-Za-z]+_\w+", re.sub(r"\S+\.[ch]\b", "", head)):
            known = re.search(rf"\b{name}\b", body) or re.search(rf"\b{name}\b", sources)
            self.note(where, None if known else name, "the sources")


def findings(path, text):
    check = Check()
    check.source(path, text)
    return check


def self_check():
    """The test itself must be able to fail, and must see what it is to see."""
    for path, text in (("src/mpc/a.c", "section 4.8"), ("src/mpc/a.c", "sections 4.2, 6.9\n * and 6.6"), ("src/mpc/a.c", "(4.9)"),
                       ("src/mpc/a.c", "section 4.7 G or 4.7 (F), section 3.1 (A)"), ("src/mpc/a.c", "section 10.1, items 4 to 12"),
                       ("src/mpc/a.c", "(8, note 9)"), ("src/mpc/a.c", "form E"), ("src/crypto/a.c", "appendix E"),
                       ("src/lang/a.c", "T53"), ("src/lang/a.c", "T40-T44"), ("src/lang/a.c", "section 3.7"), ("src/lang/a.c", "V61"),
                       ("src/lang/a.c", "section\n * 12"), ("src/relay/a.c", "section 4.2"), ("src/mpc/a.c", "garble.md, section 4.2")):
        assert findings(path, f"/* {text} */").wrong, text
    assert findings("tests/lang/a.c", '{"T53", "let"}').wrong and not findings("tests/lang/a.c", 'x("a", "T53")').wrong
    for path, text, count in (("src/mpc/a.c", "sections 4.2, 4.5 and\n * 4.7 B, items", 3), ("src/mpc/a.c", "section 4.4 (8, note 6)", 2),
                              ("src/mpc/a.c", "sections 4.4 and 10.1 item 4", 2), ("src/mpc/a.c", "forms A, B and C", 3),
                              ("src/lang/a.c", "spec T1-T52, V01 and section 5", 4), ("src/relay/a.c", "protocol spec, section 0.6", 1)):
        got = findings(path, f"/* {text} */")
        assert not got.wrong and got.found == count, (text, got.wrong, got.found)
    assert findings("src/httpd/a.c", "/* RFC 9112, section 6.3 */").outside == 1
    models = Check()
    models.model("a.pml", "/* src/mpc/no_such_file.c, take_it, X-Nobody, own_name, store_put */ own_name", "void store_put(void);")
    assert len(models.wrong) == 3 and models.found == 2


def main():
    self_check()
    check, files = Check(), 0
    for folder in ("src", "include", "tests", "fuzz", "examples", "bench"):
        for path in sorted(pathlib.Path(folder).rglob("*.[ch]")):
            files += 1
            check.source(str(path), path.read_text())
    in_sources = check.found
    for name in check.documents:
        check.itself(name)
    check.map()
    check.wave_names()
    sources = "\n".join(path.read_text() for path in pathlib.Path("src").rglob("*.[ch]"))
    for path in sorted(SPEC.glob("*.pml")):
        check.model(path, path.read_text(), sources)
    print("\n".join(check.wrong) or f"{in_sources} citations in {files} files found, {check.outside} of other documents; "
          f"{check.found - in_sources} in the specification and its map")
    return 1 if check.wrong or in_sources < 500 else 0


sys.exit(main())
