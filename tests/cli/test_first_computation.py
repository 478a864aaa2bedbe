"""docs/first-computation.md from one end to the other: what it tells three hospitals to do gives the result that it shows."""
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

from support import BIN, Case, Process, ROOT, authority, relay

PAGE = (ROOT / "docs/first-computation.md").read_text()
STAYS = ("[(true, 4), (false, 9), (true, 5)]", "[(true, 6), (false, 12)]", "[(false, 11), (true, 3), (true, 8), (false, 9)]")


def blocks(language):
    return [text for of, text in re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.M | re.S) if of == language]


def command(name):
    """The words of the page's `polytune NAME ...`."""
    for block in blocks("sh"):
        words = shlex.split(block.replace("\\\n", " "))
        if words[:2] == ["polytune", name]:
            return words[1:]
    raise AssertionError(f"the page has no polytune {name}")


class Hospital:
    """One of the three: a folder of its own with what the page says that it has."""

    def __init__(self, folder, number):
        self.folder, self.number = pathlib.Path(folder) / str(number), number
        self.folder.mkdir()
        (self.folder / "stay.garble").write_text(blocks("rust")[0])
        (self.folder / "stays.txt").write_text(STAYS[number] + "\n")
        self.public_key = subprocess.run([BIN, *command("keygen")], cwd=self.folder, text=True, capture_output=True,
                                         check=True).stdout.strip()

    def start(self, roster, url, ca):
        (self.folder / "roster").write_text(roster)
        words = " ".join(map(shlex.quote, command("party")))
        words = words.replace("https://relay.example:8443", url).replace("--party=0", f"--party={self.number}")
        words = words.replace("PATIENTS=3usize", f"PATIENTS={STAYS[self.number].count('(')}usize")
        return Process(*shlex.split(words), f"--tls-ca={ca}", cwd=self.folder)


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class FirstComputation(Case):
    def test_as_on_the_page(self):
        result = re.search(r"^Sums .*$", blocks("")[-1], re.M).group()
        with tempfile.TemporaryDirectory() as folder, authority() as certificates:
            hospitals = [Hospital(folder, number) for number in range(3)]
            roster = re.sub(r"^(\d) pk:\S+", lambda line: f"{line[1]} {hospitals[int(line[1])].public_key}", blocks("")[0],
                            flags=re.M)
            serve = [word for word in command("serve")[1:] if not word.startswith("--listen=")]
            serve = [re.sub("=(.*)", rf"={certificates}/\1", word) for word in serve]
            with relay(*serve, scheme="https") as (url, _):
                ended = [party.wait() for party in [h.start(roster, url, certificates / "ca.pem") for h in hospitals]]
            for party in ended:
                self.assertRan(party, result)
                for line in blocks("")[-1].splitlines():
                    if "constant" in line:
                        self.assertIn(line, party.err)


if __name__ == "__main__":
    unittest.main()
