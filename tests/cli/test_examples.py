"""Every example program: plain, and with one process per party over the relay; both give the stated result."""
import unittest

from support import Case, examples, polytune, relay, start_parties


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


if __name__ == "__main__":
    unittest.main()
