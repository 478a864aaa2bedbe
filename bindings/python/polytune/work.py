"""Calls that may take long: in a thread of their own, so that Ctrl-C and asyncio stay awake.

The library asks a task whether to give up, and tells it how far it is and on whom it waits. An exception of Python
cannot pass through C, so what a callback raises is kept here, ends the call, and is raised behind it.
"""
from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import sys
import threading
import time
from typing import Any, Callable, List, NamedTuple, Optional, TypeVar, Union

from ._library import ffi, text_of
from .errors import Cancelled, InternalError, PolytuneError, TimedOut

T = TypeVar("T")
log = logging.getLogger("polytune")


class Progress(NamedTuple):
    """How far a call is. `total` is 0, and `fraction` None, while nobody can know it."""

    phase: str
    done: int
    total: int

    @property
    def fraction(self) -> Optional[float]:
        """Between 0 and 1, or None."""
        return min(1.0, self.done / self.total) if self.total else None


class Notice(NamedTuple):
    """Something to tell the user. `kind` is "words" for the five to compare, "constant" for one that a party gives, or
    "notice"."""

    kind: str
    text: str


Watcher = Callable[[Progress], None]
Listener = Callable[[Notice], None]
WantsProgress = Union[bool, Watcher]

_LEVELS = {"words": logging.WARNING, "constant": logging.INFO, "notice": logging.INFO}


class Task:
    """One such call."""

    def __init__(self, progress: WantsProgress = True, notice: Optional[Listener] = None, deadline: Optional[float] = None) -> None:
        self.handle = ffi.new_handle(self)
        self.progress: Optional[Progress] = None
        self.failure: Optional[BaseException] = None
        self.cause: Optional[BaseException] = None  # of a channel of the user's own
        self.wakers: List[Callable[[], None]] = []  # of what waits in Python, where C cannot ask
        self._cancelled = False
        self._watcher = progress if callable(progress) else None
        self._bar = _Bar() if progress is True else None
        self._notice = notice
        self._limit = deadline
        self._deadline = None if deadline is None else time.monotonic() + deadline

    def cancel(self) -> None:
        """Once told, stays told."""
        self._cancelled = True
        for wake in self.wakers:
            try:
                wake()
            except Exception as error:  # the user's own: the run still ends, if later
                log.warning("cancelling the channel: %s: %s", type(error).__name__, error)

    @property
    def is_over(self) -> bool:
        return self._cancelled or self.is_late

    @property
    def is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() > self._deadline

    def fail(self, error: BaseException) -> None:
        """A callback raised this."""
        if self.failure is None:
            self.failure = error
        self.cancel()

    def tell(self, kind: str, text: str) -> None:
        if self._notice is None:
            log.log(_LEVELS[kind], "%s", text)
        else:
            self._notice(Notice(kind, text))

    @property
    def has_listener(self) -> bool:
        return self._notice is not None

    def advance(self, progress: Progress) -> None:
        self.progress = progress
        if self._watcher:
            self._watcher(progress)

    def draw(self) -> None:
        """Shows how far it is. Where that cannot be shown, a closed terminal for example, the computation goes on."""
        if self._bar is None or self.progress is None:
            return
        try:
            self._bar.show(self.progress)
        except Exception as error:
            self._bar = None
            log.debug("no progress bar: %s: %s", type(error).__name__, error)

    def finish(self) -> None:
        with contextlib.suppress(Exception):
            if self._bar is not None:
                self._bar.close()

    def explain(self, error: BaseException) -> BaseException:
        """What to raise for what the call ended with."""
        if self.failure is not None:
            return self.failure
        if isinstance(error, Cancelled) and self.is_late:
            return TimedOut(f"not done after {self._limit:g} s, the deadline", status="PT_ERR_TIMEOUT", phase=error.phase)
        if self.cause is not None and self.cause is not error:
            error.__cause__ = self.cause
        return error


def _failed(*_: Any) -> bool:
    """To give up is right when it cannot be found out whether to."""
    return True


@ffi.callback("bool(void *)", onerror=_failed, error=True)
def cancelled(user: Any) -> bool:
    return bool(ffi.from_handle(user).is_over)


