"""polytune bench: that it measures, not what."""
import json
import os
import tempfile
import unittest

from support import Case, DONE, INPUT, USAGE, polytune


class Bench(Case):
    def test_every_group_has_figures(self):
        result = polytune("bench", "--ands=100", "--json")
        self.assertEqual(result.status, DONE, result)
        rows = json.loads(result.out)
        self.assertEqual(len(rows), 14)
        self.assertNotIn("authenticated", result.err)  # there is nobody to compare words with
        for name, figures in rows.items():
            for figure in ("mbit_per_second_each_way", "round_trip_microseconds") if name.startswith("rate") else ("seconds",):
                self.assertGreater(figures[figure], 0)
            self.assertGreater(figures["peak_mib_of_all_parties"], 0)
        self.assertGreater(rows["protocol, 3 parties"]["and_per_second"], 0)

    def test_a_group_alone(self):
        result = polytune("bench", "--only=compiler")
        self.assertEqual(result.status, DONE, result)
        self.assertEqual(len(result.out.splitlines()), 1)
        self.assertIn("gates_per_second", result.out)

    def test_a_link_costs_its_round_trips(self):
        result = polytune("bench", "--ands=100", "--only=protocol", "--link=1gbit,10000ms", "--json")
        self.assertEqual(result.status, DONE, result)
        rows = json.loads(result.out)
        for name in ("one AND gate, 2 parties", "one AND gate, 3 parties"):
            self.assertGreater(rows[name]["seconds"], 5 * rows[name]["one_way_delays"])
            self.assertAlmostEqual(rows[name]["planned_seconds"] / rows[name]["seconds"], 1, delta=0.25)

    def test_all_that_is_computed_takes_time_over_a_link(self):
        """A party has one thread, whose time it is, however many processors there are."""
        result = polytune("bench", "--ands=1000", "--only=protocol", "--link=1gbit,1ms", "--json")
        self.assertEqual(result.status, DONE, result)
        for name, row in json.loads(result.out).items():
            self.assertGreater(row["seconds"], 0.95 * row["cpu_seconds_per_party"], name)

    def test_runs_and_what_they_compare_with(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "old.json")
            old = polytune("bench", "--only=compiler", "--runs=3", "--json")
            self.assertEqual(old.status, DONE, old)
            figures = json.loads(old.out)["1,024 products of u32"]
            self.assertLessEqual(figures["seconds_least"], figures["seconds"])
            self.assertLessEqual(figures["seconds"], figures["seconds_most"])
            with open(path, "w") as file:
                file.write(old.out)
            new = polytune("bench", "--only=compiler", "--compare", path, "--json")
            self.assertEqual(new.status, DONE, new)
            self.assertEqual(json.loads(new.out)["1,024 products of u32"]["ratio"]["gates"], 1)
            text = polytune("bench", "--only=compiler", "--compare", path)
            self.assertIn("(x1.000)", text.out)
            with open(path, "w") as file:
                file.write("[]")
            self.assertFailed(polytune("bench", "--compare", path), INPUT, "is not what bench --json prints")

    def test_wrong_flags(self):
        for link in ("fast", "100mbit", "100mbit,50", "mbit,5ms", "100,5ms", "1mbit,-5ms", "1mbit,99999ms"):
            self.assertFailed(polytune("bench", "--link=" + link), USAGE, "--link is a rate and a round trip")
        self.assertFailed(polytune("bench", "--runs=0"), USAGE, "--runs")
        self.assertFailed(polytune("bench", "--only=crypto"), USAGE, "protocol, compiler or channels")
        self.assertFailed(polytune("bench", "--ands=0"), USAGE, "--ands")


if __name__ == "__main__":
    unittest.main()
