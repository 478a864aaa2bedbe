"""A clinic gives drugs, a hospital admits people: which drug brings how many of the clinic's patients into the hospital within
30 days? Two tables of pandas are joined, and neither party sees the other's.

    polytune serve
    python join.py http://127.0.0.1:8000 clinic [ROWS]
    python join.py http://127.0.0.1:8000 hospital [ROWS]

The tables here are drawn by chance, so that anybody can check the result with `python join.py check [ROWS]`.
"""
import pathlib
import sys
import time

import numpy as np
import pandas as pd

from polytune import Program, Relay

SOURCE = pathlib.Path(__file__).with_name("tables") / "readmissions.garble"
DRUGS = ["Aspirin", "Heparin", "Warfarin"]


def clinic(rows):
    """Patient, drug, and when it was given, in days since 1970. Numbers ascend, each once: a join needs that."""
    chance = np.random.default_rng(1)
    patients = np.sort(chance.choice(rows * 3, rows, replace=False))
    return pd.DataFrame({"patient": patients, "drug": chance.choice(DRUGS, rows), "given": chance.integers(20_000, 20_400, rows)})


def hospital(rows):
    """Patient, when he came, for how many days, and the cost in cents."""
    chance = np.random.default_rng(2)
    patients = np.sort(chance.choice(rows * 3, rows, replace=False))
    return pd.DataFrame(
        {
            "patient": patients,
            "admitted": chance.integers(20_000, 20_430, rows),
            "days": chance.integers(1, 30, rows),
            "cents": chance.integers(10_000, 2_000_000, rows),
        }
    )


def check(rows):
    """What pandas finds with both tables in one place."""
    both = clinic(rows).merge(hospital(rows), on="patient")
    both = both[(both.admitted - both.given).between(0, 30)]
    lines = both.groupby("drug").agg(cents=("cents", "sum"), days=("days", "sum"), readmitted=("patient", "size"))
    return lines.reindex(DRUGS, fill_value=0).reset_index()[["cents", "days", "drug", "readmitted"]]


def compute(url, who, rows):
    """What both parties find, without one."""
    party = ["clinic", "hospital"].index(who)
    table = clinic(rows) if who == "clinic" else hospital(rows)
    size = "TREATED" if who == "clinic" else "ADMITTED"
    program = Program(SOURCE, constants={f"PARTY_{party}::{size}": rows})
    begin = time.monotonic()
    result = program.party(
        Relay(url, session=f"join-{rows}"),
        party=party,
        input=table,
        secret="kabob-vapid-lemur-tonic-fjord",
        max_bytes=8 << 30,  # the other's number of rows chooses how large the program gets
    )
    print(f"{result.stats.ands} AND gates, {time.monotonic() - begin:.1f} s, {result.stats.bytes_sent / 1e6:.0f} MB sent", file=sys.stderr)
    return result.frame()


def main():
    rows = int(sys.argv[-1]) if sys.argv[-1].isdecimal() else 10_000
    result = check(rows) if sys.argv[1] == "check" else compute(sys.argv[1], sys.argv[2], rows)
    print(result.to_string(index=False))


main()
