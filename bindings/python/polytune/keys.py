"""Keys of parties: who is who."""
from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import secrets
import stat
import sys
import warnings
from typing import Any, List, Mapping, Optional, Sequence, Union

from ._library import ffi, lib, text_of
from .errors import InputError, UsageError, call

Secret = Union[str, bytes, bytearray]
Roster = Union[Sequence[Optional[str]], Mapping[int, str]]

KEY_BYTES = 32


@dataclasses.dataclass(frozen=True)
class Keys:
    """A key pair: `key` (sk:..) is private and not shown by repr(), `public_key` (pk:..) is for the others' rosters."""

    key: str = dataclasses.field(repr=False)
    public_key: str


def keygen() -> Keys:
    """A fresh key pair, of the kind that `polytune keygen` makes."""
    private, public = Wiped(KEY_BYTES), ffi.new("uint8_t[32]")
    with private:
        call(lib.pt_channel_secure_keygen, public, private.buffer)
        return Keys(_print(private.buffer, True), _print(public, False))


def public_key_of(key: str) -> str:
    """The public key of a private one."""
    public = ffi.new("uint8_t[32]")
    with parse_key(key, "the key") as private:
        call(lib.pt_channel_secure_public_key, public, private.buffer)
    return _print(public, False)


def read_key(path: Union[str, "os.PathLike[str]"]) -> str:
    """The private key in a file of `polytune keygen`. InputError when others may read the file."""
    file = pathlib.Path(path)
    if stat.S_IMODE(_stat(file).st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError(f"the private key in '{file}' is open to others: if nobody has seen it, chmod 600, otherwise make a new one")
    lines = _lines(file)
    if len(lines) != 1:
        raise InputError(f"'{file}' has {len(lines)} lines with keys; a private key's file has one")
    return lines[0]


def read_roster(path: Union[str, "os.PathLike[str]"]) -> List[Optional[str]]:
    """Everybody's public keys by party, from a file with lines NUMBER PUBLIC_KEY."""
    found = {}
    for line in _lines(pathlib.Path(path)):
        number, _, key = line.partition(" ")
        if not number.isdecimal() or int(number) > 255 or not key.strip():
            raise InputError(f"'{path}': a roster has lines NUMBER PUBLIC_KEY, and here is {line!r}")
        if int(number) in found:
            raise InputError(f"'{path}' has two keys for party {number}")
        found[int(number)] = key.strip()
    return [found.get(i) for i in range(max(found, default=-1) + 1)]


def _stat(file: pathlib.Path) -> os.stat_result:
    try:
        return file.stat()
    except OSError as error:
        raise InputError(f"cannot read '{file}': {error.strerror}", status="PT_ERR_FILE") from None


def read_bytes(file: pathlib.Path) -> bytes:
    """What is in a file. InputError when there is none."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read '{file}': {error.strerror}", status="PT_ERR_FILE") from None


def text_in(file: pathlib.Path, content: bytes) -> str:
    """The text in a file with this content."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read '{file}': {error}", status="PT_ERR_FILE") from None


def write_bytes(file: pathlib.Path, content: bytes) -> None:
    """Into a file, which is there whole or as it was."""
    beside = file.with_name(f".{file.name}.{secrets.token_hex(8)}")  # which nobody can foresee, and put something else there
    try:
        with open(beside, "xb") as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        beside.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise InputError(f"cannot write '{file}': {error.strerror}", status="PT_ERR_FILE") from None


def _lines(file: pathlib.Path) -> List[str]:
    """Without comments, and blanks around and between words."""
    lines = (" ".join(line.partition("#")[0].split()) for line in text_in(file, read_bytes(file)).splitlines())
    return [line for line in lines if line]


class Wiped:
    """Memory of the library's side that is zeroed when it is done with."""

    def __init__(self, content: Union[int, bytes, bytearray]) -> None:
        self.size = content if isinstance(content, int) else len(content)
        self.buffer = ffi.new("uint8_t[]", max(1, self.size))
        if not isinstance(content, int):
            ffi.memmove(self.buffer, content, self.size)

    def __enter__(self) -> "Wiped":
        return self

    def __exit__(self, *_: Any) -> None:
        self.wipe()

    def wipe(self) -> None:
        ffi.memmove(self.buffer, bytes(self.size), self.size)


