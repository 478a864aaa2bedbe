"""polytune bench: that it measures, not what."""
import json
import unittest

from support import Case, DONE, USAGE, polytune


class Bench(Case):
    def test_every_group_has_figures(self):
        result = polytune("bench", "--ands=100", "--json")
        self.assertEqual(result.status, DONE, result)
        rows = json.loads(result.out)
        self.assertEqual(len(rows), 9)
        self.assertNotIn("authenticated", result.err)  # there is nobody to compare words with
        for figures in rows.values():
            self.assertGreater(figures["seconds"], 0)
            self.assertGreater(figures["peak_mib_of_all_parties"], 0)
        self.assertGreater(rows["protocol, 3 parties"]["and_per_second"], 0)

    def test_a_group_alone(self):
        result = polytune("bench", "--only=compiler")
        self.assertEqual(result.status, DONE, result)
        self.assertEqual(len(result.out.splitlines()), 1)
        self.assertIn("gates_per_second", result.out)

    def test_wrong_flags(self):
        self.assertFailed(polytune("bench", "--only=crypto"), USAGE, "protocol, compiler or channels")
        self.assertFailed(polytune("bench", "--ands=0"), USAGE, "--ands")


if __name__ == "__main__":
    unittest.main()
