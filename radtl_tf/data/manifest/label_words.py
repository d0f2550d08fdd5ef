"""Interpret the cells of label columns: yes, no, uncertain, missing, or the name of a class."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Literal

from radtl_tf.records.plain_text import MISSING_WORDS

Mark = Literal["yes", "no", "uncertain", "missing", ""]

# Some statistics programs write a dot for a missing value. "none" is not included: it names a class in many tables.
_MISSING = MISSING_WORDS | {"."}
_YES = frozenset(("yes", "y", "true", "t"))
_NO = frozenset(("no", "n", "false", "f"))
_UNCERTAIN = frozenset(("uncertain", "unsure", "?"))
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d*)?")


def is_missing(cell: str) -> bool:
    """Tell whether a cell is blank or holds a marker of a missing value.

    >>> [is_missing(cell) for cell in ("", " NaN ", "#N/A", "NA", "none", "0")]
    [True, True, True, True, False, False]
    """
    return cell.strip().casefold() in _MISSING


def is_uncertain(cell: str) -> bool:
    """Tell whether a cell is a word for an uncertain label."""
    return cell.strip().casefold() in _UNCERTAIN


def mark(cell: str) -> Mark:
    """Return the meaning of a cell in a column of yes and no, or "" for any other cell.

    Yes and no are 1 and 0, yes and no, true and false, in upper or lower case; -1 is uncertain, as in CheXpert (Irvin
    et al., AAAI 2019).

    >>> [mark(cell) for cell in ("1.0", "FALSE", "-1", "nan", "present")]
    ['yes', 'no', 'uncertain', 'missing', '']
    """
    word = cell.strip().casefold()
    if word in _MISSING or word == "none":
        return "missing"
    if word in _UNCERTAIN:
        return "uncertain"
    by_number: dict[float | None, Mark] = {1.0: "yes", 0.0: "no", -1.0: "uncertain"}
    return "yes" if word in _YES else "no" if word in _NO else by_number.get(_number(word), "")


def written_as(name: str, labels: Collection[str]) -> str | None:
    """Return the label that ``name`` means: itself, or the only label with the same meaning, else ``None``.

    >>> written_as("1", ["0.0", "1.0"]), written_as("yes", ["0", "1"]), written_as("sick", ["well"])
    ('1.0', '1', None)
    """
    if name in labels:
        return name
    same = [label for label in labels if _says(label) == _says(name)]
    return same[0] if len(same) == 1 else None


def alike(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of labels that differ only by case, by spaces or by the form of a number, sorted.

    >>> alike(["Caries", "caries", "1", "1.0", "none"])
    [('1', '1.0'), ('Caries', 'caries')]
    """
    groups: dict[object, list[str]] = {}
    for label in sorted(set(labels)):
        number = _number(label)
        groups.setdefault("".join(label.casefold().split()) if number is None else number, []).append(label)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _says(label: str) -> object:
    """Return the meaning of a label: yes or no, its number, or the label itself."""
    said = mark(label)
    if said in ("yes", "no"):
        return said
    number = _number(label)
    return label if number is None else number


def _number(text: str) -> float | None:
    found = _NUMBER.fullmatch(text.strip())
    return float(found[0].replace(",", ".")) if found else None
