"""Ages above 89 years identify people, because few people are so old: documents name them as one group.

HIPAA's safe harbor demands it (45 CFR 164.514(b)(2)(i)(C)): "90 or more" in place of 93.
"""

from __future__ import annotations

OLDEST = 89  # years: the highest age that is named
_NOBODY = 130  # years: nobody is older, so a higher number is not an age
_YEARS = {"year", "years", "yr", "yrs", "y", "a"}


def identifies(number: float, unit: str | None) -> bool:
    """Whether a number of the label is an age above 89; ``unit`` is the one of the label.

    >>> identifies(12, "years"), identifies(93, "years"), identifies(999, "years"), identifies(93, "mm")
    (False, True, False, False)
    """
    return OLDEST < number <= _NOBODY and (unit or "").strip().lower() in _YEARS


def named(number: float, unit: str | None) -> str:
    """Return a number of the label for a document.

    >>> named(12.25, "years"), named(93, "years"), named(93, "mm")
    ('12.25', '90 or more', '93')
    """
    return f"{OLDEST + 1} or more" if identifies(number, unit) else f"{number:.4g}"


def grouped(number: float, unit: str | None) -> float:
    """Return the number, or 90 for an age above 89: for files that are handed on."""
    return float(OLDEST + 1) if identifies(number, unit) else float(number)
