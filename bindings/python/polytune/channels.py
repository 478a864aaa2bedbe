"""How the parties meet: through a relay, directly, peer to peer, or by a channel of your own."""
from __future__ import annotations

import abc
import contextlib
import os
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from . import keys, work
from ._library import ffi, lib, libc, text_of
from .errors import PolytuneError, UsageError, call, status_of

Path = Union[str, "os.PathLike[str]"]
MAX_SECONDS = 1_000_000


class Seat(NamedTuple):
    """Who opens a channel: one of `seats`, which a dealer counts among, with what it tells of itself."""

    party: int
    seats: int
    terms: bytes
    task: work.Task


class Way(abc.ABC):
    """What Relay, Direct, P2P and Channel have in common."""

    session: str = "polytune"
    deadline: Optional[float] = None
    encrypts: bool = True  # whether the messages are still to be encrypted

    @abc.abstractmethod
    def _open(self, channel: Any, seat: Seat) -> None:
        """Opens it, into a pt_channel *."""

    def _identity(self, identity: keys.Identity, seats: int) -> keys.Identity:
        """What is known of the others from the way itself."""
        return identity


def _milliseconds(seconds: Optional[float], name: str) -> int:
    if seconds is None:
        return 0
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds <= MAX_SECONDS:
        raise UsageError(f"{name} is a number of seconds, above 0 and up to {MAX_SECONDS}, not {seconds!r}")
    return max(1, int(seconds * 1000))


class _Network(Way):
    """timeout: seconds in which nothing arrives, after which it gives up (60). wait: seconds for the others to come, since
    the last one did (600). deadline: seconds for all of it (no limit). tls_ca: PEM file of the authorities to trust for
    https, in place of the system's."""

    def __init__(self, timeout: Optional[float], wait: Optional[float], deadline: Optional[float], tls_ca: Optional[Path]) -> None:
        self._times = (_milliseconds(timeout, "timeout"), _milliseconds(wait, "wait"), _milliseconds(deadline, "deadline"))
        self.deadline = deadline
        self._tls_ca = tls_ca

    def _network(self, seat: Seat, kept: List[Any]) -> Dict[str, Any]:
        timeout, wait, deadline = self._times
        return {
            "timeout_ms": timeout,
            "wait_ms": wait,
            "deadline_ms": deadline,
            "notice": work.notice,
            "notice_user": seat.task.handle,
            "cancelled": work.cancelled,
            "cancelled_user": seat.task.handle,
            "terms": c_text(seat.terms, kept) if seat.terms else ffi.NULL,
            "tls_ca": c_path(self._tls_ca, kept),
        }


def c_text(text: Union[str, bytes, None], kept: List[Any]) -> Any:
    """A C string; `kept` holds it as long as C needs it."""
    if text is None:
        return ffi.NULL
    raw = text.encode() if isinstance(text, str) else text
    if b"\0" in raw:
        raise UsageError(f"{text!r} has a zero byte in it")
    kept.append(ffi.new("char[]", raw))
    return kept[-1]


def c_path(path: Optional[Path], kept: List[Any]) -> Any:
    return ffi.NULL if path is None else c_text(os.fsencode(path), kept)


def _check_text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise UsageError(f"{what} is a text, not {value!r}")
    return value


class Relay(_Network):
    """Through a relay (`polytune serve`), which sees no message's content.

    url: of the relay, http(s)://host:port. session: the name that the parties agreed on, letters, digits and . _ ~ -
    """

    def __init__(
        self,
        url: str,
        session: str,
        *,
        timeout: Optional[float] = None,
        wait: Optional[float] = None,
        deadline: Optional[float] = None,
        tls_ca: Optional[Path] = None,
    ) -> None:
        super().__init__(timeout, wait, deadline, tls_ca)
        self.url = _check_text(url, "the relay's URL")
        self.session = _check_text(session, "the session's name")

    def __repr__(self) -> str:
        return f"Relay({self.url!r}, {self.session!r})"

    def _open(self, channel: Any, seat: Seat) -> None:
        kept: List[Any] = []
        options = ffi.new(
            "pt_relay_options *",
            {
                "url": c_text(self.url, kept),
                "session": c_text(self.session, kept),
                "party": seat.party,
                "parties": seat.seats,
                "network": self._network(seat, kept),
            },
        )
        call(lib.pt_channel_relay_open, channel, options)


