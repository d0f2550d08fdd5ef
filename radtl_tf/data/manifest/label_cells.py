"""Read the labels of each row from its label columns; the task decides what missing and uncertain labels mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from radtl_tf.data.manifest.cases import LabelCounts
from radtl_tf.data.manifest.label_lists import labels_in
from radtl_tf.data.manifest.label_words import is_missing, is_uncertain, mark, written_as
from radtl_tf.data.manifest.labels import Labels, RowLabels
from radtl_tf.data.manifest.numbers_and_stages import number_texts, stage_names
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task

Columns = Mapping[str, Sequence[str]]  # the cells of each label column, a row each
_Said = TypeVar("_Said")
_MAX_NAMED = 6  # columns in a message
_ORDERED = ("regression", "ordinal")  # numbers and stages
_MEANINGS = {
    "no": "'no' (the class is absent)",
    "yes": "'yes' (the class is present)",
    "ignore": "'ignore' (unknown: excluded from training and metrics)",
}


@dataclass(frozen=True)
class CellLabels:
    """The labels of the rows that are kept: ``rows`` are their positions, ``counts`` the gaps in the table.

    ``said``: a line for each decision about missing or uncertain labels.
    """

    rows: tuple[int, ...]
    labels: RowLabels
    counts: LabelCounts
    said: tuple[str, ...]


def read_cells(columns: Columns, lines: Sequence[int], task: Task) -> CellLabels:
    """Return the labels of N rows, whose ``lines`` are for messages; rows without a known label are left out.

    One column holds a class, a number or a stage per cell, or a list of classes divided by ``task.label_separator``;
    several columns hold a yes or no per class. An empty list means none of the classes, unless ``task.missing`` says
    otherwise.

    Raises:
        DataError: a label is missing or uncertain and the task does not say what it means, a mark is neither yes nor
            no, a cell is not a number, or a stage is not listed.
    """
    if not isinstance(task.label, str):
        return _of_marks(columns, lines, task)
    cells = [cell.strip() for cell in columns[task.label]]
    if task.kind in _ORDERED:
        return _of_ordered(cells, lines, task)
    return _of_lists(cells, lines, task) if task.label_separator else _of_classes(cells, lines, task)


def _of_marks(columns: Columns, lines: Sequence[int], task: Task) -> CellLabels:
    """Read a column of yes and no per class."""
    marks = {name: _each(cells, mark) for name, cells in columns.items()}
    for name, said in marks.items():
        wrong = [line for line, one in zip(lines, said, strict=True) if not one]
        if wrong:
            raise DataError(
                f"{_rows(wrong)} with neither 1 nor 0 in the label column {name!r}, first line {wrong[0]}. Write 1 or "
                "0, yes or no, true or false, or -1 for uncertain."
            )
    counts = _declared(marks, lines, task)
    policy: dict[str, str] = {"yes": "yes", "no": "no", "missing": task.missing, "uncertain": task.uncertain}
    states = [[policy[one] for one in row] for row in zip(*marks.values(), strict=True)]
    names = [tuple(name for name, one in zip(marks, row, strict=True) if one == "yes") for row in states]
    unknown = [tuple(name for name, one in zip(marks, row, strict=True) if one == "ignore") for row in states]
    return _kept(names, unknown, [len(of_row) == len(marks) for of_row in unknown], counts, _said(counts, task))


def _of_lists(cells: Sequence[str], lines: Sequence[int], task: Task) -> CellLabels:
    """Read a list of classes per cell."""
    lists = [labels_in(cell, str(task.label_separator)) for cell in cells]
    wanted = {*task.classes, *filter(None, (task.positive,))}
    lost = [len(names) == 1 and names[0] not in wanted and is_missing(names[0]) for names in lists]
    empty = [not names for names in lists]
    missing = [a or (b and task.missing != "refuse") for a, b in zip(lost, empty, strict=True)]
    said = {str(task.label): ["missing" if one else "" for one in missing]}
    counts = _declared(said, lines, task)
    names = [() if one else of_row for one, of_row in zip(missing, lists, strict=True)]
    told = list(_said(counts, task))
    if any(empty) and task.missing == "refuse":
        told.append(f"{sum(empty)} cells of the label {task.label!r} are empty: these images have none of the classes")
    ignored = [one and task.missing == "ignore" for one in missing]
    return _kept(names, [()] * len(names), ignored, counts, told)


def _of_classes(cells: Sequence[str], lines: Sequence[int], task: Task) -> CellLabels:
    """Read the name of one class per cell."""
    known = {cell for cell in set(cells) if not is_missing(cell) or cell == task.positive}
    positive = written_as(task.positive, known) if task.positive is not None else None
    unsure = _unsure(known, positive, task)
    said = {str(task.label): ["missing" if c not in known else "uncertain" if c in unsure else "" for c in cells]}
    counts = _declared(said, lines, task)
    policy: dict[str, str] = {"missing": task.missing, "uncertain": task.uncertain}
    others = sorted(known - unsure - {positive})
    meant = {"yes": (positive or str(task.positive),), "no": tuple(others[:1]), "ignore": ()}
    states = [policy.get(one, "") for one in said[str(task.label)]]
    names = [meant[state] if state else (cell,) for state, cell in zip(states, cells, strict=True)]
    told = list(_said(counts, task))
    if positive is not None and positive != task.positive:
        told.append(f"the positive class {task.positive!r} is {positive!r} in the column {task.label!r}")
    return _kept(names, [()] * len(names), [state == "ignore" for state in states], counts, told)


def _of_ordered(cells: Sequence[str], lines: Sequence[int], task: Task) -> CellLabels:
    """Read the number of a regression, or the stage of an ordinal task, in each cell."""
    lost = [is_missing(cell) and cell not in task.classes for cell in cells]
    counts = _declared({str(task.label): ["missing" if one else "" for one in lost]}, lines, task)
    there = [(cell, line) for cell, line, one in zip(cells, lines, lost, strict=True) if not one]
    found = iter((number_texts if task.kind == "regression" else stage_names)(there, task))
    names = [() if one else (next(found),) for one in lost]
    return _kept(names, [()] * len(names), lost, counts, _said(counts, task))


def _unsure(known: set[str], positive: str | None, task: Task) -> set[str]:
    """Return the labels of a binary column that mean uncertain: a word, or -1 if the positive class is yes or 1."""
    if task.kind != "binary":
        return set()
    marks = positive is not None and mark(positive) == "yes"
    return {name for name in known - {positive} if is_uncertain(name) or (marks and mark(name) == "uncertain")}


def _declared(said: Mapping[str, Sequence[str]], lines: Sequence[int], task: Task) -> LabelCounts:
    """Count missing and uncertain labels per column.

    Raises:
        DataError: there are such labels, and the task does not say what they mean.
    """
    missing, uncertain = (_per_column(said, what) for what in ("missing", "uncertain"))
    found = (("missing", missing, task.missing), ("uncertain", uncertain, task.uncertain))
    faults = [
        _fault(what, counts, _first(said, what, lines), task)
        for what, counts, policy in found
        if counts and policy == "refuse"
    ]
    if faults:
        raise DataError(" ".join(faults))
    return LabelCounts(missing=missing, uncertain=uncertain)


def _fault(what: str, counts: Mapping[str, int], first: int, task: Task) -> str:
    """Return the error about labels whose meaning the task does not say."""
    one_only = task.kind == "multiclass" or task.kind in _ORDERED
    meanings = ["ignore"] if one_only else ["no", *(["yes"] if what == "uncertain" else []), "ignore"]
    *others, last = (_MEANINGS[one] for one in meanings)
    options = f"{', '.join(others)} or {last}" if others else last
    number = sum(counts.values())
    return (
        f"{number} {'label is' if number == 1 else 'labels are'} {what}: {_named(counts)}; first line {first}. Fill "
        f"{'it' if number == 1 else 'them'} in, or set task.{what} to {options}."
    )


def _per_column(said: Mapping[str, Sequence[str]], what: str) -> dict[str, int]:
    return {name: number for name, cells in said.items() if (number := sum(cell == what for cell in cells))}


def _first(said: Mapping[str, Sequence[str]], what: str, lines: Sequence[int]) -> int:
    return next(line for line, row in zip(lines, zip(*said.values(), strict=True), strict=True) if what in row)


def _named(counts: Mapping[str, int]) -> str:
    named = ", ".join(f"{name!r} {number}" for name, number in list(counts.items())[:_MAX_NAMED])
    return named + (f" and {len(counts) - _MAX_NAMED} more columns" if len(counts) > _MAX_NAMED else "")


def _said(counts: LabelCounts, task: Task) -> Iterator[str]:
    for what, found, policy in (
        ("missing", counts.missing, task.missing),
        ("uncertain", counts.uncertain, task.uncertain),
    ):
        if found:
            meaning = "are ignored" if policy == "ignore" else f"count as {policy}"
            yield f"{sum(found.values())} {what} labels {meaning} (task.{what} = {policy!r}): {_named(found)}"


def _kept(
    names: Sequence[Labels],
    unknown: Sequence[Labels],
    ignored: Sequence[bool],
    counts: LabelCounts,
    said: Iterable[str],
) -> CellLabels:
    """Leave out the rows whose labels are all ignored.

    Raises:
        DataError: no row is left.
    """
    rows = tuple(row for row, out in enumerate(ignored) if not out)
    if not rows:
        raise DataError(
            "no row has a known label; expected at least one: fill in the labels, or change task.missing or "
            "task.uncertain."
        )
    left_out = len(ignored) - len(rows)
    lines = [*said, *([f"{left_out} rows have no known label and are left out"] if left_out else [])]
    labels = RowLabels(tuple(names[row] for row in rows), tuple(unknown[row] for row in rows))
    return CellLabels(rows, labels, replace(counts, left_out=left_out), tuple(lines))


def _each(cells: Sequence[str], say: Callable[[str], _Said]) -> list[_Said]:
    """Return the answer for every cell; each different cell is read once."""
    known = {cell: say(cell) for cell in set(cells)}
    return [known[cell] for cell in cells]


def _rows(lines: Sequence[int]) -> str:
    return f"{len(lines)} row{'s' if len(lines) > 1 else ''}"
