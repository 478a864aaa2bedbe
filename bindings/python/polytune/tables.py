"""Arrays of numpy, and tables of pandas, as values: column by column, a block of rows at a time.

The rows of a block become a matrix of bits, a row each, that numpy packs. Imported only by who has such a value, or
asks for one.
"""
from __future__ import annotations

from typing import Any, Callable, Iterator, List, Optional, Tuple

import numpy as np

from .errors import UsageError
from .types import ArrayType, BoolType, EnumType, IntType, StructType, TupleType, Type, is_text, parts_of
from .values import (
    Variant,
    Wrong,
    check_count,
    decode,
    empty_variant,
    filled_variant,
    is_missing,
    out_of_range,
    reader,
    show,
    text_bytes,
    writer,
)

pd: Any = None
try:
    import pandas as pd
except ImportError:  # who has no pandas has no tables of it
    pass

_BLOCK_BITS = 1 << 22  # of a block's matrix: it stays in the processor's caches


def is_table(value: Any) -> bool:
    """Whether it is handled here."""
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return pd is not None and isinstance(value, (pd.DataFrame, pd.Series, pd.Index))


# ---- to bits ----


def pack(of: ArrayType, value: Any) -> bytearray:
    """The packed bits of an array."""
    packed = bytearray((of.bits + 7) // 8)
    out = np.frombuffer(packed, np.uint8)
    for first, matrix in _blocks(of, value):
        at = first * of.element.bits // 8
        block = np.packbits(matrix.reshape(-1), bitorder="little")
        out[at : at + len(block)] = block
        matrix.fill(0)
        block.fill(0)
    return packed


def bits_text(of: ArrayType, value: Any) -> str:
    """The bits of an array within something else, as text."""
    return "".join((matrix.reshape(-1) + 48).tobytes().decode("ascii") for _, matrix in _blocks(of, value))


def _block_rows(bits: int) -> int:
    """A number of rows whose bits are whole bytes."""
    return max(8, _BLOCK_BITS // max(1, bits) // 8 * 8)


def _blocks(of: ArrayType, value: Any) -> Iterator[Tuple[int, Any]]:
    """Matrices of bits, with the row that each begins at."""
    check_count(len(value), of)
    part = _part(of.element, value)
    step = _block_rows(of.element.bits)
    for first in range(0, of.length, step):
        rows = min(step, of.length - first)
        matrix = np.zeros((rows, of.element.bits), np.uint8)
        part(matrix, first)
        yield first, matrix


# Fills a block's matrix, or the columns of it that are one part's, from a row on.
Fill = Callable[[Any, int], None]


def _part(of: Type, value: Any) -> Fill:
    """What fills in a part whose values, one a row, are `value`."""
    if pd is not None and isinstance(value, pd.DataFrame):
        return _frame_part(of, value)
    column = _as_array(value, of)
    if column.dtype.names and isinstance(of, StructType):
        return _fields_part(of, column)
    if column.dtype.names and isinstance(of, TupleType):
        return _positions_part(of, [(name, column[name]) for name in column.dtype.names])
    if isinstance(of, ArrayType) and column.ndim > 1:
        return _rows_of_rows(of, column)
    return _column_part(of, column)


def _as_array(value: Any, of: Type) -> Any:
    """A column as numpy has it. Missing values are refused, or stay for what has a value for them."""
    if isinstance(value, np.ndarray):
        return value
    kept = isinstance(of, EnumType) or is_text(of)
    own = getattr(value.dtype, "numpy_dtype", None)  # of Int64, boolean and the like
    if own is not None and not kept:
        missing = value.isna()
        if missing.any():
            row = int(np.argmax(np.asarray(missing)))
            raise Wrong(f"expected {of}, and the value is missing").at(f"[{row}]")
        return value.to_numpy(dtype=own)
    return value.to_numpy()


def _frame_part(of: Type, frame: Any) -> Fill:
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise Wrong(f"two columns are called {show(repeated[0])}")
    if isinstance(of, StructType):
        return _fields_part(of, frame)
    columns = [(str(name), frame[name]) for name in frame.columns]
    if isinstance(of, EnumType):
        raise Wrong(f"a table's rows cannot be {of}; give a Series or list of its values")
    if isinstance(of, TupleType):
        return _positions_part(of, columns)
    if len(columns) != 1:
        raise Wrong(f"rows of {of} are one column, and here are {len(columns)}")
    return _part(of, columns[0][1])


def _fields_part(of: StructType, table: Any) -> Fill:
    """Columns by name; others are left out, as of every table."""
    names = list(table.dtype.names if isinstance(table, np.ndarray) else table.columns)
    for name, _ in of.fields:
        if name not in names:
            raise Wrong(f"{of} needs a column {name!r}; there are {', '.join(map(show, names))}")
    return _together([(f".{name}", part, _at(f".{name}", part, table[name])) for name, part in of.fields])


def _positions_part(of: TupleType, columns: List[Tuple[str, Any]]) -> Fill:
    """Columns from left to right."""
    if len(columns) != len(of.elements):
        raise Wrong(f"{of} has {len(of.elements)} parts, and here are {len(columns)} columns: {', '.join(show(name) for name, _ in columns)}")
    return _together([(f".{name}", part, _at(f".{name}", part, column)) for part, (name, column) in zip(of.elements, columns)])


def _at(step: str, of: Type, column: Any) -> Fill:
    """The part of a column that may be wrong as a whole."""
    try:
        return _part(of, column)
    except Wrong as wrong:
        raise _behind_row(wrong, step)


def _behind_row(wrong: Wrong, step: str) -> Wrong:
    """A column knows its row, which the user reads before its name: "patients[3].age"."""
    row = wrong.path.pop() if wrong.path and wrong.path[-1].startswith("[") else None
    wrong.at(step)
    return wrong.at(row) if row else wrong


def _together(parts: List[Tuple[str, Type, Fill]]) -> Fill:
    def fill(matrix: Any, first: int) -> None:
        at = 0
        for step, of, part in parts:
            try:
                part(matrix[:, at : at + of.bits], first)
            except Wrong as wrong:
                raise _behind_row(wrong, step)
            at += of.bits

    return fill


def _rows_of_rows(of: ArrayType, column: Any) -> Fill:
    """Arrays of the same length in every row."""
    if column.shape[1] != of.length:
        raise Wrong(f"{of} has {of.length} elements, and here are {column.shape[1]} in a row")
    inner = of.element

    def fill(matrix: Any, first: int) -> None:
        rows = column[first : first + len(matrix)]
        flat = np.zeros((len(matrix) * of.length, inner.bits), np.uint8)
        try:
            _part(inner, rows.reshape((-1, *rows.shape[2:])))(flat, 0)
        except Wrong as wrong:
            row, i = divmod(int(wrong.path.pop()[1:-1]), of.length) if wrong.path else (0, 0)
            raise wrong.at(f"[{i}]").at(f"[{first + row}]")
        matrix[:] = flat.reshape(len(matrix), -1)

    return fill


def _column_part(of: Type, column: Any) -> Fill:
    if column.ndim != 1:
        raise Wrong(f"expected {of}, found {column.ndim - 1} dimensions more")
    fill = _fast(of, column)
    if fill is not None:
        return fill
    if isinstance(of, EnumType) and column.dtype.kind == "f":
        column = _whole_or_missing(column)
    write = writer(of)

    def one_by_one(matrix: Any, first: int) -> None:
        pieces: List[str] = []
        row = first
        try:
            for row in range(first, first + len(matrix)):
                write(column[row], pieces.append)
        except Wrong as wrong:
            raise wrong.at(f"[{row}]")
        bits = np.frombuffer("".join(pieces).encode("ascii"), np.uint8) - 48
        matrix[:] = bits.reshape(len(matrix), -1) if of.bits else 0

    return one_by_one


def _whole_or_missing(column: Any) -> Any:
    """pandas makes floats of whole numbers when some are missing: so far as they are exact, they are taken back."""
    found = np.empty(len(column), object)
    for row, value in enumerate(column.tolist()):
        found[row] = int(value) if value.is_integer() and abs(value) <= 1 << 53 else None if value != value else value
    return found


def _fast(of: Type, column: Any) -> Optional[Fill]:
    """For columns that numpy can look at as a whole."""
    kind = column.dtype.kind
    if isinstance(of, BoolType) and kind == "b":
        return lambda matrix, first: np.copyto(matrix[:, 0], column[first : first + len(matrix)], casting="unsafe")
    if isinstance(of, IntType) and kind in "iu":
        _check_range(of, column)
        return lambda matrix, first: _put_ints(matrix, of, column[first : first + len(matrix)])
    if isinstance(of, IntType) and kind in "fmMc":
        raise _no_ints(of, column)
    if is_text(of) and kind in "SUO" and isinstance(of, ArrayType):
        return _text_part(of, column)
    return None


def _check_range(of: IntType, column: Any) -> None:
    if not len(column):
        return
    if int(column.min()) < of.low or int(column.max()) > of.high:
        for row, value in enumerate(column.tolist()):
            if not of.low <= value <= of.high:
                raise out_of_range(value, of).at(f"[{row}]")


def _put_ints(matrix: Any, of: IntType, column: Any) -> None:
    size = of.bits // 8
    big = column.astype(f">{'i' if of.signed else 'u'}{size}")
    matrix[:] = np.unpackbits(big.view(np.uint8).reshape(-1, size), axis=1)


def _no_ints(of: IntType, column: Any) -> Wrong:
    if column.dtype.kind in "mM":
        return Wrong(f"expected {of}, found {column.dtype}: give days for example, (column - np.datetime64('1970-01-01')) // np.timedelta64(1, 'D')")
    missing = np.isnan(column)
    if missing.any():
        return Wrong(f"expected {of}, and the value is missing (nan)").at(f"[{int(np.argmax(missing))}]")
    return Wrong(f"expected {of}, found {column.dtype}: make whole numbers of them first, .round().astype('int64') for example")


def _text_part(of: ArrayType, column: Any) -> Fill:
    def fill(matrix: Any, first: int) -> None:
        raw = np.zeros((len(matrix), of.length), np.uint8)
        values = column[first : first + len(matrix)]
        if values.dtype.kind == "S":
            raw = _fixed_bytes(values, raw, first, of)
        else:
            joined = bytearray()
            for row, value in enumerate(values.tolist(), first):
                joined += _one_text(value, row, of)
            raw[:] = np.frombuffer(joined, np.uint8).reshape(raw.shape)
        if of.length:
            matrix[:] = np.unpackbits(raw, axis=1)

    return fill


def _fixed_bytes(values: Any, raw: Any, first: int, of: ArrayType) -> Any:
    longest = np.char.str_len(values)
    if len(values) and int(longest.max()) > of.length:
        row = int(np.argmax(longest))
        raise Wrong(f"{show(values[row])} has {int(longest[row])} bytes, more than the {of.length} of {of}").at(f"[{first + row}]")
    size = min(values.dtype.itemsize, of.length)
    if size:
        raw[:, :size] = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1)[:, :size]
    return raw


def _one_text(value: Any, row: int, of: ArrayType) -> bytes:
    try:
        if isinstance(value, (str, bytes, bytearray)):
            return text_bytes(value, of.length)
        if is_missing(value):
            raise Wrong(f"expected {of}, and the value is missing ({show(value)})")
        pieces: List[str] = []
        writer(of)(value, pieces.append)
        bits = "".join(pieces)
        return int(bits, 2).to_bytes(of.length, "big") if bits else b""
    except Wrong as wrong:
        raise wrong.at(f"[{row}]")


# ---- from bits ----


def to_numpy(of: Type, packed: bytes) -> Any:
    """The result as an array of numpy: of records for structs and tuples. [u8; N] is N numbers."""
    if not isinstance(of, ArrayType):
        raise UsageError(f"the result is {of}, and no array")
    out = _zeros(of.element, of.length)
    element_bits = of.element.bits
    source = np.frombuffer(packed, np.uint8)
    for first in range(0, of.length, step := _block_rows(element_bits)):
        rows = min(step, of.length - first)
        at = first * element_bits // 8
        block = source[at : at + (rows * element_bits + 7) // 8]
        matrix = np.unpackbits(block, count=rows * element_bits, bitorder="little").reshape(rows, element_bits)
        out[first : first + rows] = _read(of.element, matrix)
    return out


def _zeros(of: Type, rows: int) -> Any:
    """So many values. (numpy does not take an array of no elements for a type.)"""
    shape = [rows]
    while isinstance(of, ArrayType):
        shape.append(of.length)
        of = of.element
    return np.zeros(shape, _dtype(of))


def _dtype(of: Type) -> Any:
    """What numpy calls it."""
    if isinstance(of, BoolType):
        return np.dtype(np.bool_)
    if isinstance(of, IntType):
        return np.dtype(f"{'i' if of.signed else 'u'}{of.bits // 8}")
    if isinstance(of, ArrayType):
        return np.dtype((_dtype(of.element), (of.length,)))
    if isinstance(of, EnumType):
        named = all(not fields for _, fields in of.variants)
        return np.dtype(f"U{max(len(name) for name, _ in of.variants)}") if named else np.dtype(object)
    names = [name for name, _ in of.fields] if isinstance(of, StructType) else [f"f{i}" for i in range(len(parts_of(of)))]
    return np.dtype([(name, _dtype(part)) for name, part in zip(names, parts_of(of))])


def _read(of: Type, matrix: Any) -> Any:
    """The values in the rows of a matrix of bits."""
    if isinstance(of, BoolType):
        return matrix[:, 0] != 0
    if isinstance(of, IntType):
        packed = np.ascontiguousarray(np.packbits(matrix, axis=1))
        return packed.view(f">{'i' if of.signed else 'u'}{of.bits // 8}")[:, 0]
    if isinstance(of, ArrayType):
        flat = np.ascontiguousarray(matrix).reshape(len(matrix) * of.length, of.element.bits)
        out = _zeros(of.element, len(flat))
        if len(flat):
            out[:] = _read(of.element, flat)
        return out.reshape((len(matrix), of.length) + out.shape[1:])
    if isinstance(of, EnumType):
        return _read_enum(of, matrix)
    return _read_parts(of, matrix)


def _read_parts(of: Type, matrix: Any) -> Any:
    out = np.zeros(len(matrix), _dtype(of))
    at = 0
    for name, part in zip(out.dtype.names or (), parts_of(of)):
        out[name] = _read(part, matrix[:, at : at + part.bits])
        at += part.bits
    return out


def _tags(of: EnumType, matrix: Any) -> Any:
    """Which variant each row is."""
    powers = 1 << np.arange(of.tag_bits - 1, -1, -1, dtype=np.int64)
    return matrix[:, : of.tag_bits].astype(np.int64) @ powers if of.tag_bits else np.zeros(len(matrix), np.int64)


def _read_enum(of: EnumType, matrix: Any) -> Any:
    dtype = _dtype(of)
    if dtype != np.dtype(object):
        return np.array([name for name, _ in of.variants], dtype)[_tags(of, matrix)]
    read = reader(of)
    out = np.empty(len(matrix), object)
    for row in range(len(matrix)):
        out[row] = read((matrix[row] + 48).tobytes().decode("ascii"), 0)
    return out


def to_frame(of: Type, packed: bytes) -> Any:
    """The result as a DataFrame: an array's elements are its rows, anything else is one row. Rows that are an empty
    variant are left out, as in every table."""
    if pd is None:
        raise UsageError("a frame needs pandas, which is not installed")
    if not isinstance(of, ArrayType) or is_text(of):
        of = ArrayType(f"[{of}; 1]", of.bits, of, 1)
    if isinstance(of.element, EnumType) and filled_variant(of.element) and empty_variant(of.element):
        return _frame_of_variants(of, packed)
    rows = to_numpy(of, packed)
    return pd.DataFrame({name: column for name, column in _columns(of.element, rows, "")})


def _frame_of_variants(of: ArrayType, packed: bytes) -> Any:
    """Of rows that there may not be: those that are there."""
    filled = filled_variant(of.element) if isinstance(of.element, EnumType) else None
    assert filled is not None
    name, fields = filled
    values = [v for v in decode(of, packed) if isinstance(v, Variant) and v.name == name]
    if len(fields) == 1 and isinstance(fields[0], (StructType, TupleType)):
        records = [_flat(fields[0], v.fields[0], "") for v in values]
        return pd.DataFrame(records, columns=[n for n, _ in _names(fields[0], "")])
    whole = TupleType("", 0, fields)
    return pd.DataFrame([_flat(whole, v.fields, "") for v in values], columns=[n for n, _ in _names(whole, "")])


def _named_parts(of: Type) -> List[Tuple[str, Type]]:
    """Of what has several columns: their names, and types."""
    if isinstance(of, StructType):
        return list(of.fields)
    if isinstance(of, TupleType):
        return [(str(i + 1), part) for i, part in enumerate(of.elements)]
    if isinstance(of, ArrayType) and not is_text(of):
        return [(str(i), of.element) for i in range(of.length)]
    return []


def _is_one_column(of: Type) -> bool:
    return isinstance(of, (BoolType, IntType, EnumType)) or is_text(of)


def _names(of: Type, prefix: str) -> Iterator[Tuple[str, Type]]:
    if _is_one_column(of):
        yield prefix or "1", of
    for name, part in _named_parts(of):
        yield from _names(part, f"{prefix}.{name}" if prefix else name)


def _flat(of: Type, value: Any, prefix: str) -> Any:
    """A value's cells by column."""
    if _is_one_column(of):
        return {prefix or "1": _cell(of, value)}
    cells = {}
    parts = _named_parts(of)
    for i, (name, part) in enumerate(parts):
        inner = value[name] if isinstance(of, StructType) else value[i]
        cells.update(_flat(part, inner, f"{prefix}.{name}" if prefix else name))
    return cells


def _cell(of: Type, value: Any) -> Any:
    if is_text(of):
        return text_of_bytes(bytes(value))
    if not isinstance(of, EnumType):
        return value
    filled, empty = filled_variant(of), empty_variant(of)
    if filled is None:
        return value.name if isinstance(value, Variant) else str(value)
    if value.name == empty:
        return None
    if value.name == filled[0] and len(value.fields) == 1:
        return _cell(filled[1][0], value.fields[0])
    return value if value.fields else value.name


def text_of_bytes(raw: bytes) -> str:
    """Text without the zeros at its end, or 0x and hexadecimal digits where it is none."""
    try:
        text = raw.rstrip(b"\0").decode()
    except UnicodeDecodeError:
        return f"0x{raw.hex()}"
    return f"0x{raw.hex()}" if "\0" in text else text


def _columns(of: Type, rows: Any, prefix: str) -> Iterator[Tuple[str, Any]]:
    if is_text(of):
        yield prefix or "1", [text_of_bytes(row.tobytes()) for row in rows]
    elif isinstance(of, EnumType) and rows.dtype == object:
        yield prefix or "1", pd.Series([_cell(of, value) for value in rows], dtype=object)
    elif _is_one_column(of):
        yield prefix or "1", rows
    for i, (name, part) in enumerate(_named_parts(of)):
        inner = rows[:, i] if isinstance(of, ArrayType) else rows[rows.dtype.names[i]]
        yield from _columns(part, inner, f"{prefix}.{name}" if prefix else name)
