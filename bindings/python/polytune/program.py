"""Programs, and computing them."""
from __future__ import annotations

import difflib
import functools
import hashlib
import os
import pathlib
import threading
from typing import Any, Dict, List, Literal, NamedTuple, Optional, Sequence, Tuple, Union, overload

from . import keys, plan as plans, work
from ._library import ffi, lib
from .channels import Way
from .compiled import Compiled, Constant, Facts, Limits, Saved, Signature, Text, read_constants
from .errors import UsageError, call, error_of, new_error
from .party import Part, Settings
from .result import Result, Stats, stats_of
from .types import Type

Form = Union[Text, Saved]
_ECHOES = ("PT_PEER_ABORT", "PT_ERR_STOPPED", "PT_ERR_CLOSED")


class Size(NamedTuple):
    """The size of a compiled program: AND gates are what a run costs; `depth` is the most of them on any path."""

    ands: int
    xors: int
    nots: int
    depth: int


def _read_form(file: pathlib.Path, constants: Optional[Dict[str, Constant]], function: Optional[str]) -> Form:
    """A program in a file: its text, or what was compiled of it."""
    content = keys.read_bytes(file)
    if not lib.pt_program_is_saved(ffi.from_buffer(content), len(content)):
        return Text(keys.text_in(file, content), str(file), function)
    saved = Saved(str(file), content)
    if constants:
        raise UsageError(f"'{file}' is a compiled program: constants are for its text")
    if function not in (None, saved.function_name):
        raise UsageError(f"'{file}' is a compiled program, of the function {saved.function_name} alone")
    return saved


def _form_of_text(source: Any, function: Optional[str]) -> Form:
    if not isinstance(source, str):
        raise UsageError(f"the program is a text or a pathlib.Path, not a {type(source).__name__}")
    if source.endswith((".garble", ".ptc")):
        raise UsageError(f"{source!r} is the name of a file: pathlib.Path({source!r}) has it read")
    try:
        source.encode()
    except UnicodeEncodeError:
        raise UsageError("the program is no Unicode text") from None
    return Text(source, "program", function)