@ffi.callback("void(void *, const char *, uint64_t, uint64_t)")
def progress(user: Any, phase: Any, done: int, total: int) -> None:
    task = ffi.from_handle(user)
    try:
        task.advance(Progress(text_of(phase), done, total))
    except BaseException as error:
        task.fail(error)


@ffi.callback("void(void *, const char *)")
def notice(user: Any, text: Any) -> None:
    task = ffi.from_handle(user)
    try:
        task.tell("notice", text_of(text))
    except BaseException as error:
        task.fail(error)


def run(task: Task, work: Callable[[], T]) -> T:
    """Does the work in a thread and waits. Ctrl-C ends it in order: the others are told, then KeyboardInterrupt."""
    outcome: List[Any] = []
    # A lock alone: Ctrl-C may come between any two steps of Thread.join and of an Event, and leave them in disorder.
    wakes = threading.Lock()
    wakes.acquire()

    def deliver(found: Any) -> None:
        outcome.append(found)
        wakes.release()

    thread = threading.Thread(target=_perform, args=(task, work, deliver), name="polytune")
    try:
        thread.start()
        while not outcome:
            wakes.acquire(timeout=0.1)
            task.draw()
    except BaseException:
        task.cancel()
        while thread.ident is not None and not outcome:
            wakes.acquire(timeout=0.1)
        raise
    finally:
        task.finish()
    return _outcome(outcome[0])


async def run_async(task: Task, work: Callable[[], T]) -> T:
    """The same for asyncio. A cancelled wait ends when the work has."""
    loop = asyncio.get_running_loop()
    future: Any = loop.create_future()

    def deliver(outcome: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed under us
            loop.call_soon_threadsafe(lambda: future.done() or future.set_result(outcome))

    threading.Thread(target=_perform, args=(task, work, deliver), name="polytune").start()
    try:
        while not future.done():
            await asyncio.wait([future], timeout=0.1)
            task.draw()
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([future])
        raise
    except BaseException:  # Ctrl-C in the midst of this function, before Python 3.11
        task.cancel()
        raise
    finally:
        task.finish()
    return _outcome(future.result())


def _perform(task: Task, work: Callable[[], Any], deliver: Callable[[Any], None]) -> None:
    try:
        outcome: Any = (work(), None)
        if task.failure is not None:
            outcome = (None, task.failure)
    except BaseException as error:
        outcome = (None, task.explain(error))
    deliver(outcome)


def _outcome(outcome: Any) -> Any:
    value, error = outcome
    if isinstance(error, PolytuneError) and not isinstance(error, InternalError):
        error = error.with_traceback(None)  # says all by itself; where in the package tells users nothing
    if error is not None:
        raise error from (error.__cause__ if isinstance(error, PolytuneError) else None)
    return value


_QUICK = 0.5  # seconds; what takes no longer needs no bar
_WITH_TOTAL, _WITHOUT = "{desc} {percentage:3.0f}% |{bar}| {elapsed}", "{desc} {n_fmt} {elapsed}"


class _Bar:
    """A progress bar, when tqdm is installed and there is a terminal or notebook to show it on."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._shown: Optional[Progress] = None
        self._since = time.monotonic()  # that was shown, or the call began

    def show(self, at: Progress) -> None:
        """Shows it if it is new, or what was shown is a second old."""
        now = time.monotonic()
        if now - self._since < (1 if at == self._shown else _QUICK if self._bar is None else 0.1):
            return
        self._since = now
        if self._bar is None and not self._open():
            return
        self._shown = at
        self._bar.set_description_str(at.phase, refresh=False)
        self._bar.total = at.total or None
        self._bar.bar_format = _WITH_TOTAL if at.total else _WITHOUT
        self._bar.n = min(at.done, at.total) if at.total else at.done
        self._bar.refresh()

    def _open(self) -> bool:
        made = _tqdm()
        if made is None:
            return False
        self._bar = made(total=None, leave=False, unit_scale=True, bar_format=_WITHOUT, disable=False if _in_notebook() else None)
        return True

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _tqdm() -> Any:
    """tqdm, for a notebook if it has the widgets that that needs; None without."""
    try:
        if _in_notebook() and importlib.util.find_spec("ipywidgets"):
            return importlib.import_module("tqdm.notebook").tqdm
        return importlib.import_module("tqdm").tqdm
    except ImportError:
        return None


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None
