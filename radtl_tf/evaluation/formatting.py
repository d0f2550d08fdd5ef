"""Numbers, intervals and lists as text, in the same form in sentences, tables, figures and pages."""

from __future__ import annotations

import math
from collections.abc import Sequence


def number(value: float, *, sign: bool = False) -> str:
    """Return ``value`` with three decimals, without a minus before zero; a dash for ``nan``.

    >>> number(-0.0001), number(0.0524, sign=True), number(float("nan"))
    ('0.000', '+0.052', '-')
    """
    if math.isnan(value):
        return "-"
    rounded = round(value, 3) + 0.0  # turns -0.0 into 0.0
    return f"{rounded:+.3f}" if sign else f"{rounded:.3f}"


def range_text(low: float, high: float) -> str:
    """Return an interval's ends, or a dash if there is no interval."""
    return "-" if math.isnan(low) else f"{number(low)} to {number(high)}"


def with_interval(mean: float, low: float, high: float) -> str:
    """Return a value with its interval, or only the value if there is no interval.

    >>> with_interval(0.712, 0.65, 0.77), with_interval(0.712, float("nan"), float("nan"))
    ('0.712 (0.650 to 0.770)', '0.712')
    """
    interval = range_text(low, high)
    return number(mean) if interval == "-" else f"{number(mean)} ({interval})"


def p_text(value: float) -> str:
    """Return ``= 0.026`` or ``< 0.001`` for a sentence; a dash if there is no p."""
    if math.isnan(value):
        return "-"
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def p_cell(value: float) -> str:
    """Return a p for a cell of a table.

    >>> p_cell(0.0264), p_cell(0.0001)
    ('0.026', '< 0.001')
    """
    return p_text(value).removeprefix("= ")


def listed(words: Sequence[str]) -> str:
    """Return the words as English lists them.

    >>> listed(["a"]), listed(["a", "b", "c"]), listed([])
    ('a', 'a, b and c', '')
    """
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def size_text(num_bytes: float) -> str:
    """Return a size on disk in the unit that suits it.

    >>> size_text(512), size_text(5_400_000), size_text(20.1e9)
    ('512 B', '5.4 MB', '20.1 GB')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if num_bytes >= size:
            return f"{num_bytes / size:.1f} {unit}"
    return f"{num_bytes:.0f} B"
