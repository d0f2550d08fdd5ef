"""What a table of a public data set is, and how its rows are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

NUM = 24  # images of each table
BY_FOLDER = r"--patient-pattern 'patient\d+' "


@dataclass(frozen=True)
class Public:
    """A table as its data set has it, the images that belong to it, and the options of a call."""

    file: str
    lines: Sequence[str]
    images: Sequence[str]
    columns: str
    option: str = ""
    kind: str = "binary"
    classes: int = 2


def rows(line: Callable[[int], str]) -> list[str]:
    return [line(number) for number in range(NUM)]


def marks(number: int, count: int, yes: str = "1", no: str = "0") -> str:
    """Return ``count`` cells of yes or no, in which each column has both."""
    return ",".join(yes if (number + column) % (column % 3 + 2) == 0 else no for column in range(count))
