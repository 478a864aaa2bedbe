"""docs/first-computation.md from one end to the other: what it tells three hospitals to do gives the result that it shows."""
import pathlib
import re
import shlex
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from support import BIN, Case, Process, ROOT, authority, polytune, relay

PAGE = (ROOT / "docs/first-computation.md").read_text()
STAYS = (re.search(r"^patient,treated,days\n.*?(?=```)", PAGE, re.M | re.S).group(),
         "patient,treated,days\n1,yes,6\n2,no,12\n",
         "patient,treated,days\n1,no,11\n2,yes,3\n3,yes,8\n4,no,9\n")

# What the page says is not needed: the hospitals' rows as inputs.
ROWS = """struct Sums { patients: [u32; 2], days: [u32; 2] }
fn add(before: Sums, stay: (bool, u16)) -> Sums {
    let mut sums = before;
    let (treated, days) = stay;
    sums.patients[treated as usize] += 1;
    sums.days[treated as usize] += days as u32;
    sums
}
pub fn main(first: [(bool, u16); 1000], second: [(bool, u16); 1000], third: [(bool, u16); 1000]) -> Sums {
    let mut sums = Sums { patients: [0u32; 2], days: [0u32; 2] };
    for stay in first { sums = add(sums, stay); }
    for stay in second { sums = add(sums, stay); }
    for stay in third { sums = add(sums, stay); }
    sums
}
"""


def blocks(language):
    return [text for of, text in re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.M | re.S) if of == language]


def command(name, at=0):
    """The words of the page's `polytune NAME ...`, the first or a later one."""
    split = [shlex.split(block.replace("\\\n", " ")) for block in blocks("sh")]
    return [words[1:] for words in split if words[:2] == ["polytune", name]][at]


class Hospital:
    """One of the three: a folder of its own with what the page says that it has."""

    def __init__(self, folder, number):
        self.folder, self.number = pathlib.Path(folder) / str(number), number
        self.folder.mkdir()
        (self.folder / "stay.garble").write_text(blocks("rust")[0])
        (self.folder / "stays.csv").write_text(STAYS[number])
        add_up, = [block for block in blocks("sh") if block.startswith("awk")]
        subprocess.run(add_up, shell=True, cwd=self.folder, check=True)
        self.public_key = subprocess.run([BIN, *command("keygen")], cwd=self.folder, text=True, capture_output=True,
                                         check=True).stdout.strip()

    def start(self, roster, url, ca):
        (self.folder / "roster").write_text(roster)
        words = " ".join(map(shlex.quote, command("party")))
        words = words.replace("https://relay.example:8443", url).replace("--party=0", f"--party={self.number}")
        return Process(*shlex.split(words), f"--tls-ca={ca}", cwd=self.folder)


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class FirstComputation(Case):
    def test_as_on_the_page(self):
        result = re.search(r"^\[Group .*$", blocks("")[-1], re.M).group()
        with tempfile.TemporaryDirectory() as folder, authority() as certificates:
            hospitals = [Hospital(folder, number) for number in range(3)]
            self.assertEqual((hospitals[0].folder / "sums.csv").read_text(), blocks("csv")[1])
            roster = re.sub(r"^(\d) pk:\S+", lambda line: f"{line[1]} {hospitals[int(line[1])].public_key}", blocks("")[0],
                            flags=re.M)
            serve = [word for word in command("serve")[1:] if not word.startswith("--listen=")]
            serve = [re.sub("=(.*)", rf"={certificates}/\1", word) for word in serve]
            with relay(*serve, scheme="https") as (url, _):
                ended = [party.wait() for party in [h.start(roster, url, certificates / "ca.pem") for h in hospitals]]
            for party in ended:
                self.assertRan(party, result)


class Sums(Case):
    def test_sums_by_the_database(self):
        with tempfile.TemporaryDirectory() as folder:
            hospital = Hospital(folder, 0)
            connection = sqlite3.connect(hospital.folder / "stays.db")
            connection.execute("CREATE TABLE stays (patient INTEGER, treated TEXT, days INTEGER)")
            connection.executemany("INSERT INTO stays VALUES (?, ?, ?)", [line.split(",") for line in STAYS[0].splitlines()[1:]])
            connection.commit()
            connection.close()
            none = "--input=[Group { patients: 0, days: 0 }, Group { patients: 0, days: 0 }]"
            ran = [Process("eval", "stay.garble", *flags, none, none, cwd=hospital.folder).wait()
                   for flags in (["--input=@sums.csv"], command("party", 1)[2:])]
            self.assertRan(ran[0], "[Group {days: 9, patients: 1}, Group {days: 9, patients: 2}]")
            self.assertRan(ran[1], ran[0].out.strip())

    def test_what_rows_would_cost(self):
        gates, = re.findall(r"(?m)^(?!polytune: ).*?([\d,]+) AND gates", PAGE)
        self.assertIn(f"AND gates  {gates.replace(',', '')}\n", polytune("compile", "-", stdin=ROWS).out)


if __name__ == "__main__":
    unittest.main()