class Direct(_Network):
    """Each party serves at a URL of its own, and posts to the others'.

    urls: of every party, in party order, a dealer's last. listen: (host, port) to listen at, if not at the own URL.
    tls_cert, tls_key: PEM files for an own URL that is https and not behind a proxy.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        session: str = "polytune",
        listen: Optional[Tuple[str, int]] = None,
        tls_cert: Optional[Path] = None,
        tls_key: Optional[Path] = None,
        timeout: Optional[float] = None,
        wait: Optional[float] = None,
        deadline: Optional[float] = None,
        tls_ca: Optional[Path] = None,
    ) -> None:
        super().__init__(timeout, wait, deadline, tls_ca)
        if isinstance(urls, str):
            raise UsageError("urls is a list, one for each party")
        self.urls = [_check_text(url, "a party's URL") for url in urls]
        self.session = _check_text(session, "the session's name")
        if listen is not None and not (isinstance(listen, tuple) and len(listen) == 2 and isinstance(listen[0], str) and listen[1] in range(65536)):
            raise UsageError(f"listen is a pair of a host and a port, not {listen!r}")
        self._listen = listen
        self._tls = (tls_cert, tls_key)

    def __repr__(self) -> str:
        return f"Direct({self.urls!r})"

    def _open(self, channel: Any, seat: Seat) -> None:
        kept: List[Any] = []
        if len(self.urls) != seat.seats:
            raise UsageError(f"{len(self.urls)} URLs are given, but {seat.seats} take part (a dealer's URL is the last)")
        host, port = self._listen or (None, 0)
        urls = ffi.new("char *[]", [c_text(url, kept) for url in self.urls])
        options = ffi.new(
            "pt_direct_options *",
            {
                "urls": urls,
                "party": seat.party,
                "parties": seat.seats,
                "session": c_text(self.session, kept),
                "listen_host": c_text(host, kept),
                "listen_port": port,
                "tls_cert": c_path(self._tls[0], kept),
                "tls_key": c_path(self._tls[1], kept),
                "network": self._network(seat, kept),
            },
        )
        call(lib.pt_channel_direct_open, channel, options)


class P2P(_Network):
    """The parties meet at a relay and connect directly, also from behind home routers; what cannot connect uses the relay.

    One party makes a ticket, `P2P.new(relay, party=0)`, and gives its `ticket` to all others: `P2P(ticket)`.
    only_relay: connect to nobody directly, and tell nobody this machine's addresses.
    """

    def __init__(
        self,
        ticket: str,
        *,
        only_relay: bool = False,
        timeout: Optional[float] = None,
        wait: Optional[float] = None,
        deadline: Optional[float] = None,
        tls_ca: Optional[Path] = None,
    ) -> None:
        super().__init__(timeout, wait, deadline, tls_ca)
        self.ticket = _check_text(ticket, "a ticket").strip()
        self._only_relay = only_relay
        self._own_key: Optional[str] = None
        self._parsed = ffi.new("pt_p2p_ticket *")
        call(lib.pt_p2p_ticket_parse, self._parsed, ffi.new("char[]", self.ticket.encode()))
        self.session = text_of(self._parsed.session)

    @classmethod
    def new(cls, relay: str, *, party: int, key: Optional[str] = None, **options: Any) -> "P2P":
        """A fresh ticket of this party's. `key`, a private one, is the key that the ticket has the public part of; without,
        it gets a fresh one. `options` are those of P2P."""
        pair_key = keys.keygen().key if key is None else key
        made = ffi.new("pt_p2p_ticket *")
        text = ffi.new("char[]", lib.PT_P2P_TICKET_SIZE)
        public = keys.parse_key(keys.public_key_of(pair_key), "the key", False)
        call(lib.pt_p2p_ticket_new, made, ffi.new("char[]", _check_text(relay, "the relay's URL").encode()), party, public.buffer)
        call(lib.pt_p2p_ticket_print, text, made)
        way = cls(text_of(text), **options)
        way._own_key = pair_key
        return way

    def __repr__(self) -> str:
        return f"P2P({self.ticket!r})"

    def _identity(self, identity: keys.Identity, seats: int) -> keys.Identity:
        """The opener uses the ticket's key, and the others know it by that."""
        if self._own_key is not None and identity.key not in (None, self._own_key):
            raise UsageError("the ticket was made with another key than this party's: give it to P2P.new")
        if self._own_key is not None:
            return keys.Identity(identity.secret, identity.key or self._own_key, identity.roster)
        if identity.roster is not None:
            return identity
        text = ffi.new("char[]", lib.PT_KEY_TEXT_SIZE)
        lib.pt_channel_secure_key_print(text, self._parsed.opener_key, False)
        if self._parsed.opener >= seats:
            raise UsageError(f"this ticket is from party {self._parsed.opener}, but the parties here are 0 to {seats - 1}")
        return keys.Identity(identity.secret, identity.key, {int(self._parsed.opener): text_of(text)})

    def _open(self, channel: Any, seat: Seat) -> None:
        kept: List[Any] = []
        if (seat.party == self._parsed.opener) != (self._own_key is not None):
            raise UsageError(f"party {self._parsed.opener} made this ticket, so it is for another party than {seat.party}")
        options = ffi.new(
            "pt_p2p_options *",
            {
                "relay": c_text(ffi.string(self._parsed.relay), kept),
                "session": c_text(self.session, kept),
                "party": seat.party,
                "parties": seat.seats,
                "only_relay": self._only_relay,
                "network": self._network(seat, kept),
            },
        )
        call(lib.pt_channel_p2p_open, channel, options)


