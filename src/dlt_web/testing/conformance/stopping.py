"""Ends a run that is told to stop, so that no process stays that it started, and no seat that it took."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType

import psutil

from dlt_web.testing.processes import await_end

# Interrupt, end, and where there is one: the terminal is gone.
STOP_SIGNALS: tuple[signal.Signals, ...] = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_KILL_WAIT_S = 5.0


@contextmanager
def ending_cleanly(
    give_up: Callable[[], None],
    signals: Sequence[signal.Signals] = STOP_SIGNALS,
    *,
    save: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """End this process cleanly when one of some signals comes, with the exit code that a shell expects (128 + number).

    What a ``with`` would do cannot be waited for: Playwright's event loop runs in the main thread, stands still while a
    signal is handled, and is broken by an exception out of there. So browsers and servers are killed, and the rest is
    given back without them.

    Args:
        give_up: gives back what outlives the processes; called when they are gone. Its error is said in a sentence.
        signals: to be heard, unless they are ignored already. In another thread than the main one, which hears none,
            nothing is changed.
        save: writes down what was found until then; called before, with the signal's name. Its error is said, too.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: FrameType | None) -> None:
        for one in signals:
            signal.signal(one, signal.SIG_IGN)
        name = signal.Signals(number).name
        say(f"Told to stop ({name}): giving back what the run took.")
        _kill_children()
        if save is not None:
            # First: whoever stops a run kills it if it takes long, as it does where a server is busy.
            _try(partial(save, name))
        _try(give_up)
        os._exit(128 + number)

    # What whoever started this wants unheard, such as nohup, stays so.
    before = {one: signal.signal(one, end) for one in signals if signal.getsignal(one) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _try(step: Callable[[], None]) -> None:
    """Do one thing of several, of which each is to be done whatever becomes of the others."""
    try:
        step()
    except Exception as error:
        say(f"Error: {error}")


def _kill_children() -> None:
    """End all processes that this one, or one that it started, started."""
    children = psutil.Process().children(recursive=True)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    await_end(children, _KILL_WAIT_S)


def say(sentence: str) -> None:
    """Write to stderr past Python's buffers, which may be in the middle of something."""
    with suppress(OSError, ValueError, AttributeError):  # where it was closed from the beginning, there is none
        os.write(sys.stderr.fileno(), f"{sentence}\n".encode())
