"""Values of a program's types: from Python to bits and back.

A value's bits are kept as text of 0 and 1 here, which Python makes numbers of, and takes apart, at the speed of C; what
the library gets and gives is packed. Tables of numpy and pandas go another way, in tables.py.
"""
from __future__ import annotations

import collections.abc
import dataclasses
import difflib
import enum
import operator
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

from .errors import InputError
from .types import ArrayType, BoolType, EnumType, IntType, StructType, Type, is_text, parts_of


class Variant(NamedTuple):
    """A value of an enum: the variant's name, and its fields."""

    name: str
    fields: Tuple[Any, ...] = ()

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.fields))})" if self.fields else self.name


class Garble(str):
    """An input as Garble text: `Garble("[1u8, 2u8]")`."""


class Json(str):
    """An input as JSON, plain or Garble's: `Json('[1, 2]')`."""


class Wrong(Exception):
    """A value that is none of its type; the path to it grows on the way out."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.path: List[str] = []

    def at(self, step: str) -> "Wrong":
        self.path.append(step)
        return self

    def named(self, name: str) -> InputError:
        """What the user sees."""
        return InputError(f"{name}{''.join(reversed(self.path))}: {self}")


Put = Callable[[str], None]
Write = Callable[[Any, Put], None]
Read = Callable[[str, int], Any]


def show(value: Any) -> str:
    """A value for a message, of a bounded length."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 200:
        return f"a number of {value.bit_length()} bits"
    try:
        text = repr(value.item() if type(value).__module__ == "numpy" and hasattr(value, "item") else value)
    except Exception:  # somebody else's __repr__
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def is_missing(value: Any) -> bool:
    """None, NaN, and pandas' NA and NaT."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)


def count_text(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


# ---- to bits ----


def writer(of: Type) -> Write:
    """What writes values of a type."""
    return _Writers().of(of)


class _Writers:
    """Makes what writes values, once for each type."""

    def __init__(self) -> None:
        self.made: Dict[int, Write] = {}

    def of(self, of: Type) -> Write:
        key = id(of)
        if key not in self.made:
            self.made[key] = self._make(of)
        return self.made[key]

    def _make(self, of: Type) -> Write:
        if isinstance(of, BoolType):
            return _write_bool
        if isinstance(of, IntType):
            return _int_writer(of)
        if isinstance(of, ArrayType):
            return _array_writer(of, self.of(of.element))
        if isinstance(of, StructType):
            return _struct_writer(of, [(name, self.of(part)) for name, part in of.fields])
        if isinstance(of, EnumType):
            return _enum_writer(of, [[self.of(field) for field in fields] for _, fields in of.variants])
        return _tuple_writer(of, [self.of(part) for part in parts_of(of)])


def _write_bool(value: Any, put: Put) -> None:
    if value is not True and value is not False and not _is_numpy_bool(value):
        raise Wrong(f"expected True or False, found {show(value)}")
    put("1" if value else "0")


def _is_numpy_bool(value: Any) -> bool:
    return type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_")


def whole(value: Any, of: IntType) -> int:
    """A number that is given as something else than int: of numpy for example."""
    if is_missing(value):
        raise Wrong(f"expected {of}, and the value is missing ({show(value)})")
    if isinstance(value, bool) or _is_numpy_bool(value):
        raise Wrong(f"expected {of}, found {show(value)}")
    try:
        return operator.index(value)
    except TypeError:
        hint = "; whole numbers are given as int" if isinstance(value, (float, str)) or hasattr(value, "__float__") else ""
        raise Wrong(f"expected {of}, found {show(value)} ({type(value).__name__}){hint}") from None


def _int_writer(of: IntType) -> Write:
    low, high, mask, form = of.low, of.high, (1 << of.bits) - 1, f"0{of.bits}b"

    def write(value: Any, put: Put) -> None:
        if value.__class__ is not int:
            value = whole(value, of)
        if not low <= value <= high:
            raise out_of_range(value, of)
        put(format(value & mask, form))

    return write


def out_of_range(value: int, of: IntType) -> Wrong:
    return Wrong(f"{show(value)} is no {of}, which goes from {of.low} to {of.high}")


def text_bytes(value: Any, length: int) -> bytes:
    """The bytes of a text or of bytes for [u8; length]: texts get zeros after them."""
    if isinstance(value, str):
        try:
            raw = value.encode()
        except UnicodeEncodeError:
            raise Wrong(f"{show(value)} is no Unicode text") from None
        if len(raw) > length:
            raise Wrong(f"{show(value)} has {count_text(len(raw), 'byte')}, more than the {length} of [u8; {length}]")
        return raw.ljust(length, b"\0")
    raw = bytes(value)
    if len(raw) != length:
        raise Wrong(f"{count_text(len(raw), 'byte')} for [u8; {length}]: bytes must be exactly as many (only texts are filled up)")
    return raw


def _bits_of_bytes(raw: bytes) -> str:
    return format(int.from_bytes(raw, "big"), f"0{8 * len(raw)}b") if raw else ""


def check_count(found: int, of: ArrayType) -> None:
    if found != of.length:
        raise Wrong(f"{of} has {count_text(of.length, 'element')}, and here are {found}")


def _array_writer(of: ArrayType, element: Write) -> Write:
    texts = is_text(of)

    def write(value: Any, put: Put) -> None:
        if texts and isinstance(value, (str, bytes, bytearray, memoryview)):
            put(_bits_of_bytes(text_bytes(value, of.length)))
            return
        table = _tables_for(value)
        if table is not None:
            put(table.bits_text(of, value))
            return
        check_count(len(elements(value, of)), of)
        i = 0
        try:
            for i, part in enumerate(value):
                element(part, put)
        except Wrong as wrong:
            raise wrong.at(f"[{i}]")

    return write


def elements(value: Any, of: object) -> Any:
    """A value whose elements have an order and a number."""
    is_sequence = isinstance(value, collections.abc.Sequence) or (hasattr(value, "__len__") and hasattr(value, "__getitem__"))
    if not is_sequence or isinstance(value, (str, bytes, bytearray, memoryview, collections.abc.Mapping)):
        raise Wrong(f"expected {of}, a list or tuple, found {show(value)} ({type(value).__name__})")
    return value


def _tables_for(value: Any) -> Any:
    """The module for values of numpy and pandas, which then are there."""
    module = type(value).__module__.partition(".")[0]
    if module not in ("numpy", "pandas") or not hasattr(value, "dtype") and not hasattr(value, "dtypes"):
        return None
    from . import tables

    return tables if tables.is_table(value) else None


def _tuple_writer(of: Type, parts: List[Write]) -> Write:
    def write(value: Any, put: Put) -> None:
        if len(elements(value, of)) != len(parts):
            raise Wrong(f"{of} has {count_text(len(parts), 'part')}, and here are {len(value)}")
        for i, (part, given) in enumerate(zip(parts, value)):
            _write_at(part, given, put, f".{i}")

    return write


def _write_at(write: Write, value: Any, put: Put, step: str) -> None:
    try:
        write(value, put)
    except Wrong as wrong:
        raise wrong.at(step)


def _struct_writer(of: StructType, parts: List[Tuple[str, Write]]) -> Write:
    names = [name for name, _ in parts]

    def write(value: Any, put: Put) -> None:
        given = _fields_given(value, of)
        if len(given) != len(names) or any(name not in given for name in names):
            raise _wrong_fields(given, names, of)
        for name, part in parts:
            _write_at(part, given[name], put, f".{name}")

    return write


def _fields_given(value: Any, of: StructType) -> Any:
    if isinstance(value, collections.abc.Mapping):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    names = getattr(getattr(value, "dtype", None), "names", None)  # a row of a structured array
    if names:
        return {name: value[name] for name in names}
    raise Wrong(f"expected {of}, a dict or dataclass with its fields, found {show(value)} ({type(value).__name__})")


def _wrong_fields(given: Iterable[Any], names: List[str], of: Type) -> Wrong:
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(str(name), names, 1)
            return Wrong(f"{of} has no field {show(name)}" + (f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(names)}"))
    return Wrong(f"{of} needs the field {next(name for name in names if name not in given)!r}")


def _enum_writer(of: EnumType, variants: List[List[Write]]) -> Write:
    index = {name: i for i, (name, _) in enumerate(of.variants)}
    tag = f"0{of.tag_bits}b" if of.tag_bits else ""
    widths = [sum(field.bits for field in fields) for _, fields in of.variants]

    def write(value: Any, put: Put) -> None:
        name, fields = variant_of(value, of)
        i = index[name]
        if len(fields) != len(variants[i]):
            raise Wrong(f"{of.name}::{name} has {count_text(len(variants[i]), 'field')}, and here are {len(fields)}")
        put(format(i, tag) if tag else "")
        for k, (part, given) in enumerate(zip(variants[i], fields)):
            _write_at(part, given, put, f".{name}.{k}" if len(fields) > 1 else f".{name}")
        put("0" * (of.bits - of.tag_bits - widths[i]))

    return write


def empty_variant(of: EnumType) -> Optional[str]:
    """The variant that a missing value is: the only one without fields beside one with fields, else one called so."""
    without = [name for name, fields in of.variants if not fields]
    if len(of.variants) == 2 and len(without) == 1:
        return without[0]
    return next((name for name in without if name in ("None", "Empty", "Missing")), None)


def filled_variant(of: EnumType) -> Optional[Tuple[str, Tuple[Type, ...]]]:
    """The only variant with fields, when there is one."""
    filled = [variant for variant in of.variants if variant[1]]
    return filled[0] if len(filled) == 1 else None


def variant_of(value: Any, of: EnumType) -> Tuple[str, Any]:
    """Name and fields of what is given for an enum."""
    name, fields = _variant_given(value, of)
    if name not in [known for known, _ in of.variants]:
        near = difflib.get_close_matches(str(name), [known for known, _ in of.variants], 1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(known for known, _ in of.variants)}"
        raise Wrong(f"{of} has no variant {show(name)}{hint}")
    return name, fields


def _variant_given(value: Any, of: EnumType) -> Tuple[Any, Any]:
    if isinstance(value, Variant):
        return value
    if isinstance(value, enum.Enum):
        return value.name, ()
    if isinstance(value, collections.abc.Mapping) and len(value) == 1:
        ((name, fields),) = value.items()
        return name, elements(fields, "the fields of a variant")
    filled = filled_variant(of)
    if isinstance(value, str):
        if filled and len(filled[1]) == 1 and is_text(filled[1][0]):
            return filled[0], (value,)  # a text may be called like a variant
        return str(value), ()
    empty = empty_variant(of)
    if is_missing(value) and empty:
        return empty, ()
    if filled and len(filled[1]) == 1 and not is_missing(value):
        return filled[0], (value,)
    raise Wrong(f"expected {of}, a Variant or the name of one, found {show(value)} ({type(value).__name__})")


def pack(text: str) -> bytearray:
    """Bits as text, eight a byte, the first the lowest."""
    return bytearray(int(text[::-1], 2).to_bytes((len(text) + 7) // 8, "little")) if text else bytearray()


def encode(of: Type, value: Any, name: str) -> bytearray:
    """The packed bits of an input. InputError names the place in it: "patients[3].age: .."."""
    if isinstance(of, ArrayType):
        table = _tables_for(value)
        if table is not None:
            try:
                return table.pack(of, value)
            except Wrong as wrong:
                raise wrong.named(name) from None
    pieces: List[str] = []
    try:
        writer(of)(value, pieces.append)
    except Wrong as wrong:
        raise wrong.named(name) from None
    return pack("".join(pieces))


# ---- from bits ----


def unpack(packed: bytes, n_bits: int) -> str:
    """Packed bits as text."""
    return format(int.from_bytes(packed, "little"), f"0{n_bits}b")[::-1] if n_bits else ""


def decode(of: Type, packed: bytes) -> Any:
    """The value of these bits."""
    return reader(of)(unpack(packed, of.bits), 0)


def reader(of: Type) -> Read:
    """What reads values of a type, from a place in a text of bits."""
    return _Readers().of(of)


class _Readers:
    def __init__(self) -> None:
        self.made: Dict[int, Read] = {}

    def of(self, of: Type) -> Read:
        key = id(of)
        if key not in self.made:
            self.made[key] = self._make(of)
        return self.made[key]

    def _make(self, of: Type) -> Read:
        if isinstance(of, BoolType):
            return lambda bits, at: bits[at] == "1"
        if isinstance(of, IntType):
            return _int_reader(of)
        if is_text(of):
            return _bytes_reader(of)
        if isinstance(of, ArrayType):
            return _array_reader(of, self.of(of.element))
        if isinstance(of, EnumType):
            return _enum_reader(of, [self._parts(fields, of.tag_bits) for _, fields in of.variants])
        parts = self._parts(parts_of(of), 0)
        if isinstance(of, StructType):
            names = [name for name, _ in of.fields]
            return lambda bits, at: {name: read(bits, at + offset) for name, (read, offset) in zip(names, parts)}
        return lambda bits, at: tuple(read(bits, at + offset) for read, offset in parts)

    def _parts(self, types: Iterable[Type], offset: int) -> List[Tuple[Read, int]]:
        parts = []
        for part in types:
            parts.append((self.of(part), offset))
            offset += part.bits
        return parts


def _int_reader(of: IntType) -> Read:
    width = of.bits
    if not of.signed:
        return lambda bits, at: int(bits[at : at + width], 2)
    half, full = 1 << (width - 1), 1 << width

    def read(bits: str, at: int) -> int:
        n = int(bits[at : at + width], 2)
        return n - full if n >= half else n

    return read


def _bytes_reader(of: Type) -> Read:
    length = of.bits // 8
    return lambda bits, at: int(bits[at : at + of.bits], 2).to_bytes(length, "big") if length else b""


def _array_reader(of: ArrayType, element: Read) -> Read:
    width = of.element.bits
    return lambda bits, at: [element(bits, at + i * width) for i in range(of.length)]


def _enum_reader(of: EnumType, variants: List[List[Tuple[Read, int]]]) -> Read:
    def read(bits: str, at: int) -> Variant:
        i = int(bits[at : at + of.tag_bits], 2) if of.tag_bits else 0
        return Variant(of.variants[i][0], tuple(part(bits, at + offset) for part, offset in variants[i]))

    return read
