"""Show progress bars: with rich in a terminal, as HTML in a notebook."""

from __future__ import annotations

import html
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from radtl_tf.progress import Progress, Watch, clock, silent

if TYPE_CHECKING:
    import rich.progress


@contextmanager
def bars() -> Iterator[Watch]:
    """Yield a ``watch`` that draws one bar per counted thing while the block runs.

    In a terminal the bars are on stderr, and other output to stderr appears above them. Without a terminal or a
    notebook, nothing is drawn.
    """
    if _in_notebook():
        yield _NotebookBars()
    elif sys.stderr.isatty():
        with _terminal_bars() as watch:
            yield watch
    else:
        yield silent


def left_text(progress: Progress) -> str:
    """Return the remaining time in words, or "" if it is unknown.

    >>> left_text(Progress("Runs", 3, 30, seconds_left=125))
    'about 2 min 5 s left'
    """
    return "" if progress.seconds_left is None else f"about {clock(progress.seconds_left)} left"


def _in_notebook() -> bool:
    """Return whether this process is the kernel of a notebook."""
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


class _NotebookBars:
    """The bars in the output of a cell; each is created on its first count and then updated in place."""

    def __init__(self) -> None:
        self._shown: dict[str, Any] = {}

    def __call__(self, progress: Progress) -> None:
        from IPython.display import HTML, display

        bar = HTML(notebook_bar(progress))
        if progress.what in self._shown:
            self._shown[progress.what].update(bar)
        else:
            self._shown[progress.what] = display(bar, display_id=True)


def notebook_bar(progress: Progress) -> str:
    """Return a bar as HTML."""
    bar = f'<progress value="{progress.done}" max="{progress.total}"></progress>'
    return f"{html.escape(progress.what)} {bar} {progress.done}/{progress.total} {left_text(progress)}".rstrip()


@contextmanager
def _terminal_bars() -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Bars(*columns, console=Console(stderr=True), redirect_stdout=False) as drawn:
        yield _TerminalBars(drawn)


class _TerminalBars:
    """The bars in a terminal; each is created on its first count."""

    def __init__(self, drawn: rich.progress.Progress) -> None:
        self._drawn = drawn
        self._tasks: dict[str, rich.progress.TaskID] = {}

    def __call__(self, progress: Progress) -> None:
        if progress.what not in self._tasks:
            self._tasks[progress.what] = self._drawn.add_task(progress.what, total=progress.total, left="")
        task, left = self._tasks[progress.what], left_text(progress)
        self._drawn.update(task, completed=progress.done, total=progress.total, left=left)
