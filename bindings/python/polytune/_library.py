"""The shared library, and a check that it is the one that this package was made for."""
from __future__ import annotations

import pathlib
import sys
from typing import Any

from . import _abi

VERSION: str = _abi.VERSION
ffi: Any = _abi.ffi
_NAME = "libpolytune.dylib" if sys.platform == "darwin" else "libpolytune.so"


def _load() -> Any:
    beside = pathlib.Path(__file__).with_name(_NAME)
    path = str(beside) if beside.exists() else f"{_NAME}.{VERSION.split('.')[0]}"
    try:
        return ffi.dlopen(path)
    except OSError as error:
        raise ImportError(f"the library of polytune {VERSION} cannot be loaded: {error}") from None


def _check(library: Any) -> None:
    """What differs here would be a crash later: declarations are compiled into nothing that could complain."""
    version = ffi.string(library.pt_version()).decode()
    if version != VERSION:
        raise ImportError(f"this package is for polytune {VERSION}, and the library found is {version}")
    for name in _abi.STRUCTS:
        size = library.pt_struct_size(name.encode())
        if size != ffi.sizeof(name):
            raise ImportError(f"{name} has {size} bytes in the library and {ffi.sizeof(name)} here: package and library do not belong together")


lib: Any = _load()
_check(lib)
libc: Any = ffi.dlopen(None)


def text_of(pointer: Any) -> str:
    """A text that stays the library's."""
    return ffi.string(pointer).decode("utf-8", "replace")


def take_text(pointer: Any) -> str:
    """A text that the caller of the library has to free."""
    try:
        return text_of(pointer)
    finally:
        lib.pt_text_free(pointer)
