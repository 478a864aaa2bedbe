"""Bristol Fashion circuits: literals, errors, and AES-128 and SHA-256 under the protocol."""
import unittest

from support import Case, DONE, INPUT, PROGRAM, USAGE, circuit, polytune, program_file, relay, start_parties

# One full adder: inputs a (2 bits) and b (1 bit); outputs sum and carry of a_0 + a_1 + b.
ADDER = """5 8
2 2 1
2 1 1

2 1 0 1 3 XOR
2 1 0 1 4 AND
2 1 3 2 5 AND
2 1 3 2 6 XOR
2 1 4 5 7 XOR
"""
AES_KEY, AES_BLOCK = "0x000102030405060708090a0b0c0d0e0f", "0x00112233445566778899aabbccddeeff"
AES_OUT = "0x69c4e0d86a7b0430d8cdb78070b4c55a"
SHA_BLOCK = "0x" + "61626380" + "0" * 118 + "18"
SHA_STATE = "0x6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19"
SHA_OUT = "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def with_idle_parties(text, parties):
    """The circuit with more input values, of no bits, so that more parties take part."""
    lines = text.splitlines()
    counts = lines[1].split()
    lines[1] = " ".join([str(parties), *counts[1:], *["0"] * (parties - int(counts[0]))])
    return "\n".join(lines) + "\n"


class Bristol(Case):
    def test_literals(self):
        with program_file(ADDER, ".txt") as path:
            for command in ("eval", "simulate"):
                self.assertRan(polytune(command, path, "--input=0b11", "--input=0x1"), "0x1 0x1")
                self.assertRan(polytune(command, path, "--input=0x1", "--input=0b1"), "0x0 0x1")
            got = self.json_of(polytune("simulate", path, "--input=0b11", "--input=0x0", "--json"))
            self.assertEqual((got["result"], got["text"], got["and"]), (["0x0", "0x1"], "0x0 0x1", 2))

    def test_bad_literals(self):
        with program_file(ADDER, ".txt") as path:
            for bad in ("0x4", "0b100", "3", "0x", "0b2", "0xg", ""):
                self.assertFailed(polytune("eval", path, f"--input={bad}", "--input=0x1"), INPUT, "party 0")
            self.assertFailed(polytune("eval", path, "--function=f", "--input=0x1", "--input=0x1"), USAGE, "no functions")

    def test_a_literal_ends_where_its_file_ends(self):
        with program_file(ADDER, ".txt") as path, program_file("0x1\0junk", ".input") as odd:
            self.assertFailed(polytune("eval", path, f"--input=@{odd}", "--input=0x1"), INPUT, "not a hexadecimal digit")

    def test_all_gates(self):
        for text, inputs, expected in (
                ("1 2\n1 1\n1 1\n\n1 1 0 1 EQW\n", ["0b1"], "0x1"),
                ("1 6\n2 2 2\n1 2\n\n4 2 0 1 2 3 4 5 MAND\n", ["0b11", "0b10"], "0x2"),
                ("3 5\n2 1 1\n1 2\n\n1 1 1 2 EQ\n1 1 0 3 NOT\n2 1 2 1 4 AND\n", ["0x0", "0x1"], "0x3"),
                ("2 5\n2 1   1\n\n2 1 0 1 3 AND\n2 1 3 2 4 XOR\n", ["0b11", "0b0"], "0x1")):
            with program_file(text, ".txt") as path:
                given = [f"--input={i}" for i in inputs]
                self.assertRan(polytune("eval", path, *given), expected)
                if len(inputs) > 1:
                    self.assertRan(polytune("simulate", path, *given), expected)

    def test_check(self):
        with program_file(ADDER, ".txt") as path:
            result = polytune("check", path)
            self.assertEqual((result.status, result.out, result.err), (DONE, "", ""))
        for bad in ("", ADDER.replace("AND", "NAND")):
            with program_file(bad, ".txt") as path:
                self.assertFailed(polytune("check", path), INPUT, "program.txt:" + ("1" if bad == "" else "6"))

    def test_bad_files(self):
        for bad in ("", ADDER.replace("AND", "NAND"), ADDER.replace("2 1 3 2 6 XOR\n", ""), ADDER + "1 1 0 9 INV\n",
                    ADDER.replace("5 8", "5 99999999999"), ADDER.replace("2 1 0 1 3", "2 1 0 7 3")):
            with program_file(bad, ".txt") as path:
                self.assertFailed(polytune("eval", path, "--input=0x1", "--input=0x1"), INPUT, "program.txt")

    def test_a_circuit_is_known_by_what_is_in_it(self):
        for suffix in (".txt", ".garble", ""):
            for before in ("\n", "\ufeff", "\ufeff \n"):
                with program_file(before + ADDER, suffix) as path:
                    self.assertRan(polytune("eval", path, "--input=0b11", "--input=0x1"), "0x1 0x1")
            with program_file("// 1 2 3\npub fn main(a: u8, b: u8) -> u8 { a ^ b }", suffix) as path:
                self.assertRan(polytune("eval", path, "--input=1", "--input=2"), "3")
        self.assertRan(polytune("eval", "-", "--input=0b11", "--input=0x1", stdin=ADDER), "0x1 0x1")
        with program_file("x", ".txt") as path:
            self.assertFailed(polytune("check", path), PROGRAM, "program.txt:1:1: parse error")

    def check_cipher(self, name, inputs, expected):
        text = circuit(name)
        for parties in (2, 3, 5):
            with program_file(with_idle_parties(text, parties), ".txt") as path:
                given = [f"--input={i}" for i in inputs + ["0x0"] * (parties - 2)]
                self.assertRan(polytune("eval", path, *given), expected)
                self.assertRan(polytune("simulate", path, *given), expected)
                if parties == 3:
                    with relay() as (url, _):
                        for party in start_parties(url, name, path, inputs + ["0x0"]):
                            self.assertRan(party.wait(), expected)

    def test_aes_128(self):
        self.check_cipher("aes128", [AES_KEY, AES_BLOCK], AES_OUT)

    def test_sha_256(self):
        self.check_cipher("sha256", [SHA_BLOCK, SHA_STATE], SHA_OUT)


if __name__ == "__main__":
    unittest.main()
