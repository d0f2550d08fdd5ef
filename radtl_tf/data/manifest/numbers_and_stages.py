"""Read the cells of a label that is a number (regression) or one of several stages in order (ordinal)."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from radtl_tf.errors import DataError, nearest
from radtl_tf.records.experiment import Task

Cells = Sequence[tuple[str, int]]  # each cell that is not missing, and its line

_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d+)?", re.IGNORECASE)
_WITH_UNIT = re.compile(r"[\d.,]+ ?[^\W\d_]{1,8}")  # such as 10Y: no date, name or id has this form
_MAX_NAMED = 6  # a column with more values may hold names of people, so they are not shown


def number_of(text: str) -> float:
    """Return the number that a cell holds, ``nan`` for any other text, and infinity for a number that is too large.

    The forms are those of spreadsheets: with a decimal point or comma, with an exponent, in wide digits.

    >>> number_of(" 12,5 "), number_of("1e3"), number_of("10Y"), number_of("1,234.5")
    (12.5, 1000.0, nan, nan)
    """
    written = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").strip()
    return float(written.replace(",", ".")) if _NUMBER.fullmatch(written) else math.nan


def text_of(number: float) -> str:
    """Return the text of a number in ``RowLabels``; ``number_of`` returns the same number."""
    return repr(float(number))


def number_texts(cells: Cells, task: Task) -> list[str]:
    """Return the text of the number in each cell.

    Raises:
        DataError: a cell is not a finite number, or some cells have a decimal comma and others a decimal point.
    """
    numbers = [number_of(cell) for cell, _ in cells]
    wrong = [place for place, number in enumerate(numbers) if not math.isfinite(number)]
    if wrong:
        cell, line = cells[wrong[0]]
        shown = f" ({cell!r})" if _WITH_UNIT.fullmatch(cell) else ""
        raise DataError(
            f"{len(wrong)} cell{'s' if len(wrong) > 1 else ''} of the label {task.label!r} "
            f"{'are' if len(wrong) > 1 else 'is'} not a finite number, first line {line}{shown}. Write the number in "
            f"{task.label_unit} without its unit, such as 10, 10.5 or 10,5, not 10Y; leave the cell of an unknown "
            "number empty and set task.missing = 'ignore'."
        )
    points, commas = (next((line for cell, line in cells if mark in cell), None) for mark in ".,")
    if points is not None and commas is not None:
        raise DataError(
            f"the label {task.label!r} has a decimal point in line {points} and a decimal comma in line {commas}: "
            "write all numbers in one way, without separators of thousands."
        )
    return [text_of(number) for number in numbers]


def stage_names(cells: Cells, task: Task) -> list[str]:
    """Return the stage in each cell, as ``task.classes`` writes it; 1.0 is the stage 1.

    Raises:
        DataError: a cell is not among the stages.
    """
    by_number = {number: stage for stage in task.classes if not math.isnan(number := number_of(stage))}
    found = [cell if cell in task.classes else by_number.get(number_of(cell), cell) for cell, _ in cells]
    refuse_unlisted(found, task.classes, [line for _, line in cells])
    return found


def refuse_unlisted(names: Sequence[str], stages: Sequence[str], lines: Sequence[int] | None = None) -> None:
    """Refuse names that are not among ``stages``; the message has the first of ``lines``, if they are given.

    Raises:
        DataError: there are such names.
    """
    wrong = [place for place, name in enumerate(names) if name not in stages]
    if not wrong:
        return
    counts = Counter(names[place] for place in wrong)
    shown = ", ".join(repr(name) for name, _ in counts.most_common()) if len(counts) <= _MAX_NAMED else ""
    first = names[wrong[0]]
    where = f", first line {lines[wrong[0]]}" if lines is not None else ""
    raise DataError(
        f"{len(wrong)} image{'s have a stage' if len(wrong) > 1 else ' has a stage'} that task.classes does not list"
        f"{f': {shown}' if shown else ''}{where}{nearest(first, stages)}. The stages are {', '.join(stages)}: correct "
        "the label, or list the stage in its place."
    )
