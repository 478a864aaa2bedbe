"""Programs as the library has them: compiled, or only as far as their types."""
from __future__ import annotations

import re
import weakref
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from . import keys, values, work
from ._library import ffi, lib, text_of
from .channels import c_text
from .errors import InputError, PanicError, PolytuneError, ProgramError, UsageError, call, error_of, excerpt, new_error, span_of
from .result import Result
from .types import Type, read_type

Constant = Union[int, bool, str]


class Limits(NamedTuple):
    """How large a program may be of which others choose the constants; 0 for no limit."""

    max_ands: int = 0
    max_bytes: int = 0


ConstantList = List[Tuple[str, str, str]]


class Text(NamedTuple):
    """A program's text, with what is compiled of it."""

    source: str
    file_name: str
    function: Optional[str]

    @property
    def function_name(self) -> str:
        return self.function or "main"

    def inspect(self, constants: ConstantList) -> "Facts":
        """Parses and checks types. ProgramError with all that is wrong."""
        facts = ffi.new("pt_program_facts *")
        _compile(lib.pt_program_inspect, [facts], _Options(self, constants))
        return Facts(int(facts.n_parties), int(facts.n_externals))

    def constant_names(self) -> List[str]:
        """The external constants that it uses, PARTY::NAME."""
        try:
            self.signature([])
        except PolytuneError as error:
            missing = (re.fullmatch(r"missing constant (\w+::\w+)", d.message) for d in error.diagnostics)
            return [found[1] for found in missing if found]
        return []

    def signature(self, constants: ConstantList, limits: Limits = Limits()) -> "Signature":
        place = ffi.new("pt_signature **")
        _compile(lib.pt_signature_new, [place], _Options(self, constants, limits))
        return Signature(place[0])

    def compile(self, constants: ConstantList, task: work.Task, limits: Limits = Limits()) -> "Compiled":
        place = ffi.new("pt_program **")
        try:
            _compile(lib.pt_program_compile, [place], _Options(self, constants, limits, task))
        except ProgramError as error:
            if limits.max_ands and error.status == "PT_ERR_LIMIT":
                error.args = (f"{error}; max_ands and max_bytes say how large programs may be",)
            raise
        return Compiled(place[0], self.source)


class Saved:
    """A program that was compiled before: constants are those of the file, and limits for others' say nothing."""

    source = None

    def __init__(self, file_name: str, content: bytes) -> None:
        place = ffi.new("pt_program **")
        try:
            call(lib.pt_program_load, place, ffi.from_buffer(content), len(content))
        except PolytuneError as error:
            error.args = (f"'{file_name}': {error}",)
            raise
        self._compiled = Compiled(place[0], None)
        self.function_name = text_of(lib.pt_program_function(place[0]))
        count = ffi.new("size_t *")
        listed = lib.pt_program_constants(count, place[0])
        self.constants: Dict[str, Constant] = {f"{text_of(c.party)}::{text_of(c.name)}": text_of(c.literal) for c in listed[0 : count[0]]}

    def inspect(self, _: ConstantList) -> "Facts":
        return Facts(self._compiled.parties, len(self.constants))

    def constant_names(self) -> List[str]:
        return list(self.constants)

    def signature(self, _: ConstantList, __: Limits = Limits()) -> "Signature":
        place = ffi.new("pt_signature **")
        call(lib.pt_signature_of_program, place, self._compiled.program)
        return Signature(place[0], self._compiled)

    def compile(self, _: ConstantList, __: work.Task, ___: Limits = Limits()) -> "Compiled":
        return self._compiled


def read_constants(given: Optional[Dict[str, Constant]], own: Optional[int] = None) -> ConstantList:
    """PARTY::NAME and values, as the library takes them; names without a party are the own one's."""
    found = []
    for name, value in (given or {}).items():
        parts = name.split("::") if isinstance(name, str) else []
        if len(parts) == 1 and own is not None:
            parts = [f"PARTY_{own}", *parts]
        if len(parts) != 2 or not all(parts):
            raise UsageError(f"constant {name!r}: its name is PARTY::NAME, such as PARTY_0::ROWS")
        found.append((parts[0], parts[1], _constant_text(name, value)))
    return found


def _constant_text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return str(value.__index__())
    except (AttributeError, TypeError):
        raise InputError(f"constant {name}: {values.show(value)} is no whole number, bool or Garble text", status="PT_ERR_CONSTANT") from None


class _Options:
    """pt_compile_options, with all that they point to."""

    def __init__(self, text: Text, constants: ConstantList, limits: Limits = Limits(), task: Optional[work.Task] = None) -> None:
        self.kept: List[Any] = []
        source = text.source.encode()
        place = ffi.new("char[]", source)
        constant_list = ffi.new("pt_constant[]", [tuple(c_text(part, self.kept) for part in constant) for constant in constants])
        self.kept += [place, constant_list]
        self.pointer = ffi.new(
            "pt_compile_options *",
            {
                "source": place,
                "source_len": len(source),
                "file_name": c_text(text.file_name, self.kept),
                "function": c_text(text.function, self.kept),
                "constants": constant_list,
                "n_constants": len(constants),
                "max_ands": limits.max_ands,
                "max_bytes": limits.max_bytes,
            },
        )
        if task is not None:
            self.pointer.progress, self.pointer.progress_user = work.progress, task.handle
            self.pointer.cancelled, self.pointer.cancelled_user = work.cancelled, task.handle


