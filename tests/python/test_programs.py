"""Programs: what is known of them, computing them here, and how that fails or is stopped."""
import os
import pathlib
import pty
import signal
import tempfile
import threading
import time
import unittest
from unittest import mock

import polytune
from polytune import InputError, PanicError, Program, ProgramError, UsageError, work
from support import LARGER, TIMEOUT, python

ROWS = """const ROWS: usize = PARTY_0::ROWS;
pub fn main(a: [u8; ROWS], b: u8) -> u8 { let mut sum = b; for x in a { sum = sum + x; } sum }"""
# Takes a minute to compile; with 40 in place of 4000, half a minute to run.
LONG = "pub fn main(a: u64, b: u64, c: u64, d: u64, e: u64) -> u64 { let mut s = b; for _i in 0..4000 { s = s / (a | 1u64) ^ (s & 3u64); } s }"
STOPPED = """
import sys, threading, time
from polytune import Program, Relay
told = []
def tell(at):
    if not told:
        told.append(print("now", flush=True))
try:
    {call}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


class Facts(unittest.TestCase):
    def test_known_at_once(self):
        program = Program(LARGER)
        self.assertEqual((program.parties, program.input_names), (2, ("a", "b")))
        self.assertEqual(([str(of) for of in program.input_types], str(program.output_type)), (["u32", "u32"], "bool"))
        self.assertEqual(program.ands, 32)
        self.assertEqual(program.size.ands, program.ands)
        self.assertGreaterEqual(program.size.depth, 1)
        self.assertEqual(len(program.hash), 64)
        self.assertIn("2 parties", repr(program))

    def test_constants(self):
        program = Program(ROWS, constants={"PARTY_0::ROWS": 3})
        self.assertEqual(str(program.input_types[0]), "[u8; 3]")
        self.assertEqual(program.evaluate([[1, 2, 3], 4]).value, 10)
        self.assertEqual(Program(ROWS, constants={"PARTY_0::ROWS": "0usize"}).evaluate([[], 4]).value, 4)
        missing = Program(ROWS)
        self.assertEqual(missing.parties, 2)
        with self.assertRaisesRegex(InputError, "missing constant PARTY_0::ROWS"):
            missing.input_types
        for constants, kind, words in (
            ({"ROWS::": 3}, UsageError, "its name is PARTY::NAME"),
            ({"PARTY_0::ROWS": 3.0}, InputError, "constant PARTY_0::ROWS: 3.0 is no whole number"),
            ({"PARTY_0::ROWS": -1}, InputError, "ROWS"),
            ({"PARTY_0::ROWS": 10**30}, InputError, "ROWS"),
        ):
            with self.subTest(constants), self.assertRaisesRegex(kind, words):
                Program(ROWS, constants=constants).input_types
        with self.assertRaisesRegex(UsageError, "its name is PARTY::NAME"):
            Program(ROWS, constants={"ROWS": 3}).input_types

    def test_constants_that_are_none(self):
        for source, constants, words in (
            (ROWS, {"PARTY_0::ROW": 3}, "has no constant PARTY_0::ROW; did you mean PARTY_0::ROWS?"),
            (ROWS, {"ROW": 3}, "has no constant ROW; did you mean ROWS?"),
            (ROWS, {"PARTY_0::ROWS": 3, "LIMITS::DAYS": 3}, "has no constant LIMITS::DAYS; it has PARTY_0::ROWS"),
            (LARGER, {"A::B": 3}, "has no constant A::B, and none at all"),
        ):
            with self.subTest(constants), self.assertRaises(UsageError) as caught:
                Program(source, constants=constants)
            self.assertEqual((str(caught.exception), caught.exception.status), (f"the program {words}", "PT_ERR_CONSTANT"))

    def test_an_array_of_parties(self):
        program = Program("pub fn main(votes: [u8; 3]) -> u8 { votes[0] + votes[1] + votes[2] }")
        self.assertEqual(program.parties, 3)
        self.assertEqual(program.simulate([1, 2, 3]).value, 6)
        with self.assertRaisesRegex(InputError, "votes of party 1: 256 is no u8"):
            program.evaluate([1, 256, 3])

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "larger.garble"
            path.write_text(LARGER)
            self.assertTrue(Program(path).evaluate([2, 1]).value)
            path.write_text("pub fn main(a: u32) -> bool { a }")
            with self.assertRaisesRegex(ProgramError, "larger.garble:1:31"):
                Program(path)
            with self.assertRaisesRegex(InputError, "cannot read"):
                Program(path.with_name("none"))
            with self.assertRaisesRegex(UsageError, "name of a file: pathlib.Path"):
                Program(str(path))

    def test_compiled_files(self):
        program = Program(ROWS, constants={"PARTY_0::ROWS": 3})
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "rows.ptc"
            program.save(path)
            self.assertEqual(os.listdir(folder), ["rows.ptc"])
            saved = Program.load(str(path))
            self.assertEqual((saved.parties, saved.input_names, saved.size), (2, ("a", "b"), program.size))
            self.assertEqual([str(of) for of in (*saved.input_types, saved.output_type)], ["[u8; 3]", "u8", "u8"])
            self.assertEqual((saved.constants, saved.source, repr(saved)), ({"PARTY_0::ROWS": "3"}, None, "<Program main for 2 parties>"))
            for compute in (saved.evaluate, saved.simulate):
                self.assertEqual(compute([[1, 2, 3], 4]).value, 10)
            with self.assertRaises(PanicError) as caught:
                saved.evaluate([[200, 100, 3], 4])
            self.assertEqual((caught.exception.span.line, caught.exception.reason), (2, "Overflow"))
            self.assertEqual(saved.plan().parties, program.plan().parties)
            saved.save(path.with_name("again.ptc"))
            self.assertEqual(path.with_name("again.ptc").read_bytes(), path.read_bytes())
            self.assertEqual(Program(path, function="main").ands, program.ands)
            for options, words in (({"constants": {"PARTY_0::ROWS": 3}}, "constants are for its text"), ({"function": "other"}, "of the function main alone")):
                with self.subTest(options), self.assertRaisesRegex(UsageError, words):
                    Program.load(path, **options)
            with self.assertRaisesRegex(UsageError, "has no text"):
                saved.hash
            path.write_bytes(path.read_bytes()[:-1] + b"x")
            with self.assertRaisesRegex(InputError, "rows.ptc': "):
                Program.load(path)
            with self.assertRaisesRegex(InputError, "cannot write '/none/x.ptc'"):
                program.save("/none/x.ptc")

    def test_functions(self):
        program = Program("pub fn main(a: u8, b: u8) -> u8 { a }\npub fn other(a: u8, b: u8) -> u8 { b }", function="other")
        self.assertEqual(program.evaluate([1, 2]).value, 2)
        with self.assertRaises(ProgramError):
            Program(LARGER, function="none")

    def test_what_is_no_program(self):
        for source in (None, b"x", 5, "\ud800"):
            with self.subTest(source), self.assertRaises(UsageError):
                Program(source)
        for source in ("", "\0", "pub fn main(", "ä"):
            with self.subTest(source), self.assertRaises(ProgramError) as caught:
                Program(source)
            self.assertTrue(caught.exception.diagnostics)


class Errors(unittest.TestCase):
    def test_programs_show_their_place(self):
        with self.assertRaises(ProgramError) as caught:
            Program("pub fn main(a: u32, b: u32) -> u32 {\n    a + true\n}")
        error = caught.exception
        self.assertEqual(str(error), "program:2:5: type error: incompatible operands: u32 and bool\n    2 |     a + true\n      |     ^^^^^^^^")
        self.assertEqual((error.status, error.span), ("PT_ERR_PROGRAM", polytune.Span(2, 5, 2, 13)))
        self.assertEqual((error.diagnostics[0].phase, error.diagnostics[0].message), ("type", "incompatible operands: u32 and bool"))

    def test_panics_show_their_place(self):
        program = Program("pub fn main(a: u8, b: u8) -> u8 {\n\tlet c = a + b;\n    c / b\n}")
        with self.assertRaises(PanicError) as caught:
            program.evaluate([200, 100])
        self.assertEqual(caught.exception.reason, "Overflow")
        self.assertEqual(caught.exception.span, polytune.Span(2, 10, 2, 15))
        self.assertIn("    2 | \tlet c = a + b;\n      | \t        ^^^^^", str(caught.exception))
        with self.assertRaises(PanicError) as caught:
            program.simulate([5, 0])
        self.assertEqual((caught.exception.reason, caught.exception.status), ("Division By Zero", "PT_ERR_PANIC"))

    def test_inputs(self):
        program = Program(LARGER)
        for inputs in ([1], [1, 2, 3], 5, "12", None, [], b"12"):
            with self.subTest(inputs), self.assertRaisesRegex(UsageError, "each of the 2 parties"):
                program.evaluate(inputs)
            with self.assertRaises(UsageError):
                program.simulate(inputs)

    def test_rows_that_a_join_needs_sorted(self):
        program = Program(
            "pub fn main(ours: [(u16, u8); 3], theirs: [(u16, u8); 2]) -> u16 {\n"
            "let mut n = 0u16; for ((_, a), (_, b)) in join_iter(ours, theirs) { n += (a + b) as u16; } n }"
        )
        ours, theirs = [(1, 1), (5, 2), (9, 3)], [(5, 10), (9, 20)]
        self.assertEqual(program.evaluate([ours, theirs]).value, 35)
        for compute in (program.evaluate, program.simulate):
            with self.assertRaisesRegex(InputError, "^ours: .*row 2"):
                compute([[(5, 1), (1, 2), (9, 3)], theirs])

    def test_classes(self):
        for kind in (polytune.InputError, polytune.UsageError):
            self.assertTrue(issubclass(kind, ValueError))
        self.assertTrue(issubclass(polytune.TimedOut, TimeoutError))
        for name in ("InternalError", "UsageError", "ProgramError", "InputError", "PanicError", "TransportError", "PeerError"):
            self.assertTrue(issubclass(getattr(polytune, name), polytune.PolytuneError))

    def test_every_status_has_a_class(self):
        from polytune import errors
        from polytune._library import lib

        for status in range(1, lib.PT_STATUS_COUNT):
            error = errors.new_error()
            error.status, error.message = status, b"why"
            made = errors.error_of(status, error)
            self.assertNotEqual(type(made), polytune.PolytuneError)
            self.assertEqual((str(made), errors.status_of(made)), ("why", status))
        self.assertEqual(errors.status_of(KeyError()), lib.PT_ERR_INTERNAL)

    def test_options(self):
        program = Program(LARGER)
        for options, words in (({"rho": 39}, "rho"), ({"rho": True}, "rho"), ({"cot_bits": 3}, "cot_bits"), ({"threads": 65}, "threads is 1 to 64"), ({"evaluator": 2}, "parties are 0 to 1"), ({"evaluator": -1}, "party -1")):
            with self.subTest(options), self.assertRaisesRegex(UsageError, words):
                program.simulate([1, 2], **options)
        with self.assertRaisesRegex(UsageError, "for one"):
            Program("pub fn main(a: u8) -> u8 { a }").simulate([1])


class Runs(unittest.TestCase):
    def test_simulate(self):
        program = Program("pub fn main(a: u16, b: u16, c: u16) -> (u16, bool) { (a + b + c, a > b) }")
        for options in ({}, {"evaluator": 2}, {"rho": 80}, {"cot_bits": 8}, {"threads": 2}):
            with self.subTest(options):
                result = program.simulate([1000, 200, 30], **options)
                self.assertEqual(result.value, (1230, True))
        self.assertEqual(result.stats.ands, program.ands)
        self.assertEqual(len(result.stats.parties), 3)
        self.assertEqual(result.stats.bytes_sent, result.stats.parties[0].bytes_sent)
        self.assertIn("garbling", [phase.name for phase in result.stats.phases])
        self.assertIsNone(result.fingerprint)

    def test_any_number_of_processors_is_shared(self):
        for processors, each in ((1, 1), (2, 1), (6, 3), (128, 64), (1000, 64)):
            with self.subTest(processors), mock.patch("polytune.program._processors", return_value=processors), \
                    mock.patch("polytune.program.Settings", wraps=polytune.program.Settings) as made:
                self.assertEqual(Program(LARGER).simulate([1, 2]).text, "false")
                self.assertEqual(made.call_args.kwargs["threads"], each)

    def test_private_results(self):
        program = Program("pub fn main(a: u8, b: u8) -> (u16, bool) { (b as u16 + 1u16, a > b) }")
        for compute in (program.evaluate, program.simulate):
            with self.subTest(compute.__name__):
                results = compute([5, 7], private_results=True)
                self.assertEqual([result.value for result in results], [8, False])
                self.assertEqual([str(result.type) for result in results], ["u16", "bool"])
        with self.assertRaisesRegex(UsageError, "an element for each party"):
            Program(LARGER).evaluate([1, 2], private_results=True)

    def test_plans(self):
        program = Program(LARGER)
        plan = program.plan()
        self.assertEqual((plan.ands, plan.seconds, len(plan.parties)), (32, None, 2))
        stats = program.simulate([1, 2]).stats
        self.assertEqual([seat.bytes_sent for seat in plan.parties], [party.bytes_sent for party in stats.parties])
        self.assertEqual([seat.messages_sent for seat in plan.parties], [party.messages_sent for party in stats.parties])
        slow = program.plan("1mbit,100ms", dealer=True)
        self.assertEqual(len(slow.parties), 3)
        self.assertGreater(slow.seconds, 0.1)
        self.assertGreater(program.plan(polytune.Link(1e6, 1)).seconds, 1)
        for link in ("fast", "1mbit", 5, (1e6, 1), "-1mbit,5ms"):
            with self.subTest(link), self.assertRaisesRegex(UsageError, "a link is"):
                program.plan(link)

    def test_progress(self):
        seen = []
        program = Program(LARGER)
        program.compile(progress=seen.append)
        self.assertIn("checking", [at.phase for at in seen])
        seen.clear()
        program.simulate([1, 2], progress=seen.append)
        self.assertGreater(len(seen), 0)
        self.assertEqual(max(at.fraction for at in seen if at.total), 1)

        def broken(_):
            raise RuntimeError("of the caller's own")

        with self.assertRaisesRegex(RuntimeError, "of the caller's own"):
            program.simulate([1, 2], progress=broken)

    def test_bars(self):
        bar = work._Bar()
        with mock.patch("tqdm.tqdm") as tqdm:
            bar.show(work.Progress("soon over", 1, 2))
            tqdm.assert_not_called()
            for at in (work.Progress("gates", 1, 0), work.Progress("bits", 1, 4), work.Progress("bits", 3, 4)):
                bar._since -= 1
                bar.show(at)
                bar.show(at)
            self.assertEqual((tqdm.return_value.n, tqdm.return_value.total), (3, 4))
            self.assertEqual(tqdm.return_value.refresh.call_count, 3)
            bar.close()
            tqdm.return_value.close.assert_called_once()
        bar = work._Bar()
        bar._since -= 1
        with mock.patch.dict("sys.modules", {"tqdm": None}):
            bar.show(work.Progress("bits", 1, 4))
            bar.close()

    def test_a_bar_on_a_terminal(self):
        try:
            ours, theirs = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminal can be made here: {error}")
        text = f"from polytune import Program, work; work._QUICK = 0; print(Program({LONG.replace('4000', '60')!r}).evaluate([1, 2, 3, 4, 5]).value)"
        process = python(text, stderr=theirs)
        out, _ = process.communicate(timeout=TIMEOUT)
        os.close(theirs)
        shown = os.read(ours, 1 << 20).decode()
        os.close(ours)
        self.assertEqual((process.returncode, len(out.split())), (0, 1), shown)
        self.assertRegex(shown, "\rlowering|\roptimising|\rchecking")

    def test_a_bar_that_breaks(self):
        task = work.Task()
        task.advance(work.Progress("bits", 1, 2))
        task._bar._since -= 1
        with mock.patch("tqdm.tqdm", side_effect=ValueError("closed")):
            task.draw()
            task.draw()
        task.finish()

    def test_from_several_threads(self):
        program = Program(LARGER)
        found = []
        threads = [threading.Thread(target=lambda i=i: found.append((i, program.evaluate([i, 5]).value))) for i in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TIMEOUT)
        self.assertEqual(sorted(found), [(i, i > 5) for i in range(10)])

    def test_inputs_are_wiped(self):
        kept = []
        encode = polytune.compiled.encode_input

        def keep(*arguments):
            kept.append(encode(*arguments))
            return kept[-1]

        program = Program(LARGER)
        with mock.patch("polytune.compiled.encode_input", keep):
            program.evaluate([2**32 - 1, 2**32 - 1])
            program.simulate([2**32 - 1, 2**32 - 1])
        self.assertEqual(kept, [bytearray(4)] * 4)


class Stopped(unittest.TestCase):
    def stop(self, call):
        """Seconds that a process takes to end after Ctrl-C, in the midst of the call, which uses `tell`."""
        process = python(STOPPED.format(call=call))
        timer = threading.Timer(TIMEOUT, process.kill)
        timer.start()
        try:
            self.assertEqual(process.stdout.readline().strip(), "now")
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=TIMEOUT)
        finally:
            timer.cancel()
            process.kill()
        self.assertEqual((out.strip(), process.returncode), ("interrupted", 0), err)
        self.assertEqual(err, "")
        return time.monotonic() - begin

    def test_compiling(self):
        self.assertLess(self.stop(f"Program({LONG!r}).evaluate([1, 2, 3, 4, 5], progress=tell)"), 20)

    def test_computing(self):
        short = LONG.replace("4000", "40")
        self.assertLess(self.stop(f"Program({short!r}).compile().simulate([1, 2, 3, 4, 5], progress=tell)"), 20)

    def test_waiting(self):
        self.assertLess(self.stop(f"Program({LARGER!r}).party(Relay('http://127.0.0.1:1', 's', wait=600), party=0, input=1, notice=tell)"), 20)

    def test_the_others_have_time(self):
        """Other threads of Python go on while C computes."""
        ticks = []
        done = threading.Event()

        def tick():
            while not done.wait(0.005):
                ticks.append(1)

        thread = threading.Thread(target=tick)
        thread.start()
        try:
            Program(LONG.replace("4000", "10")).simulate([1, 2, 3, 4, 5], progress=False)
        finally:
            done.set()
            thread.join(TIMEOUT)
        self.assertGreater(len(ticks), 5)

    def test_the_end_of_the_interpreter(self):
        for text in (
            f"from polytune import Program; p = Program({LARGER!r}); p.evaluate([1, 2]); r = p.simulate([1, 2]); import gc; gc.disable(); p.me = p",
            f"import sys; from polytune import Program; p = Program({LARGER!r}).compile(); sys.exit(0)",
            f"import threading; from polytune import Program\nthreading.Thread(target=lambda: Program({LARGER!r}).simulate([1, 2])).start()",
        ):
            process = python(text)
            self.assertEqual((*process.communicate(timeout=TIMEOUT), process.returncode), ("", "", 0))


if __name__ == "__main__":
    unittest.main()
