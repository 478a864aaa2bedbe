"""What calls fail with."""
from __future__ import annotations

import dataclasses
from typing import Any, Optional, Sequence

from ._library import ffi, lib, take_text, text_of


@dataclasses.dataclass(frozen=True)
class Span:
    """A place in a program's text. Lines and columns count from 1; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclasses.dataclass(frozen=True)
class Diagnostic:
    """One error of a program; `phase` is scan, parse, type or compile, `span` None where it has no place."""

    phase: str
    message: str
    span: Optional[Span]


class PolytuneError(Exception):
    """What all calls of this package fail with, in one of the classes below.

    status: as in C, such as "PT_ERR_TIMEOUT".
    party: whom it is about, the party to blame or waited for; None where that is nobody.
    phase: of the protocol, or None.
    diagnostics: the errors of a program, each with its place.
    span: the place in the program, of the first of them or of a panic; None elsewhere.
    """

    def __init__(
        self,
        message: str,
        *,
        status: str = "PT_ERR_INTERNAL",
        party: Optional[int] = None,
        phase: Optional[str] = None,
        diagnostics: Sequence[Diagnostic] = (),
        span: Optional[Span] = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.party = party
        self.phase = phase
        self.diagnostics = tuple(diagnostics)
        self.span = span if span is not None else next((d.span for d in self.diagnostics if d.span), None)


class InternalError(PolytuneError):
    """The machine gave no memory, randomness or thread; or something is wrong in the library."""


class UsageError(PolytuneError, ValueError):
    """An argument that cannot be, or arguments that do not go together."""

    def __init__(self, message: str, **more: Any) -> None:
        super().__init__(message, **{"status": "PT_ERR_USAGE", **more})


class ProgramError(PolytuneError):
    """The program does not compile. The text shows every error with its line and carets under the place."""


class InputError(PolytuneError, ValueError):
    """An input or constant that is no value of its type, or a file that cannot be read; names the place in the value."""

    def __init__(self, message: str, **more: Any) -> None:
        super().__init__(message, **{"status": "PT_ERR_INPUT", **more})


class PanicError(PolytuneError):
    """The program panicked: `reason` says why ("Overflow"), `span` where. All parties learn that."""

    reason: str = ""


class TransportError(PolytuneError):
    """The others could not be reached, did not come or stopped. A new run may succeed."""


class TimedOut(TransportError, TimeoutError):
    """Nothing arrived for too long, the others did not come, or the deadline has passed."""


class Cancelled(TransportError):
    """This party was told to give up."""


class PeerError(PolytuneError):
    """A party deviated from the protocol, or the parties disagree on what to run. Do not try again unattended."""


_BY_CLASS = {1: InternalError, 2: UsageError, 3: ProgramError, 4: InputError, 5: PanicError, 6: TransportError, 7: PeerError}
_BY_STATUS = {"PT_ERR_TIMEOUT": TimedOut, "PT_ERR_CANCELLED": Cancelled}


def class_of(status: int) -> Any:
    """The exception of a status in C."""
    name = text_of(lib.pt_status_name(status))
    return _BY_STATUS.get(name) or _BY_CLASS.get(int(lib.pt_status_class_of(status)), InternalError)


def status_of(error: BaseException) -> int:
    """The status in C of an exception, PT_ERR_INTERNAL for those of others."""
    name = getattr(error, "status", "PT_ERR_INTERNAL")
    return int(getattr(lib, name, lib.PT_ERR_INTERNAL))


def error_of(status: int, error: Any, diagnostics: Any = ffi.NULL) -> PolytuneError:
    """The exception of a call that failed."""
    message = text_of(error.message) if error.status != lib.PT_OK and error.message[0] != b"\0" else ""
    found = list(_diagnostics(diagnostics))
    if found:
        message = _listing(diagnostics)
    return class_of(status)(
        message or text_of(lib.pt_status_text(status)),
        status=text_of(lib.pt_status_name(status)),
        party=None if error.party < 0 else int(error.party),
        phase=None if error.phase == ffi.NULL else text_of(error.phase),
        diagnostics=found,
    )


def call(function: Any, *arguments: Any) -> None:
    """Calls a function of the library that ends with the error."""
    error = new_error()
    status = function(*arguments, error)
    if status != lib.PT_OK:
        raise error_of(status, error)


def new_error() -> Any:
    """A place for an error, without one."""
    error = ffi.new("pt_error *")
    lib.pt_error_clear(error)
    return error


def span_of(place: Any) -> Optional[Span]:
    """The place of a pt_diagnostic or pt_panic."""
    return Span(place.line, place.column, place.end_line, place.end_column) if place.line else None


def _diagnostics(diagnostics: Any) -> Any:
    for i in range(lib.pt_diagnostics_count(diagnostics)):
        d = lib.pt_diagnostics_get(diagnostics, i)
        yield Diagnostic(text_of(d.phase), text_of(d.message), span_of(d))


def _listing(diagnostics: Any) -> str:
    text = ffi.new("char **")
    call(lib.pt_diagnostics_print, text, diagnostics, False, 0)
    return take_text(text[0]).rstrip("\n")


def excerpt(source: str, span: Optional[Span]) -> str:
    """The line of a place, with carets under it."""
    lines = source.split("\n")
    if span is None or span.line > len(lines):
        return ""
    line = lines[span.line - 1].rstrip("\r")
    end = span.end_column if span.end_line == span.line else len(line) + 1
    before = "".join(c if c == "\t" else " " for c in line[: span.column - 1])
    return f"{span.line:5} | {line}\n      | {before}{'^' * max(1, end - span.column)}"