class Channel(Way):
    """A channel of your own: fill in `send`, `recv` and `close`.

    Messages between two parties arrive whole, once, in order. All calls come from one thread, which is not the one that
    called `party`. They may raise: TimeoutError when nothing comes, ConnectionError or EOFError when the other has closed,
    PolytuneError; anything else counts as a failure of communication, and is the `__cause__` of what is raised.

    session: a name that all parties have alike. kind: "open", so its messages are encrypted; "local" when they stay
    within the machine, or "secure" when they are encrypted and authenticated already: then they are not again.
    """

    session = "polytune"
    kind: str = "open"

    @abc.abstractmethod
    def send(self, to: int, data: bytes, phase: str) -> None:
        """Sends bytes (perhaps none) to a party. May queue; must not wait for the peer to receive."""

    @abc.abstractmethod
    def recv(self, sender: int, phase: str) -> bytes:
        """The next message of a party; waits for it."""

    @abc.abstractmethod
    def close(self) -> None:
        """Ends it, when what was sent is on its way. Called once."""

    def cancel(self) -> None:
        """Called from another thread when the computation is given up, after Ctrl-C for example: should make a `recv` that
        waits raise something. Without, giving up waits for it."""

    @property
    def encrypts(self) -> bool:  # type: ignore[override]
        if self.kind not in _KINDS:
            raise UsageError(f"a channel's kind is one of {', '.join(_KINDS)}, not {self.kind!r}")
        return self.kind == "open"

    def _open(self, channel: Any, seat: Seat) -> None:
        own = _Own(self, seat.task)
        seat.task.wakers.append(self.cancel)
        channel.ops = _OPS
        channel.self = own.handle


_KINDS = {"open": "PT_CHANNEL_OPEN", "local": "PT_CHANNEL_LOCAL", "secure": "PT_CHANNEL_SECURE"}


class _Own:
    """A Channel that C holds."""

    held: Dict[int, "_Own"] = {}

    def __init__(self, channel: Channel, task: work.Task) -> None:
        self.channel = channel
        self.task = task
        self.handle = ffi.new_handle(self)
        self.held[id(self)] = self

    def fail(self, error: Any, cause: BaseException, peer: int) -> int:
        """Says in C what an exception means."""
        if not isinstance(cause, Exception):
            self.task.fail(cause)
        status = lib.PT_ERR_IO
        if isinstance(cause, PolytuneError):
            status = status_of(cause)
        elif isinstance(cause, TimeoutError):
            status = lib.PT_ERR_TIMEOUT
        elif isinstance(cause, (ConnectionError, EOFError)):
            status = lib.PT_ERR_CLOSED
        if error != ffi.NULL:
            error.status, error.party, error.phase = status, peer, ffi.NULL
            message = f"{type(cause).__name__}: {cause}".encode()[: lib.PT_ERROR_MESSAGE_MAX - 1].decode("utf-8", "ignore").encode()
            ffi.memmove(error.message, message + b"\0", len(message) + 1)
        self.task.cause = self.task.cause or cause
        return int(status)


