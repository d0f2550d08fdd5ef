"""SIGINT and SIGTERM end a verb with one line and the exit code that shells expect."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from radtl_tf.records.safety.parent import is_supervised

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE = 10.0  # seconds to end in order: a library may swallow the exception or be busy in native code


class Interrupted(click.ClickException):
    """A signal has stopped the verb; the exit code is 128 plus its number."""

    def __init__(self, number: int) -> None:
        super().__init__("Interrupted. Run the same command again to continue.")
        self.exit_code = 128 + number  # type: ignore[misc]

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line on stderr without the word Error."""
        click.echo(self.message, file=file, err=True)


@contextmanager
def stoppable() -> Iterator[None]:
    """Run a block that SIGINT and SIGTERM end in order; a second signal or ``GRACE`` ends the process at once.

    Files are written whole or not at all, so nothing is lost. A signal that the process ignores, such as in a
    background job, stays ignored.

    Raises:
        Interrupted: a signal came, even if the block swallowed its exception.
    """
    received: list[int] = []
    timers: list[threading.Timer] = []

    def stop(number: int, _: object) -> None:
        received.append(number)
        timers.append(threading.Timer(GRACE, _kill, [number]))
        timers[0].daemon = True
        timers[0].start()
        for heard in before:
            signal.signal(heard, signal.SIG_DFL)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in _heard()}
    try:
        yield
    except BaseException as error:
        if received:
            raise Interrupted(received[0]) from error
        raise
    finally:
        for timer in timers:
            timer.cancel()
        if not received:
            for number, handler in before.items():
                signal.signal(number, handler)


def _kill(number: int) -> None:
    """End this process by the default action of a signal; a shell reports 128 plus its number."""
    if not is_supervised():  # else the parent says it
        Interrupted(number).show()
    os.kill(os.getpid(), number)


def _heard() -> list[signal.Signals]:
    """Return the signals that can be handled here: Python allows this in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        return []
    return [number for number in _SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
