"""Read operating points of an experiment file: ``youden``, ``sensitivity = 0.95``, ``specificity = 0.90``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast, get_args

from radtl_tf.errors import ExperimentError, nearest

Aim = Literal["youden", "sensitivity", "specificity"]
_TARGET = re.compile(r"(\w+)\s*=\s*([0-9.]+)")


@dataclass(frozen=True)
class OperatingPoint:
    """The aim of a threshold: the largest Youden index, or a sensitivity or specificity of at least ``target``."""

    aim: Aim
    target: float | None = None

    @property
    def name(self) -> str:
        """Return the name for tables, which is also valid in the file."""
        return self.aim if self.target is None else f"{self.aim} = {self.target:g}"


def operating_point(text: str) -> OperatingPoint:
    """Read one entry of ``evaluation.operating_points``.

    Raises:
        ExperimentError: the text is not an operating point, or its target is outside 0..1.

    >>> operating_point("sensitivity=0.950").name
    'sensitivity = 0.95'
    """
    match = _TARGET.fullmatch(text.strip())
    aim, target = (match[1], match[2]) if match else (text.strip(), None)
    if aim not in get_args(Aim):
        raise ExperimentError(
            f"evaluation.operating_points: {text!r} is unknown{nearest(aim, get_args(Aim))}; {_EXPECTED}."
        )
    if (aim == "youden") != (target is None):
        wanted = "takes no target" if aim == "youden" else f"needs a target: '{aim} = 0.95'"
        raise ExperimentError(f"evaluation.operating_points: {text!r}: {aim} {wanted}.")
    if target is None:
        return OperatingPoint("youden")
    if not _is_rate(target):
        raise ExperimentError(f"evaluation.operating_points: {text!r}: the target must be above 0 and below 1.")
    return OperatingPoint(cast(Aim, aim), float(target))


def operating_points(texts: tuple[str, ...]) -> tuple[OperatingPoint, ...]:
    """Read all entries of ``evaluation.operating_points``.

    Raises:
        ExperimentError: an entry is not an operating point, or is listed twice.
    """
    points = tuple(operating_point(text) for text in texts)
    twice = next((point for number, point in enumerate(points) if point in points[:number]), None)
    if twice:
        raise ExperimentError(f"evaluation.operating_points lists {twice.name!r} twice: remove one.")
    return points


_EXPECTED = "expected 'youden', 'sensitivity = 0.95' or 'specificity = 0.90'"


def _is_rate(text: str) -> bool:
    try:
        return 0 < float(text) < 1
    except ValueError:
        return False