def wipe(content: Any) -> None:
    """Zeroes bytes that may be changed."""
    if isinstance(content, bytearray):
        content[:] = bytes(len(content))


def parse_key(text: Any, whose: str, is_private: bool = True) -> Wiped:
    """The bytes of a key as text."""
    if not isinstance(text, str):
        raise UsageError(f"{whose} is a text, {'sk' if is_private else 'pk'}:...")
    key = Wiped(KEY_BYTES)
    raw = Wiped(text.encode())
    with raw:
        try:
            call(lib.pt_channel_secure_key_parse, key.buffer, ffi.cast("char *", raw.buffer), raw.size, is_private)
        except InputError as error:
            raise InputError(f"{whose}: {error}") from None
    return key


def _print(key: Any, is_private: bool) -> str:
    text = ffi.new("char[]", lib.PT_KEY_TEXT_SIZE)
    lib.pt_channel_secure_key_print(text, key, is_private)
    shown = text_of(text)
    ffi.memmove(text, bytes(len(shown)), len(shown))
    return shown


def roster_bytes(roster: Roster, seats: int) -> bytes:
    """Public keys in party order, zeros where one is not known."""
    given = dict(roster) if isinstance(roster, Mapping) else dict(enumerate(roster))
    strange = [i for i in given if not isinstance(i, int) or not 0 <= i < seats]
    if strange:
        raise UsageError(f"the roster has a key for party {strange[0]!r}, but the parties are 0 to {seats - 1}")
    keys = bytearray(seats * KEY_BYTES)
    for i, text in given.items():
        if text is not None:
            keys[i * KEY_BYTES : (i + 1) * KEY_BYTES] = ffi.buffer(parse_key(text, f"the key of party {i}", False).buffer, KEY_BYTES)[:]
    return bytes(keys)


def _warn_of_secret(secret: Secret) -> None:
    """What the command warns of, too."""
    with Wiped(secret.encode() if isinstance(secret, str) else secret) as raw:
        bits = int(lib.pt_channel_secure_secret_bits(raw.buffer, raw.size))
    last = secret[-1:].encode() if isinstance(secret, str) else secret[-1:]
    if last.isspace():
        warnings.warn("the secret ends with a blank or line break, which counts", stacklevel=_levels())
    if bits < lib.PT_SECRET_BITS_ENOUGH:
        text = f"the secret is weak, about {bits} bits by a rough estimate: somebody who takes part without knowing it can guess it"
        warnings.warn(f"{text}; use five random words or more, or secrets.token_hex(16)", stacklevel=_levels())


def _levels() -> int:
    """How far up from who warns the first frame is that is not of this package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__package__") == __package__:
        level, frame = level + 1, frame.f_back
    return level


@dataclasses.dataclass
class Identity:
    """What tells the parties who the others are."""

    secret: Optional[Secret] = dataclasses.field(default=None, repr=False)
    key: Optional[str] = dataclasses.field(default=None, repr=False)
    roster: Optional[Roster] = None

    def check(self) -> None:
        if (self.key is None) != (self.roster is None):
            raise UsageError("key and roster belong together: this party's private key, and everybody's public ones")
        if self.secret is not None and not isinstance(self.secret, (str, bytes, bytearray)):
            raise UsageError("the secret is a text or bytes")
        if self.secret is not None and not len(self.secret):
            raise UsageError("the secret is empty")
        if self.secret is not None:
            _warn_of_secret(self.secret)

    def check_keys(self, party: int, seats: int) -> None:
        """What can be said of the keys before anybody is met."""
        keys = roster_bytes(self.roster or (), seats)
        own = keys[party * KEY_BYTES : (party + 1) * KEY_BYTES]
        if self.key is None:
            return
        if any(own) and _print(ffi.from_buffer(own), False) != public_key_of(self.key):
            raise UsageError(f"the key that the roster has for party {party}, this party, does not belong to key")

    def knows_all(self, party: int, seats: int) -> bool:
        """Whether nobody can take another's place unnoticed."""
        if self.secret is not None:
            return True
        if self.roster is None:
            return False
        keys = roster_bytes(self.roster, seats)
        return all(any(keys[i * KEY_BYTES : (i + 1) * KEY_BYTES]) for i in range(seats) if i != party)
