"""Every example program: plain, and with one process per party over the relay; both give the stated result."""
import os
import pathlib
import signal
import unittest

from support import Case, PEER, Process, ROOT, examples, polytune, program_file, relay, start_parties

BUILD = pathlib.Path(os.environ.get("POLYTUNE_BUILD", ROOT / "build/dev"))


class Examples(Case):
    def test_there_are_at_least_ten(self):
        self.assertGreaterEqual(len(examples()), 10)

    def test_plain(self):
        for example in examples():
            with self.subTest(example.path.name):
                self.assertRan(polytune("eval", example.path, *[f"--input={i}" for i in example.inputs]), example.result)

    def test_over_the_relay(self):
        with relay() as (url, _):
            for example in examples():
                with self.subTest(example.path.name):
                    parties = start_parties(url, example.path.stem, example.path, example.inputs)
                    for result in [party.wait() for party in parties]:
                        self.assertRan(result, example.result)


class RelayParty(Case):
    """examples/relay_party.c computes with a party that runs the command."""
    PROGRAM = "pub fn main(a: u32, b: u32) -> u32 { if a > b { a } else { b } }"
    SECRET = {"POLYTUNE_SESSION_SECRET": "correct horse battery staple five"}

    def start(self, url, number, **secret):
        return Process(url, "larger", "1", number, env={**self.SECRET, **secret}, program=BUILD / "bin/relay_party")

    def test_with_the_command(self):
        with relay() as (url, _), program_file(self.PROGRAM) as program:
            embedded = self.start(url, "41")
            other = polytune("party", url, "--session=larger", f"--program={program}", "--party=0", "--input=17",
                             env=self.SECRET)
            result = embedded.wait()
            self.assertRan(other, "41")
            self.assertRan(result, "larger: 41")
            self.assertIn("bytes sent", result.err)

    def test_another_secret(self):
        with relay() as (url, _), program_file(self.PROGRAM) as program:
            embedded = self.start(url, "41", POLYTUNE_SESSION_SECRET="another")
            other = polytune("party", url, "--session=larger", f"--program={program}", "--party=0", "--input=17",
                             env=self.SECRET)
            result = embedded.wait()
            self.assertFailed(other, PEER)
            self.assertFailed(result, PEER)

    def test_interrupted(self):
        with relay() as (url, _):
            embedded = self.start(url, "41")
            embedded.read_err_until("waiting for party 0")
            embedded.process.send_signal(signal.SIGINT)
            result = embedded.wait()
            self.assertEqual(result.out, "")
            self.assertIn("cancelled", result.err)


if __name__ == "__main__":
    unittest.main()
