"""The table of a parity check: the largest difference of each signature, format and recorded run.

Differences are in probability, or of a regression in SDs of the training labels: a unit of its own would need a
tolerance of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from radtl_tf.deploy.formats.table import FORMATS
from radtl_tf.errors import ExperimentError
from radtl_tf.logs import get_logger
from radtl_tf.models.precision import FLOAT32

_log = get_logger(__name__)

MOST = 64  # images of a check
RECORDED = 1e-3  # of predictions that training recorded, maybe on another device
RECORDED_HALF = 0.1  # the same, of a run in half precision: a model is exported in float32
RECORDED_FORMAT = "predictions.csv"
PROBABILITY, LABEL_SD = "probability", "SD of the training labels"  # what differences are relative to


@dataclass(frozen=True)
class Row:
    """The largest absolute difference of one ``format`` (and ``signature``) over ``images``."""

    format: str
    signature: str
    images: int
    max_difference: float
    tolerance: float

    @property
    def is_within(self) -> bool:
        """Tell whether the difference is a number and within the tolerance."""
        return self.max_difference <= self.tolerance

    def as_dict(self) -> dict[str, Any]:
        """Return the record of the row; JSON has no NaN."""
        is_number = math.isfinite(self.max_difference)
        return {**asdict(self), "max_difference": self.max_difference if is_number else None}


@dataclass(frozen=True)
class Parity:
    """The rows of a check, or the ``reason`` why there was none; ``relative_to`` is the unit of the differences."""

    rows: tuple[Row, ...] = ()
    reason: str | None = None
    relative_to: str = PROBABILITY

    def as_dict(self) -> dict[str, Any]:
        """Return the record for the facts of an exported model; a difference that is not a number is ``None``."""
        if self.reason is not None:
            return {"checked": False, "reason": self.reason}
        return {"checked": True, "relative_to": self.relative_to, "rows": [row.as_dict() for row in self.rows]}

    def as_text(self) -> str:
        """Return the table as aligned text."""
        head = ("format", "signature", "images", "max difference", "tolerance", "")
        body = [
            (
                row.format,
                row.signature,
                str(row.images),
                f"{row.max_difference:.1e}",
                f"{row.tolerance:.0e}",
                _mark(row),
            )
            for row in self.rows
        ]
        return _aligned([head, *body])


def recorded_tolerance(precision: str) -> float:
    """Return how far the predictions of a run in this precision may differ from those of its exported model.

    >>> recorded_tolerance("float32"), recorded_tolerance("mixed_bfloat16")
    (0.001, 0.1)
    """
    return RECORDED if precision == FLOAT32 else RECORDED_HALF


def check(parity: Parity, precision: str = FLOAT32) -> None:
    """Log the table, and check that every row is within its tolerance.

    ``precision`` is the one that the experiment was run in.

    Raises:
        ExperimentError: a row is not within its tolerance.
    """
    if parity.rows and parity.relative_to != PROBABILITY:
        _log.info(f"Differences are relative to the {parity.relative_to}")
    for line in parity.as_text().splitlines() if parity.rows else ():
        _log.info(line)
    failed = [row for row in parity.rows if not row.is_within]
    if not failed:
        _warn_of_precision(parity, precision)
        return
    found = ", ".join(
        f"{' '.join(filter(None, (row.format, row.signature)))} differs by {row.max_difference:.1e} (allowed: "
        f"{row.tolerance:.0e})"
        for row in failed
    )
    raise ExperimentError(
        f"The exported model does not give the scores of its networks: {found}. Nothing was exported."
        f"{_advice([row.format for row in failed], precision)}"
    )


def _warn_of_precision(parity: Parity, precision: str) -> None:
    """Warn if the runs were judged in another precision than the model's, and it makes a difference."""
    recorded = [row.max_difference for row in parity.rows if row.format == RECORDED_FORMAT]
    if precision != FLOAT32 and recorded and recorded[0] > RECORDED:
        _log.warning(
            f"The experiment was run in {precision}, and the model computes in float32: scores differ by up to "
            f"{recorded[0]:.1e} from those that were judged. Run the experiment in float32 to export what was judged."
        )


def _advice(formats: Sequence[str], precision: str) -> str:
    """Return what to do about ``formats`` that differ; ``precision`` is the one of the experiment."""
    if precision != FLOAT32 and RECORDED_FORMAT in formats:
        return f" The experiment was run in {precision}; a model is exported in float32. Run it in float32."
    if all(format in FORMATS and FORMATS[format].precision != FLOAT32 for format in formats):
        return " Rounding to float16 changes these networks too much. Export litert, which keeps float32."
    return ""


def _mark(row: Row) -> str:
    return "" if row.is_within else "exceeded"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
