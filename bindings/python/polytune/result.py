"""What a computation gives."""
from __future__ import annotations

import dataclasses
import functools
from typing import Any, NamedTuple, Optional, Tuple

from . import values
from ._library import ffi, lib, take_text, text_of
from .errors import call
from .types import Type, read_type


class Phase(NamedTuple):
    """A phase of the protocol."""

    name: str
    seconds: float
    bytes_sent: int


@dataclasses.dataclass(frozen=True)
class Stats:
    """What a run cost this party. `parties` are those of all, after `simulate`."""

    ands: int
    seconds: float
    bytes_sent: int
    bytes_received: int
    messages_sent: int
    phases: Tuple[Phase, ...]
    parties: Tuple["Stats", ...] = ()


def stats_of(stats: Any) -> Stats:
    phases = tuple(Phase(text_of(p.name), p.seconds, p.bytes_sent) for p in stats.phases[0 : stats.n_phases])
    return Stats(stats.and_gates, stats.seconds, stats.bytes_sent, stats.bytes_received, stats.messages_sent, phases)


class Result:
    """A result. It is decoded when it is looked at, so a large one can go into numpy or pandas without a detour.

    type: its type, None for a party that does not receive it.
    stats: what the run cost, None for `evaluate`.
    fingerprint: the five words of an encrypted run, alike at all parties unless somebody is in between; else None.
    """

    def __init__(self, owner: Any, pointer: Any, packed: bytes, stats: Optional[Stats] = None, fingerprint: Optional[str] = None) -> None:
        self._owner = owner  # keeps the type that `pointer` is
        self._pointer = pointer
        self._packed = packed
        self.type: Optional[Type] = None if pointer is None else read_type(pointer)
        self.stats = stats
        self.fingerprint = fingerprint

    @functools.cached_property
    def value(self) -> Any:
        """The value: int, bool, list for an array, bytes for [u8; N], tuple, dict for a struct, Variant for an enum. None for
        a party that does not receive the result."""
        return None if self.type is None else values.decode(self.type, self._packed)

    @property
    def text(self) -> Optional[str]:
        """As Garble text, like the command prints it."""
        return self._print(lib.pt_literal_print)

    @property
    def json(self) -> Optional[str]:
        """As Garble JSON."""
        return self._print(lib.pt_literal_to_json)

    def numpy(self) -> Any:
        """An array as one of numpy: of records for structs and tuples (f0, f1, ..), of names for enums without fields, of
        Variant objects for others; [u8; N] within it is N numbers."""
        from . import tables

        return tables.to_numpy(self._needed_type(), self._packed)

    def frame(self) -> Any:
        """As a DataFrame: an array's elements are its rows, anything else is one row. Fields of structs are columns, [u8; N]
        is text, enums are names; rows that are an empty variant are left out, and an empty variant in a column is None."""
        from . import tables

        return tables.to_frame(self._needed_type(), self._packed)

    def _needed_type(self) -> Type:
        if self.type is None:
            raise ValueError("this party does not receive the result")
        return self.type

    def _print(self, function: Any) -> Optional[str]:
        if self.type is None:
            return None
        literal, text = ffi.new("pt_literal **"), ffi.new("char **")
        call(lib.pt_literal_from_packed, literal, self._pointer, ffi.from_buffer(self._packed), len(self._packed))
        try:
            call(function, text, literal[0])
        finally:
            lib.pt_literal_free(literal[0])
        return take_text(text[0])

    def __repr__(self) -> str:
        if self.type is None:
            return "<Result of others>"
        return f"<Result {self.text}>" if self.type.bits <= 512 else f"<Result of type {self.type}>"
