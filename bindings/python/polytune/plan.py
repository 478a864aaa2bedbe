"""What a run will cost, before anything runs."""
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, List, NamedTuple, Optional, Tuple, Union

from . import work
from ._library import ffi, lib
from .errors import UsageError, call

if TYPE_CHECKING:
    from .compiled import Compiled
    from .party import Settings


class Link(NamedTuple):
    """The network between the parties, the same at each: bits a second up, and as many down; seconds of a round trip."""

    bits_per_second: float
    round_trip_seconds: float


class SeatPlan(NamedTuple):
    """What a run costs a party, or the dealer. `delays` are messages that it waits for one after the other."""

    bytes_sent: int
    bytes_received: int
    messages_sent: int
    messages_received: int
    delays: int
    memory_bytes: int
    seconds: Optional[float]


class Plan(NamedTuple):
    """What a run will cost; `seconds` is of the party that takes longest, None without a link. `parties` are what it costs
    each, with a dealer one more."""

    ands: int
    delays: int
    seconds: Optional[float]
    parties: Tuple[SeatPlan, ...]


_UNITS = {"k": 1e3, "m": 1e6, "g": 1e9}


def read_link(link: Union[str, Link]) -> Link:
    """A Link, or a text such as "100mbit,50ms"."""
    if isinstance(link, str):
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([kmg])bit,(\d+(?:\.\d+)?)ms", link)
        if not found:
            raise UsageError(f"a link is a rate and a round trip, such as '100mbit,50ms', not {link!r}")
        return Link(float(found[1]) * _UNITS[found[2]], float(found[3]) / 1000)
    if not isinstance(link, Link):
        raise UsageError(f"a link is a Link, or a text such as '100mbit,50ms', not {link!r}")
    return link


def make(task: work.Task, compiled: "Compiled", settings: "Settings", link: Optional[Link]) -> Plan:
    """Plans a run of the program with these settings."""
    kept: List[Any] = []
    options = settings.options(kept, task, 0, compiled, settings.private_results, ffi.NULL)
    n_seats = compiled.parties + (1 if settings.dealer else 0)
    plan, seats = ffi.new("pt_plan *"), ffi.new("pt_plan_seat[]", n_seats)
    place = ffi.NULL if link is None else ffi.new("pt_plan_link *", tuple(link))
    call(lib.pt_plan_make, plan, seats, n_seats, compiled.circuit, options, place)
    return Plan(int(plan.and_gates), int(plan.delays), None if link is None else plan.seconds, tuple(_seat(seat, link) for seat in seats))


def _seat(seat: Any, link: Optional[Link]) -> SeatPlan:
    counts = {name: int(getattr(seat, name)) for name in SeatPlan._fields if name != "seconds"}
    return SeatPlan(seconds=None if link is None else seat.seconds, **counts)
