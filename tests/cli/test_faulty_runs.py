"""A few of the runs of scripts/faulty-runs, through each proxy that is installed."""
import os
import unittest

from faulty_runs import available_ways, perform_all
from support import Case

RUNS = int(os.environ.get("POLYTUNE_FAULTY_RUNS", "10"))
SEED = int(os.environ.get("POLYTUNE_SEED", "1"))


class FaultyRuns(Case):
    def test_each_ends_right_or_clean(self):
        ways = available_ways()
        if not ways:
            self.skipTest("neither nginx, haproxy nor redis-server is installed")
        ended, wrong = perform_all(ways, RUNS, SEED, jobs=5)
        print(dict(ended))
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
