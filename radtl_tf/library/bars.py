"""Bars that show progress in a terminal and in a notebook; rich draws them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from radtl_tf.progress import Progress, Watch, clock

if TYPE_CHECKING:
    import rich.progress
    from rich.console import Console


@contextmanager
def bars() -> Iterator[Watch]:
    """Give a ``watch`` that draws a bar on stderr for each thing that is counted, while the block runs.

    Nothing is drawn where nobody looks: stderr is no terminal and this is no notebook. What is written to stderr
    meanwhile appears above the bars.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Bars(*columns, console=console, disable=not _is_seen(console), redirect_stdout=False) as drawn:
        yield _Bars(drawn)


def _is_seen(console: Console) -> bool:
    """Tell whether somebody looks; in a notebook rich needs ipywidgets to draw."""
    return find_spec("ipywidgets") is not None if console.is_jupyter else sys.stderr.isatty()


class _Bars:
    """The bars by what they count, each made when it is first counted."""

    def __init__(self, drawn: rich.progress.Progress) -> None:
        self._drawn = drawn
        self._tasks: dict[str, rich.progress.TaskID] = {}

    def __call__(self, progress: Progress) -> None:
        if progress.what not in self._tasks:
            self._tasks[progress.what] = self._drawn.add_task(progress.what, total=progress.total, left="")
        left = "" if progress.seconds_left is None else f"about {clock(progress.seconds_left)} left"
        self._drawn.update(self._tasks[progress.what], completed=progress.done, total=progress.total, left=left)