@ffi.callback("pt_status(void *, size_t, const char *, const uint8_t *, size_t, pt_error *)")
def _send(user: Any, to: int, phase: Any, data: Any, length: int, error: Any) -> int:
    own = ffi.from_handle(user)
    try:
        own.channel.send(to, ffi.buffer(data, length)[:] if length else b"", text_of(phase))
    except BaseException as cause:
        return own.fail(error, cause, to)
    return int(lib.PT_OK)


@ffi.callback("pt_status(void *, size_t, const char *, size_t, uint8_t **, size_t *, pt_error *)")
def _recv(user: Any, sender: int, phase: Any, max_length: int, ret_bytes: Any, ret_length: Any, error: Any) -> int:
    own = ffi.from_handle(user)
    try:
        message = own.channel.recv(sender, text_of(phase))
        data = bytes(message) if isinstance(message, (bytes, bytearray, memoryview)) else None
        if data is None:
            raise TypeError(f"recv gave a {type(message).__name__}, not bytes")
        if len(data) > max_length:
            raise PolytuneError(f"a message of {len(data)} bytes, where {max_length} at most are due", status="PT_ERR_TOO_LARGE")
        place = libc.malloc(max(1, len(data)))
        if place == ffi.NULL:
            raise MemoryError
        ffi.memmove(place, data, len(data))
    except BaseException as cause:
        return own.fail(error, cause, sender)
    ret_bytes[0], ret_length[0] = ffi.cast("uint8_t *", place), len(data)
    return int(lib.PT_OK)


@ffi.callback("void(void *)")
def _close(user: Any) -> None:
    own = ffi.from_handle(user)
    try:
        own.channel.close()
    except Exception as error:
        work.log.warning("closing the channel: %s: %s", type(error).__name__, error)
    finally:
        _Own.held.pop(id(own), None)


@ffi.callback("pt_channel_kind(void *)")
def _kind(user: Any) -> int:
    return int(getattr(lib, _KINDS.get(ffi.from_handle(user).channel.kind, "PT_CHANNEL_OPEN")))


_OPS: Any = ffi.new("pt_channel_ops *", {"send": _send, "recv": _recv, "close": _close, "kind": _kind})


@contextlib.contextmanager
def opened(way: Way, seat: Seat, identity: keys.Identity) -> Iterator[Tuple[Any, Optional[str]]]:
    """An open channel, encrypted, and its five words; closed in the end."""
    if not isinstance(way, Way):
        raise UsageError(f"where to meet is a Relay, Direct, P2P or Channel, not {way!r}")
    identity = way._identity(identity, seat.seats)
    identity.check_keys(seat.party, seat.seats)
    channel = ffi.new("pt_channel *")
    way._open(channel, seat)
    try:
        yield channel, _encrypt(channel, way, seat, identity) if way.encrypts else None
    finally:
        lib.pt_channel_close(channel)


def _encrypt(channel: Any, way: Way, seat: Seat, identity: keys.Identity) -> str:
    with contextlib.ExitStack() as secrets:
        session = way.session.encode()
        options = ffi.new("pt_secure_options *", {"party": seat.party, "parties": seat.seats, "session_len": len(session)})
        kept = [ffi.new("char[]", session)]
        options.session = kept[0]
        if identity.key is not None:
            options.private_key = secrets.enter_context(keys.parse_key(identity.key, "the key")).buffer
        if identity.roster is not None:
            kept.append(ffi.new("uint8_t[]", keys.roster_bytes(identity.roster, seat.seats)))
            options.roster = kept[1]
        if identity.secret is not None:
            raw = identity.secret.encode() if isinstance(identity.secret, str) else identity.secret
            secret = secrets.enter_context(keys.Wiped(raw))
            options.session_secret, options.session_secret_len = secret.buffer, secret.size
        call(lib.pt_channel_secure_wrap, channel, channel[0], options)
    words = ffi.new("char[]", lib.PT_FINGERPRINT_SIZE)
    call(lib.pt_channel_secure_fingerprint, words, channel)
    fingerprint = text_of(words)
    _tell_words(fingerprint, seat, identity)
    return fingerprint


def _tell_words(words: str, seat: Seat, identity: keys.Identity) -> None:
    known = identity.knows_all(seat.party, seat.seats)
    task = seat.task
    if task.has_listener:
        task.tell("words", words)
    elif not known:
        task.tell("words", f"encrypted, but not authenticated: if all parties, on the telephone for example, find the same words, nobody is in between: {words}")

