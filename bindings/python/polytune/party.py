"""One party of a computation with others, and the trusted dealer."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, NamedTuple, Optional, Sequence

from . import keys, work
from ._library import ffi, lib, text_of
from .channels import Seat, Way, opened
from .compiled import Compiled, ConstantList, Limits, Signature, read_constants
from .errors import InputError, UsageError, call, status_of
from .result import Result, Stats, stats_of

if TYPE_CHECKING:
    from .program import Program


class Settings(NamedTuple):
    """What the parties agree on, besides program and constants, and how this one computes."""

    output_parties: Optional[Sequence[int]] = None
    private_results: bool = False
    dealer: bool = False
    evaluator: int = 0
    rho: int = 40
    cot_bits: int = 0
    threads: int = 0

    def check(self, parties: int) -> None:
        """That they can be, among so many."""
        if self.output_parties is not None and not len(self.output_parties):
            raise UsageError("output_parties is empty: nobody would learn the result")
        if len(set(self.output_parties or ())) != len(self.output_parties or ()):
            raise UsageError(f"output_parties names a party twice: {self.output_parties!r}")
        if self.output_parties is not None and self.private_results:
            raise UsageError("private_results gives every party a part, and output_parties all of it to some: use one of them")
        for name in ("private_results", "dealer"):
            if not isinstance(getattr(self, name), bool):
                raise UsageError(f"{name} is True or False, not {getattr(self, name)!r}")
        for party in (self.evaluator, *(self.output_parties or ())):
            if isinstance(party, bool) or not isinstance(party, int) or not 0 <= party < parties:
                raise UsageError(f"party {party!r}: the parties are 0 to {parties - 1}")
        for name, allowed, words in (
            ("rho", range(40, 81), "40 to 80"),
            ("cot_bits", (0, 1, 2, 4, 8), "1, 2, 4 or 8"),
            ("threads", range(lib.PT_MPC_MAX_THREADS + 1), f"1 to {lib.PT_MPC_MAX_THREADS}, or 0"),
        ):
            if getattr(self, name) not in allowed:
                raise UsageError(f"{name} is {words}, not {getattr(self, name)!r}")

    def receives(self, party: int) -> bool:
        return self.output_parties is None or party in self.output_parties

    def options(self, kept: List[Any], task: work.Task, party: int, compiled: Compiled, private_results: bool, stats: Any) -> Any:
        """pt_mpc_options; `kept` holds what they point to."""
        self.check(compiled.parties)
        options = ffi.new(
            "pt_mpc_options *",
            {
                "party": party,
                "parties": compiled.parties,
                "evaluator": self.evaluator,
                "statistical_security": self.rho,
                "cot_field_bits": self.cot_bits,
                "threads": self.threads,
                "dealer": self.dealer,
                "progress": work.progress,
                "progress_user": task.handle,
                "cancelled": work.cancelled,
                "cancelled_user": task.handle,
                "stats": stats,
            },
        )
        if private_results:
            options.receivers, options.n_receivers = compiled.receivers(kept), compiled.parties + 1
        if self.output_parties is not None:
            kept.append(ffi.new("size_t[]", list(self.output_parties) or 1))
            options.output_parties, options.n_output_parties = kept[-1], len(self.output_parties)
        return options


class Part:
    """What a party does from its arguments to the result: `polytune party` does the same, in the same order."""

    def __init__(
        self,
        program: "Program",
        task: work.Task,
        where: Way,
        party: int,
        value: Any,
        identity: keys.Identity,
        settings: Settings,
        parties: Optional[int],
        limits: Limits,
    ) -> None:
        self.program, self.task, self.where, self.party, self.value = program, task, where, party, value
        self.identity, self.settings, self.stated_parties, self.limits = identity, settings, parties, limits
        self.packed = bytearray()

    def run(self) -> Result:
        try:
            return self._meet()
        finally:
            keys.wipe(self.packed)

    def _meet(self) -> Result:
        given = read_constants(self.program.constants, self.party)
        self.program._check_constants(self.party)
        facts = self.program._form.inspect(given)
        parties = facts.parties or self.stated_parties
        if not parties:
            raise UsageError("how many parties there are depends on a constant that is not given: say parties=")
        if self.stated_parties not in (None, parties):
            raise UsageError(f"the program is for {parties} parties, not {self.stated_parties}")
        self._check_parties(parties)
        if facts.externals:
            return self._with_constants(parties, given)
        compiled = self._prepare(self.program._signature, None)
        with self._channel(parties, compiled) as (channel, words):
            return self._compute(channel, compiled, b"", words)

    def _check_parties(self, parties: int) -> None:
        if not 2 <= parties <= lib.PT_MPC_MAX_PARTIES:
            raise UsageError(f"the program is for {parties} parties; a secure computation needs 2 to {lib.PT_MPC_MAX_PARTIES}")
        if self.party >= parties:
            raise UsageError(f"party {self.party}: the program's parties are 0 to {parties - 1}")
        self.settings.check(parties)

    def _channel(self, parties: int, compiled: Optional[Compiled]) -> Any:
        seats = parties + (1 if self.settings.dealer else 0)  # the dealer's is the last
        terms = _terms(self.where, parties, self.settings.dealer, False, compiled)
        return opened(self.where, Seat(self.party, seats, terms, self.task), self.identity)

    def _prepare(self, signature: Signature, constants: Optional[ConstantList]) -> Compiled:
        """Reads the input, and then compiles, for that may take long."""
        self.packed = signature.encode(self.party, self.value)
        if constants is None:
            compiled = self.program._compile(self.task)
        else:
            compiled = self.program._form.compile(constants, self.task, self.limits)
        compiled.check_input(self.party, self.packed, signature.label(self.party))
        if self.settings.private_results:
            compiled.receivers([])
        return compiled

    def _with_constants(self, parties: int, given: ConstantList) -> Result:
        """The parties tell each other their constants, and then compile."""
        with self._channel(parties, None) as (channel, words):
            try:
                compiled, digest = self._agree(channel, parties, given)
            except BaseException as error:
                if self.settings.dealer:
                    lib.pt_dealer_dismiss(channel, self.party, parties, status_of(error))
                raise
            return self._compute(channel, compiled, b"\0" + digest, words)

    def _agree(self, channel: Any, parties: int, given: ConstantList) -> Any:
        place, count = ffi.new("pt_constants **"), ffi.new("size_t *")
        texts = [[ffi.new("char[]", part.encode()) for part in constant] for constant in given]
        own = ffi.new("pt_constant[]", [tuple(constant) for constant in texts])
        call(lib.pt_constants_exchange, place, channel, self.party, parties, own, len(given))
        try:
            listed = lib.pt_constants_list(count, place[0])
            everybody = [(text_of(c.party), text_of(c.name), text_of(c.literal)) for c in listed[0 : count[0]]]
            compiled = self._compile_agreed(place[0], channel, parties, everybody)
            digest = ffi.new("uint8_t[]", lib.PT_CONSTANTS_DIGEST_BYTES)
            lib.pt_constants_digest(digest, place[0])
            return compiled, ffi.buffer(digest)[:]
        finally:
            lib.pt_constants_free(place[0])

    def _compile_agreed(self, all_constants: Any, channel: Any, parties: int, everybody: ConstantList) -> Compiled:
        """Compiles and makes sure that all saw the same, or tells that this party cannot go on."""
        try:
            for party, name, literal in everybody:
                self.task.tell("constant", f"{party}::{name} = {literal:.100}")
            signature = self.program._form.signature(everybody, self.limits)
            if signature.parties != parties:
                raise InputError(f"with the constants of all parties, the program is for {signature.parties} parties, not {parties}", status="PT_ERR_CONSTANT")
            compiled = self._prepare(signature, everybody)
        except BaseException as error:
            lib.pt_constants_confirm(all_constants, channel, status_of(error), ffi.NULL)
            raise
        call(lib.pt_constants_confirm, all_constants, channel, lib.PT_OK)
        return compiled

    def _compute(self, channel: Any, compiled: Compiled, agreed: bytes, words: Optional[str]) -> Result:
        kept: List[Any] = []
        stats = ffi.new("pt_mpc_stats *")
        session = self.where.session.encode() + agreed
        options = self.settings.options(kept, self.task, self.party, compiled, self.settings.private_results, stats)
        kept.append(ffi.new("uint8_t[]", session))
        options.session, options.session_len = kept[-1], len(session)
        receives = self.settings.receives(self.party)
        outputs = bytearray(compiled.n_output_bytes if receives else 0)
        place = ffi.from_buffer(outputs) if receives else ffi.NULL
        call(lib.pt_mpc_run_packed, place, len(outputs), channel, compiled.circuit, ffi.from_buffer(self.packed), len(self.packed), options)
        if receives:
            result = compiled.decode(place, self.party if self.settings.private_results else None)
        else:
            result = Result(compiled, None, b"")
        result.stats, result.fingerprint = stats_of(stats), words
        return result


def _terms(where: Way, parties: int, dealer: bool, is_dealer: bool, compiled: Optional[Compiled]) -> bytes:
    """What this party runs, for others to compare before they wait for each other in vain."""
    session = ffi.new("char[]", where.session.encode())
    text = ffi.new("char[]", lib.PT_TERMS_SIZE)
    terms = ffi.new("pt_terms *", {"parties": parties, "dealer": dealer, "is_dealer": is_dealer, "session": session})
    terms.circuit = ffi.NULL if compiled is None else compiled.circuit
    call(lib.pt_terms_print, text, terms)
    return bytes(ffi.string(text))


class Dealer:
    """The trusted dealer of one run, for parties that set `dealer`: what `polytune pre` is.

    where, secret, key, roster, progress, notice: as of Program.party; the dealer counts as one party more, with the last
    number. parties: how many there are without it.

    The parties stay protected from each other, but all of them trust the dealer to be honest and to collude with nobody:
    together with any party, or with a record of what they send each other, it can compute every input.
    """

    def __init__(
        self,
        where: Way,
        *,
        parties: int,
        secret: Optional[keys.Secret] = None,
        key: Optional[str] = None,
        roster: Optional[keys.Roster] = None,
        progress: work.WantsProgress = True,
        notice: Optional[work.Listener] = None,
    ) -> None:
        if isinstance(parties, bool) or not isinstance(parties, int) or not 2 <= parties < lib.PT_MPC_MAX_PARTIES:
            raise UsageError(f"parties is a number from 2 to {lib.PT_MPC_MAX_PARTIES - 1}, not {parties!r}")
        if not isinstance(where, Way):
            raise UsageError(f"where to meet is a Relay, Direct, P2P or Channel, not {where!r}")
        self._where, self._parties = where, parties
        self._identity = keys.Identity(secret, key, roster)
        self._identity.check()
        self._shown = (progress, notice)

    def run(self) -> Stats:
        """Deals to the parties of one run, and waits until all is delivered."""
        task = work.Task(*self._shown, self._where.deadline)
        return work.run(task, lambda: self._deal(task))

    async def run_async(self) -> Stats:
        """`run` for asyncio."""
        task = work.Task(*self._shown, self._where.deadline)
        return await work.run_async(task, lambda: self._deal(task))

    def _deal(self, task: work.Task) -> Stats:
        terms = _terms(self._where, self._parties, True, True, None)
        seat = Seat(self._parties, self._parties + 1, terms, task)
        stats = ffi.new("pt_mpc_stats *")
        options = ffi.new("pt_mpc_options *", {"party": self._parties, "parties": self._parties, "stats": stats})
        options.progress, options.progress_user = work.progress, task.handle
        options.cancelled, options.cancelled_user = work.cancelled, task.handle
        with opened(self._where, seat, self._identity) as (channel, _):
            call(lib.pt_dealer_run, channel, options)
        return stats_of(stats)
