"""Bristol Fashion circuits: literals, errors, and AES-128 and SHA-256 under the protocol."""
import unittest

from support import (Case, DONE, INPUT, MAX, PEER, PROGRAM, Process, USAGE, circuit, polytune, program_file, relay,
                     start_parties)

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
# The bits of a four-bit value in the opposite order.
REVERSE = "4 8\n1 4\n1 4\n\n" + "".join(f"1 1 {3 - i} {4 + i} EQW\n" for i in range(4))
AES_KEY, AES_BLOCK = "0x000102030405060708090a0b0c0d0e0f", "0x00112233445566778899aabbccddeeff"
AES_OUT = "0x69c4e0d86a7b0430d8cdb78070b4c55a"
SHA_BLOCK = "0x" + "61626380" + "0" * 118 + "18"
SHA_STATE = "0x6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19"
SHA_OUT = "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def zero_equal(bits):
    """Whether a value of so many bits is zero, as the public circuit of this name."""
    gates = [f"1 1 {i} {bits + i} INV" for i in range(bits)]
    gates += [f"2 1 {bits if i == 1 else 2 * bits + i - 2} {bits + i} {2 * bits + i - 1} AND" for i in range(1, bits)]
    return f"{len(gates)} {bits + len(gates)}\n1 {bits}\n1 1\n\n" + "\n".join(gates) + "\n"


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

    def test_one_input_value_is_split(self):
        """A party's piece has its first bit, of the whole, as its least significant one."""
        with program_file(zero_equal(64), ".txt") as path:
            for first, second, expected in (("0x0", "0x0", "0x1"), ("0x80000000", "0x0", "0x0"), ("0x0", "0x1", "0x0")):
                given = (path, "--split=0:32,1:32", f"--input={first}", f"--input={second}")
                self.assertRan(polytune("eval", *given), expected)
                self.assertRan(polytune("simulate", *given), expected)
        with program_file(REVERSE, ".txt") as path:
            self.assertRan(polytune("eval", path, "--split=0:1,1:2,0:1", "--input=0b10", "--input=0b01"), "0x5")

    def test_one_input_value_is_shared(self):
        with program_file(zero_equal(64), ".txt") as path:
            for third, expected in (("0xffffffffffffffff", "0x1"), ("0xfffffffffffffffe", "0x0")):
                self.assertRan(polytune("simulate", path, "--share=3", "--input=0xf0f0f0f0f0f0f0f0", "--input=0x0f0f0f0f0f0f0f0f",
                                        f"--input={third}"), expected)
            whole, shared = (self.json_of(polytune("compile", path, "--json", *flags)) for flags in ([], ["--share=5"]))
            self.assertEqual((shared["and"], shared["inputs"]), (whole["and"], 5 * 64))
        with program_file(REVERSE, ".txt") as path, relay() as (url, _):
            for party in start_parties(url, "s", path, ["0b0110", "0b0011"], "--share=2"):
                self.assertRan(party.wait(), "0xa")

    def test_parties_that_divide_otherwise(self):
        with program_file(REVERSE, ".txt") as path, relay() as (url, _):
            parties = [*start_parties(url, "s", path, ["0b01"], "--split=0:2,1:2"),
                       Process("party", url, "--session=s", f"--program={path}", "--party=1", "--input=0b10",
                               "--split=0:1,1:2,0:1")]
            for party in parties:
                self.assertFailed(party.wait(), PEER, "another program or circuit")

    def test_what_cannot_be_divided(self):
        with program_file(REVERSE, ".txt") as path, program_file(ADDER, ".txt") as adder:
            for flags, message in ((["--split=0:2,1:1"], "the pieces have 3 bits together, the input 4"),
                                   (["--split=0:2,1:3"], "the pieces have 5 bits together, the input 4"),
                                   (["--split=0:2,2:2"], "no piece is of 1"),
                                   (["--split=0:2,1"], "--split takes PARTY:BITS with commas, e.g. 0:64,1:64, not '1'"),
                                   (["--split="], "--split takes"),
                                   (["--split=0:2,"], "--split takes"),
                                   (["--split=0:x,1:2"], "a number of bits in --split"),
                                   (["--split=255:2,1:2"], "a party in --split"),
                                   (["--share=256"], "--share"), (["--share=0"], "--share"),
                                   (["--share=2", "--split=0:4"], "use one of them")):
                with self.subTest(flags):
                    self.assertFailed(polytune("eval", path, *flags, "--input=0x0", "--input=0x0"), USAGE, message)
            self.assertFailed(polytune("eval", adder, "--share=2", "--input=0x0", "--input=0x0"), USAGE, "2 input values")
        self.assertFailed(polytune("eval", MAX, "--share=2", "--input=1", "--input=2"), USAGE, "are for circuits")

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