def _compile(function: Any, results: Sequence[Any], options: _Options) -> None:
    """Calls what has a program's errors as a result."""
    diagnostics, error = ffi.new("pt_diagnostics **"), new_error()
    status = function(*results, diagnostics, options.pointer, error)
    try:
        if status != lib.PT_OK:
            raise error_of(status, error, diagnostics[0])
    finally:
        lib.pt_diagnostics_free(diagnostics[0])


class Facts(NamedTuple):
    """What is known before all constants are: how many parties (0 if it depends on one) and external constants."""

    parties: int
    externals: int


class Signature:
    """The types of a program with all its constants, and its parties."""

    def __init__(self, signature: Any, owner: Any = None) -> None:
        self._signature, self._owner = signature, owner  # which must outlive it
        weakref.finalize(self, lib.pt_signature_free, signature)
        self.parties = int(lib.pt_signature_party_count(signature))
        self.names = tuple(text_of(lib.pt_signature_input_name(signature, i)) for i in range(self.parties))
        self.inputs: Tuple[Type, ...] = tuple(read_type(lib.pt_signature_input_type(signature, i)) for i in range(self.parties))
        self.output = read_type(lib.pt_signature_output_type(signature))

    def encode(self, party: int, value: Any) -> bytearray:
        """A party's input as packed bits. InputError names the place in it."""
        return encode_input(self.inputs[party], value, self.label(party), lib.pt_signature_input_type(self._signature, party))

    def label(self, party: int) -> str:
        """What messages call an input: the parameter's name, with the party where many share it."""
        shared = self.names.count(self.names[party]) > 1
        return f"{self.names[party]} of party {party}" if shared else self.names[party]


class Compiled:
    """A compiled program."""

    def __init__(self, program: Any, source: Optional[str]) -> None:
        self.program = program
        # At the interpreter's exit, too, and then before the library is gone.
        weakref.finalize(self, lib.pt_program_free, self.program)
        self.source = source
        self.circuit = lib.pt_program_circuit(self.program)
        self.parties = int(lib.pt_program_party_count(self.program))
        self.n_output_bytes = (int(lib.pt_circuit_output_bits(self.circuit)) + 7) // 8

    def save(self) -> bytes:
        """As pt_program_load reads it."""
        place, length = ffi.new("char **"), ffi.new("size_t *")
        call(lib.pt_program_save, place, length, self.program)
        try:
            return bytes(ffi.buffer(place[0], length[0]))
        finally:
            lib.pt_text_free(place[0])

    def check_input(self, party: int, packed: bytearray, name: str) -> None:
        """That rows which a join takes as they are ascend."""
        try:
            call(lib.pt_program_check_input_packed, self.program, party, ffi.from_buffer(packed), len(packed))
        except InputError as error:
            raise InputError(f"{name}: {error}", status=error.status) from None

    def output_pointer(self, part: Optional[int]) -> Any:
        """The type of the result, or of a party's part of it."""
        whole = lib.pt_program_output_type(self.program)
        return whole if part is None else lib.pt_private_results_type(whole, self.parties, part)

    def decode(self, outputs: Any, part: Optional[int] = None) -> Result:
        """The result in packed output bits, or a party's part. PanicError when the program panicked."""
        literal, panic, error = ffi.new("pt_literal **"), ffi.new("pt_panic *"), new_error()
        if part is None:
            status = lib.pt_program_decode_packed(literal, panic, self.program, outputs, self.n_output_bytes, error)
        else:
            status = lib.pt_private_results_decode_packed(literal, panic, self.program, part, outputs, self.n_output_bytes, error)
        if status == lib.PT_ERR_PANIC:
            raise self._panic(panic, text_of(error.message))
        if status != lib.PT_OK:
            raise error_of(status, error)
        try:
            pointer = self.output_pointer(part)
            packed = bytearray((int(lib.pt_type_bits(pointer)) + 7) // 8)
            call(lib.pt_literal_to_packed, ffi.from_buffer(packed), len(packed), literal[0])
        finally:
            lib.pt_literal_free(literal[0])
        return Result(self, pointer, bytes(packed))

    def _panic(self, panic: Any, message: str) -> PanicError:
        span = span_of(panic)
        shown = "" if self.source is None else excerpt(self.source, span)
        error = PanicError(f"{message}\n{shown}" if shown else message, status="PT_ERR_PANIC", span=span)
        error.reason = text_of(panic.reason)
        return error

    def receivers(self, kept: List[Any]) -> Any:
        """Who learns which part of private results."""
        receivers = ffi.new("pt_mpc_receivers[]", self.parties + 1)
        parties = ffi.new("size_t[]", self.parties)
        kept += [receivers, parties]
        call(lib.pt_private_results_receivers, receivers, parties, self.parties, self.program)
        return receivers


def encode_input(of: Type, value: Any, name: str, pointer: Any) -> bytearray:
    """An input's packed bits; `pointer` is the type in the library, for text and JSON."""
    if not isinstance(value, (values.Garble, values.Json)):
        return values.encode(of, value, name)
    read = lib.pt_literal_parse if isinstance(value, values.Garble) else lib.pt_literal_from_json
    literal, packed = ffi.new("pt_literal **"), bytearray((of.bits + 7) // 8)
    with keys.Wiped(value.encode()) as raw:
        try:
            call(read, literal, pointer, ffi.cast("char *", raw.buffer), raw.size)
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
    try:
        call(lib.pt_literal_to_packed, ffi.from_buffer(packed), len(packed), literal[0])
    finally:
        lib.pt_literal_free(literal[0])
    return packed
