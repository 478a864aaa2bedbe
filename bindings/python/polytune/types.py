"""The types of a program's inputs and result."""
from __future__ import annotations

import dataclasses
from typing import Any, Dict, Tuple

from ._library import ffi, lib, take_text, text_of
from .errors import call


@dataclasses.dataclass(frozen=True, repr=False)
class Type:
    """A type; `str()` gives it as in Garble. `bits` is the width of a value."""

    text: str
    bits: int

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.text}>"


@dataclasses.dataclass(frozen=True, repr=False)
class BoolType(Type):
    """bool."""


@dataclasses.dataclass(frozen=True, repr=False)
class IntType(Type):
    """u8 to u64, usize, i8 to i64; `low` and `high` are its least and largest value."""

    signed: bool

    @property
    def low(self) -> int:
        """The least value."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """The largest value."""
        return (1 << (self.bits - 1 if self.signed else self.bits)) - 1


@dataclasses.dataclass(frozen=True, repr=False)
class ArrayType(Type):
    """[element; length]."""

    element: Type
    length: int


@dataclasses.dataclass(frozen=True, repr=False)
class TupleType(Type):
    """(A, B)."""

    elements: Tuple[Type, ...]


@dataclasses.dataclass(frozen=True, repr=False)
class StructType(Type):
    """A struct; `fields` are names and types, in alphabetical order."""

    name: str
    fields: Tuple[Tuple[str, Type], ...]


@dataclasses.dataclass(frozen=True, repr=False)
class EnumType(Type):
    """An enum; `variants` are names and the types of their fields, in the order of their definition."""

    name: str
    variants: Tuple[Tuple[str, Tuple[Type, ...]], ...]

    @property
    def tag_bits(self) -> int:
        """How many bits say which variant it is."""
        return (len(self.variants) - 1).bit_length()


def is_text(of: Type) -> bool:
    """Whether it is [u8; N], which texts and bytes are values of."""
    return isinstance(of, ArrayType) and isinstance(of.element, IntType) and of.element.text == "u8"


def parts_of(of: Type) -> Tuple[Type, ...]:
    """The types of a tuple's or struct's parts, in the order of their bits."""
    if isinstance(of, StructType):
        return tuple(part for _, part in of.fields)
    return of.elements if isinstance(of, TupleType) else ()


def read_type(pointer: Any) -> Type:
    """The type that the library has there."""
    return _Reader().read(pointer)


class _Reader:
    """Reads each type of the library once, however often it is part of others."""

    def __init__(self) -> None:
        self.done: Dict[Any, Type] = {}

    def read(self, pointer: Any) -> Type:
        if pointer not in self.done:
            self.done[pointer] = self._read(pointer)
        return self.done[pointer]

    def _read(self, pointer: Any) -> Type:
        text = ffi.new("char **")
        call(lib.pt_type_print, text, pointer)
        common = (take_text(text[0]), int(lib.pt_type_bits(pointer)))
        kind = lib.pt_type_kind(pointer)
        if kind == lib.PT_KIND_BOOL:
            return BoolType(*common)
        if kind in (lib.PT_KIND_UNSIGNED, lib.PT_KIND_SIGNED):
            return IntType(*common, kind == lib.PT_KIND_SIGNED)
        if kind == lib.PT_KIND_ARRAY:
            return ArrayType(*common, self.read(lib.pt_type_element(pointer)), int(lib.pt_type_length(pointer)))
        if kind == lib.PT_KIND_ENUM:
            return EnumType(*common, text_of(lib.pt_type_name(pointer)), self._variants(pointer))
        fields = [self.read(lib.pt_type_field_type(pointer, i)) for i in range(lib.pt_type_field_count(pointer))]
        if kind == lib.PT_KIND_TUPLE:
            return TupleType(*common, tuple(fields))
        names = [text_of(lib.pt_type_field_name(pointer, i)) for i in range(len(fields))]
        return StructType(*common, text_of(lib.pt_type_name(pointer)), tuple(zip(names, fields)))

    def _variants(self, pointer: Any) -> Tuple[Tuple[str, Tuple[Type, ...]], ...]:
        return tuple(
            (
                text_of(lib.pt_type_variant_name(pointer, v)),
                tuple(self.read(lib.pt_type_variant_field_type(pointer, v, i)) for i in range(lib.pt_type_variant_field_count(pointer, v))),
            )
            for v in range(lib.pt_type_variant_count(pointer))
        )
