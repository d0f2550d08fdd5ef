"""Look at the numbers of a regression: units that look mixed, and values far from all others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.findings import Finding
from radtl_tf.data.folds.strata import range_of
from radtl_tf.records.ages import named

_GAP = 1.5  # between the two groups: the smallest number of the upper one, divided by the largest of the lower one
_UNITS = (  # how many times larger a number becomes, and for which two units
    ((9.0, 16.0), "months and years, or millimeters and centimeters"),
    ((300.0, 440.0), "days and years"),
)
_FAR = 4.0  # interquartile ranges beyond a quartile; of a normal distribution, one in 10 million is so far away


@dataclass(frozen=True)
class _Mixed:
    """The numbers above a gap, (N,), whose units may differ, how many times larger they are, and the two units."""

    upper: NDArray[np.bool_]
    times: float
    units: str


def mixed_units(data: CheckData) -> Iterator[Finding]:
    """Yield a finding if some numbers are as many times larger than the others as two units differ."""
    found = _mixed(data.numbers) if data.numbers is not None else None
    if data.numbers is None or found is None:
        return
    upper, lower = data.numbers[found.upper], data.numbers[~found.upper]
    yield data.at(
        "label-units",
        f"{len(upper)} labels ({range_of(upper)}) are about {found.times:.0f} times the other {len(lower)} "
        f"({range_of(lower)}): the units may be mixed, such as {found.units}.",
        np.flatnonzero(found.upper if len(upper) <= len(lower) else ~found.upper),
    )


def extreme_numbers(data: CheckData) -> Iterator[Finding]:
    """Yield a finding about numbers far from all others, unless their unit explains them."""
    if data.numbers is None or _mixed(data.numbers) is not None:
        return
    low, high = np.quantile(data.numbers, (0.25, 0.75))
    far = (data.numbers < low - _FAR * (high - low)) | (data.numbers > high + _FAR * (high - low))
    if high > low and far.any():
        ends = dict.fromkeys(named(end, "years") for end in (data.numbers[far].min(), data.numbers[far].max()))
        message = f"{int(far.sum())} labels are far from the others: {' to '.join(ends)}, where half of all "
        yield data.at("label-extreme", f"{message}are from {low:.4g} to {high:.4g}.", np.flatnonzero(far))


def _mixed(numbers: NDArray[np.float64]) -> _Mixed | None:
    """Divide the numbers at their largest gap, on a logarithmic scale; ``None`` if no two units explain it."""
    ordered = np.unique(numbers)
    if len(ordered) < 2 or ordered[0] <= 0:
        return None
    steps = ordered[1:] / ordered[:-1]
    at = int(steps.argmax())
    upper = numbers > ordered[at]
    times = float(np.median(numbers[upper]) / np.median(numbers[~upper]))
    fitting = [units for (low, high), units in _UNITS if low <= times <= high]
    return _Mixed(upper, times, fitting[0]) if steps[at] >= _GAP and fitting else None
