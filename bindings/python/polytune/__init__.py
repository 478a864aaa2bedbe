"""Several parties who do not trust each other run one program on their private inputs, and learn only its result.

    >>> from polytune import Program
    >>> program = Program("pub fn main(a: u32, b: u32) -> bool { a > b }")
    >>> program.evaluate([7, 5]).value
    True
    >>> program.simulate([7, 5]).value
    True

Programs are in Garble. `evaluate` computes in the clear, `simulate` by the protocol with all parties here, and
`program.party(Relay(url, session), party=0, input=7)` takes part in a computation with others: Python, the command
`polytune party`, or a browser.
"""
from ._library import VERSION
from .channels import P2P, Channel, Direct, Relay
from .errors import (
    Cancelled,
    Diagnostic,
    InputError,
    InternalError,
    PanicError,
    PeerError,
    PolytuneError,
    ProgramError,
    Span,
    TimedOut,
    TransportError,
    UsageError,
)
from .keys import Keys, keygen, public_key_of, read_key, read_roster
from .party import Dealer
from .plan import Link, Plan, SeatPlan
from .program import Program, Size
from .result import Phase, Result, Stats
from .types import ArrayType, BoolType, EnumType, IntType, StructType, TupleType, Type
from .values import Garble, Json, Variant
from .work import Notice, Progress

__version__ = VERSION

__all__ = [
    "ArrayType", "BoolType", "Cancelled", "Channel", "Dealer", "Diagnostic", "Direct", "EnumType", "Garble", "InputError",
    "IntType", "InternalError", "Json", "Keys", "Link", "Notice", "P2P", "PanicError", "PeerError", "Phase", "Plan", "PolytuneError",
    "Program", "ProgramError", "Progress", "Relay", "Result", "SeatPlan", "Size", "Span", "Stats", "StructType", "TimedOut",
    "TransportError", "TupleType", "Type", "UsageError", "Variant", "__version__", "keygen", "public_key_of", "read_key", "read_roster",
]
