"""Calls that may take long: in a thread of their own, so that Ctrl-C and asyncio stay awake.

The library asks a task whether to give up, and tells it how far it is and on whom it waits. An exception of Python
cannot pass through C, so what a callback raises is kept here, ends the call, and is raised behind it.
"""
from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import Any, Callable, List, NamedTuple, Optional, TypeVar, Union

from ._library import ffi, text_of
from .errors import Cancelled, PolytuneError, TimedOut

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
        self._cancelled = False
        self._watcher = progress if callable(progress) else None
        self._bar = _Bar() if progress is True else None
        self._notice = notice
        self._limit = deadline
        self._deadline = None if deadline is None else time.monotonic() + deadline

    def cancel(self) -> None:
        """Once told, stays told."""
        self._cancelled = True

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
        if self._bar and self.progress:
            self._bar.show(self.progress)

    def finish(self) -> None:
        if self._bar:
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
    done = threading.Event()  # Thread.join takes a thread for ended when Ctrl-C comes in it (Python 3.11)

    def deliver(found: Any) -> None:
        outcome.append(found)
        done.set()

    threading.Thread(target=_perform, args=(task, work, deliver), name="polytune").start()
    try:
        while not done.wait(0.1):
            task.draw()
    except BaseException:
        task.cancel()
        done.wait()
        raise
    finally:
        task.finish()
    return _outcome(outcome[0])


async def run_async(task: Task, work: Callable[[], T]) -> T:
    """The same for asyncio. A cancelled wait ends when the work has."""
    loop = asyncio.get_running_loop()
    future: Any = loop.create_future()

    def deliver(outcome: Any) -> None:
        loop.call_soon_threadsafe(lambda: future.done() or future.set_result(outcome))

    thread = threading.Thread(target=_perform, args=(task, work, deliver), name="polytune")
    thread.start()
    try:
        return _outcome(await asyncio.shield(future))
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait([future])
        raise


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
    if error is not None:
        raise error from (error.__cause__ if isinstance(error, PolytuneError) else None)
    return value


class _Bar:
    """A progress bar, when tqdm is installed and there is a terminal or notebook to show it on."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._phase = ""
        self._made = time.monotonic()

    def show(self, at: Progress) -> None:
        if self._bar is None and not self._open():
            return
        if at.phase != self._phase:
            self._phase = at.phase
            self._bar.set_description_str(at.phase, refresh=False)
        if at.total:
            self._bar.total = at.total
        self._bar.n = min(at.done, at.total) if at.total else at.done
        self._bar.refresh()

    def _open(self) -> bool:
        if time.monotonic() - self._made < 0.5:  # what is quick needs none
            return False
        try:
            from tqdm.auto import tqdm
        except ImportError:
            return False
        self._bar = tqdm(total=None, leave=False, disable=None if not _in_notebook() else False, bar_format="{desc} {percentage:3.0f}% |{bar}| {elapsed}")
        return True

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _in_notebook() -> bool:
    import sys

    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None