class Program:
    """A program in Garble, and what is known of it.

    source: its text, or a pathlib.Path of a file with it, or with the compiled program (`save`, `polytune compile -o FILE.ptc`),
        which has its constants and function in it.
    constants: by name, `{"PARTY_0::ROWS": 3}`: int, bool or Garble text. A name without a party is this party's own, in
        `party`; constants of others may be missing there, for the parties tell each other theirs.
    function: the entry point, "main".

    The text is checked here: ProgramError shows what is wrong and where. It is compiled when that is needed first.
    """

    def __init__(self, source: Union[str, "pathlib.Path"], *, constants: Optional[Dict[str, Constant]] = None, function: Optional[str] = None) -> None:
        if isinstance(source, pathlib.Path):
            self._form = _read_form(source, constants, function)
        else:
            self._form = _form_of_text(source, function)
        self.constants = dict(self._form.constants if isinstance(self._form, Saved) else constants or {})
        self._facts: Facts = self._form.inspect(read_constants(self._public_constants()))
        self._check_constants()

    @classmethod
    def load(cls, path: Union[str, "os.PathLike[str]"], *, constants: Optional[Dict[str, Constant]] = None, function: Optional[str] = None) -> "Program":
        """The program in a file, text or compiled: Program(pathlib.Path(path), ..)."""
        return cls(pathlib.Path(path), constants=constants, function=function)

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes the compiled program, FILE.ptc, for `load` and the command; it starts without compiling, and runs together with the
        text. Compiles it."""
        keys.write_bytes(pathlib.Path(path), self.compile()._compiled.save())

    @property
    def source(self) -> Optional[str]:
        """Its text; None of a program that was compiled before."""
        return self._form.source

    def _public_constants(self) -> Dict[str, Constant]:
        """Those of which it is known whose they are."""
        return {name: value for name, value in self.constants.items() if not isinstance(name, str) or "::" in name}

    def _check_constants(self, own: Optional[int] = None) -> None:
        """That the program has those that are given: a name that is misspelt would leave another one without its value."""
        known = self._form.constant_names() if self.constants and not isinstance(self._form, Saved) else []
        for name in self.constants if len(known) == self._facts.externals else ():
            full = name if own is None or "::" in name else f"PARTY_{own}::{name}"
            names = known if "::" in full else [other.split("::")[1] for other in known]
            if full not in names:
                close = difflib.get_close_matches(full, names, 1, 0.6)
                hint = f"; did you mean {close[0]}?" if close else f"; it has {', '.join(known[:8])}" if known else ", and none at all"
                raise UsageError(f"the program has no constant {full}{hint}", status="PT_ERR_CONSTANT")

    @functools.cached_property
    def _signature(self) -> Signature:
        return self._form.signature(read_constants(self.constants))

    @property
    def parties(self) -> int:
        """How many parties give input."""
        return self._facts.parties or self._signature.parties

    @property
    def input_names(self) -> Tuple[str, ...]:
        """The names of the parties' parameters."""
        return self._signature.names

    @property
    def input_types(self) -> Tuple[Type, ...]:
        """The types of the parties' inputs."""
        return self._signature.inputs

    @property
    def output_type(self) -> Type:
        """The type of the result."""
        return self._signature.output

    @property
    def ands(self) -> int:
        """How many AND gates it has, which is what a run costs. Compiles it."""
        return self.size.ands

    @functools.cached_property
    def size(self) -> Size:
        """Its gates. Compiles it."""
        stats = ffi.new("pt_circuit_stats *")
        lib.pt_circuit_get_stats(stats, self.compile()._compiled.circuit)
        return Size(int(stats.and_gates), int(stats.xor_gates), int(stats.not_gates), int(stats.and_depth))

    @property
    def hash(self) -> str:
        """SHA-256 of the text, in hexadecimal, for parties to compare."""
        if self.source is None:
            raise UsageError("a compiled program has no text")
        return hashlib.sha256(self.source.encode()).hexdigest()

    def compile(self, *, progress: work.WantsProgress = True) -> "Program":
        """Compiles it now, if it is not; all constants must be there. `progress` as of `party`."""
        task = work.Task(progress)
        work.run(task, lambda: self._compile(task))
        return self

    def _compile(self, task: work.Task) -> Compiled:
        if "_compiled" not in self.__dict__:
            self._compiled = self._form.compile(read_constants(self.constants), task)
        return self._compiled

    def plan(
        self,
        link: Union[str, plans.Link, None] = None,
        *,
        output_parties: Optional[Sequence[int]] = None,
        private_results: bool = False,
        dealer: bool = False,
        evaluator: int = 0,
        rho: int = 40,
        cot_bits: int = 0,
        threads: int = 0,
        progress: work.WantsProgress = True,
    ) -> plans.Plan:
        """What a run will cost: bytes, messages, delays, memory; and with a link, such as "100mbit,50ms" or a Link, seconds, as
        if every party had a machine like this one. Compiles it. The other arguments are as of `party`."""
        given = locals()
        task = work.Task(progress)
        settings = Settings(**{name: given[name] for name in Settings._fields})
        between = None if link is None else plans.read_link(link)
        return work.run(task, lambda: plans.make(task, self._compile(task), settings, between))

    @overload
    def evaluate(self, inputs: Sequence[Any], *, private_results: Literal[False] = ..., progress: work.WantsProgress = ...) -> Result: ...

    @overload
    def evaluate(self, inputs: Sequence[Any], *, private_results: Literal[True], progress: work.WantsProgress = ...) -> List[Result]: ...

    def evaluate(self, inputs: Sequence[Any], *, private_results: bool = False, progress: work.WantsProgress = True) -> Any:
        """Computes in the clear, without cryptography: to try a program. One input for each party.

        The Result; with private_results a list of them, of what each party would learn. InputError names the place of a
        value that is wrong; PanicError.
        """
        task = work.Task(progress)
        return work.run(task, lambda: self._evaluate(task, inputs, private_results))

    def _evaluate(self, task: work.Task, inputs: Sequence[Any], private_results: bool) -> Any:
        packed = self._encode(inputs)
        compiled = self._compile(task)
        outputs = bytearray(compiled.n_output_bytes)
        try:
            self._check(compiled, packed)
            whole = _joined(packed, [of.bits for of in self.input_types])
            call(lib.pt_circuit_eval_packed, ffi.from_buffer(outputs), len(outputs), compiled.circuit, ffi.from_buffer(whole), len(whole))
            keys.wipe(whole)
        finally:
            for bits in packed:
                keys.wipe(bits)
        if not private_results:
            return compiled.decode(ffi.from_buffer(outputs))
        compiled.receivers([])
        return [compiled.decode(ffi.from_buffer(outputs), part) for part in range(self.parties)]

    def _encode(self, inputs: Sequence[Any]) -> List[bytearray]:
        signature = self._signature
        if isinstance(inputs, (str, bytes)) or not hasattr(inputs, "__len__") or len(inputs) != signature.parties:
            found = len(inputs) if hasattr(inputs, "__len__") and not isinstance(inputs, (str, bytes)) else repr(inputs)
            raise UsageError(f"inputs is a list with the input of each of the {signature.parties} parties, and here are {found}")
        return [signature.encode(party, value) for party, value in enumerate(inputs)]

    def _check(self, compiled: Compiled, packed: Sequence[bytearray]) -> None:
        for party, bits in enumerate(packed):
            compiled.check_input(party, bits, self._signature.label(party))

    @overload
    def simulate(
        self,
        inputs: Sequence[Any],
        *,
        private_results: Literal[False] = ...,
        evaluator: int = ...,
        rho: int = ...,
        cot_bits: int = ...,
        threads: int = ...,
        progress: work.WantsProgress = ...,
    ) -> Result: ...

    @overload
    def simulate(
        self,
        inputs: Sequence[Any],
        *,
        private_results: Literal[True],
        evaluator: int = ...,
        rho: int = ...,
        cot_bits: int = ...,
        threads: int = ...,
        progress: work.WantsProgress = ...,
    ) -> List[Result]: ...

    def simulate(
        self,
        inputs: Sequence[Any],
        *,
        private_results: bool = False,
        evaluator: int = 0,
        rho: int = 40,
        cot_bits: int = 0,
        threads: int = 0,
        progress: work.WantsProgress = True,
    ) -> Any:
        """The real protocol with all parties in this process. As `evaluate`, and with `stats` of the run, `stats.parties` of
        each party. Arguments as of `party`; without `threads` the parties share the processors."""
        task = work.Task(progress)
        each = threads or min(max(1, _processors() // max(1, self.parties)), lib.PT_MPC_MAX_THREADS)
        settings = Settings(evaluator=evaluator, rho=rho, cot_bits=cot_bits, threads=each)
        return work.run(task, lambda: self._simulate(task, inputs, private_results, settings))

    def _simulate(self, task: work.Task, inputs: Sequence[Any], private_results: bool, settings: Settings) -> Any:
        if self.parties < 2:
            raise UsageError("a secure computation needs 2 parties or more, and the program is for one")
        packed = self._encode(inputs)
        compiled = self._compile(task)
        try:
            self._check(compiled, packed)
            runs = _run_here(task, compiled, packed, private_results, settings)
        finally:
            for bits in packed:
                keys.wipe(bits)
        stats = Stats(**{**runs[0].stats.__dict__, "parties": tuple(run.stats for run in runs)})
        results = [compiled.decode(ffi.from_buffer(run.outputs), party if private_results else None) for party, run in enumerate(runs)]
        for result in results:
            result.stats = stats
        return results if private_results else results[0]

    def party(
        self,
        where: Way,
        *,
        party: int,
        input: Any,
        secret: Optional[keys.Secret] = None,
        key: Optional[str] = None,
        roster: Optional[keys.Roster] = None,
        parties: Optional[int] = None,
        output_parties: Optional[Sequence[int]] = None,
        private_results: bool = False,
        dealer: bool = False,
        evaluator: int = 0,
        rho: int = 40,
        cot_bits: int = 0,
        threads: int = 0,
        max_ands: int = 50_000_000,
        max_bytes: int = 4 << 30,
        progress: work.WantsProgress = True,
        notice: Optional[work.Listener] = None,
    ) -> Result:
        """Takes part in a computation with others, and waits for the result.

        where: a Relay, Direct, P2P, or Channel of your own. party: this party's number, from 0. input: its value.
        secret: what only the parties know, the same for all. Or key and roster: this party's private key ("sk:..") and
            everybody's public ones ("pk:..", None where not known) in party order. With neither, whoever controls the way
            between the parties may be in between, unless all of them have the same five words, result.fingerprint, which
            the notice "words" has before the input is used.
        parties: how many there are, where that depends on constants of others.
        output_parties: who learns the result; all. private_results: it is a tuple or array with an element for each party,
            who learns that and no other. dealer: a trusted dealer prepares the run, see Dealer.
        evaluator, rho: the party that evaluates, statistical security in bits. All parties must agree on all of these.
        cot_bits: 1, 2, 4 or 8 for less traffic and more work; the largest that any party gives counts, and 4 if none does.
        threads: how many compute, 1 to 64; as many as there are processors. With a dealer one does. The
            result is the same.
        max_ands, max_bytes: how large a program is accepted, where others' constants choose that.
        progress: a bar if tqdm is installed and there is a terminal or notebook; a function that is called with Progress
            (from another thread); False for none.
        notice: a function that is called with each Notice (from any thread); without, they go to the log "polytune",
            where the five words to compare are a warning.

        Ctrl-C ends it in order. Errors: InputError before anything is sent; TransportError, PeerError, PanicError, ..
        """
        part = self._part(locals())
        return work.run(part.task, part.run)

    async def party_async(self, where: Way, *, party: int, input: Any, **options: Any) -> Result:
        """`party` for asyncio: `await program.party_async(..)`. When it is cancelled the others are told."""
        part = self._part({**_DEFAULTS, **_known(options), "where": where, "party": party, "input": input})
        return await work.run_async(part.task, part.run)

    def _part(self, given: Dict[str, Any]) -> Part:
        """What `party` does, of its arguments."""
        where, party = given["where"], given["party"]
        if not isinstance(where, Way):
            raise UsageError(f"where to meet is a Relay, Direct, P2P or Channel, not {where!r}")
        if isinstance(party, bool) or not isinstance(party, int) or not 0 <= party < lib.PT_MPC_MAX_PARTIES:
            raise UsageError(f"the party is a number from 0 to {lib.PT_MPC_MAX_PARTIES - 1}, not {party!r}")
        identity = keys.Identity(given["secret"], given["key"], given["roster"])
        identity.check()
        settings = Settings(**{name: given[name] for name in Settings._fields})
        task = work.Task(given["progress"], given["notice"], where.deadline)
        for name, most in (("max_ands", 1 << 62), ("max_bytes", 1 << 62), ("parties", lib.PT_MPC_MAX_PARTIES)):
            value = given[name]
            if not (name == "parties" and value is None) and (isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most):
                raise UsageError(f"{name} is a number from 1 to {most}, not {value!r}")
        limits = Limits(given["max_ands"], given["max_bytes"])
        return Part(self, task, where, party, given["input"], identity, settings, given["parties"], limits)

    def __repr__(self) -> str:
        return f"<Program {self._form.function_name} for {self._facts.parties or '?'} parties>"


_DEFAULTS: Dict[str, Any] = dict(Program.party.__kwdefaults__ or {})


def _known(options: Dict[str, Any]) -> Dict[str, Any]:
    """Options of `party`: one passed over in silence could be one that keeps something secret."""
    for name in options:
        if name not in _DEFAULTS:
            raise TypeError(f"party_async has no argument {name!r}; it has {', '.join(_DEFAULTS)}")
    return options


def _joined(packed: Sequence[bytearray], n_bits: Sequence[int]) -> bytearray:
    """Packed inputs one after the other, without gaps."""
    whole, at = 0, 0
    for bits, n in zip(packed, n_bits):
        whole |= int.from_bytes(bits, "little") << at
        at += n
    return bytearray(whole.to_bytes((at + 7) // 8, "little"))


class _LocalRun:
    """One party of `simulate`."""

    def __init__(self, compiled: Compiled, channel: Any, packed: bytearray) -> None:
        self.compiled, self.channel, self.packed = compiled, channel, packed
        self.outputs = bytearray(compiled.n_output_bytes)
        self.error, self.status = new_error(), lib.PT_OK
        self._stats = ffi.new("pt_mpc_stats *")

    def prepare(self, task: work.Task, party: int, settings: Settings, private_results: bool) -> None:
        self.kept: List[Any] = []
        self.options = settings.options(self.kept, task, party, self.compiled, private_results, self._stats)
        if party != 0:
            self.options.progress = ffi.NULL

    def run(self) -> None:
        self.status = lib.pt_mpc_run_packed(
            ffi.from_buffer(self.outputs),
            len(self.outputs),
            self.channel,
            self.compiled.circuit,
            ffi.from_buffer(self.packed),
            len(self.packed),
            self.options,
            self.error,
        )
        lib.pt_channel_close(self.channel)

    @property
    def stats(self) -> Stats:
        return stats_of(self._stats)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _run_here(task: work.Task, compiled: Compiled, packed: Sequence[bytearray], private_results: bool, settings: Settings) -> List[_LocalRun]:
    channels = ffi.new("pt_channel[]", len(packed))
    runs = [_LocalRun(compiled, channels + i, bits) for i, bits in enumerate(packed)]
    for party, run in enumerate(runs):
        run.prepare(task, party, settings, private_results)
    call(lib.pt_channel_memory_mesh, channels, len(packed), 0)
    threads = [threading.Thread(target=run.run, name="polytune party") for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = [run for run in runs if run.status != lib.PT_OK]
    if failed:
        causes = [error_of(run.status, run.error) for run in failed]
        raise next((error for error in causes if error.status not in _ECHOES), causes[0])
    return runs

