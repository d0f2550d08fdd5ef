"""Does the difference between the weights depend on the pixel convention?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from radtl_tf.evaluation.formatting import listed, number
from radtl_tf.evaluation.inference.comparison import ALPHA, Verdict
from radtl_tf.evaluation.question.contrasts import CHANGE, PIXELS, Judged
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord

Survival = Literal["survives", "does not survive", "undecided", "no difference"]
_WORDS: tuple[Verdict, ...] = ("better", "worse", "equivalent", "undecided")


@dataclass(frozen=True)
class Series:
    """The difference under every convention, and its changes from the convention that answers the question.

    p is adjusted by Holm over all comparisons of conventions: differences and changes, networks and probe.
    """

    rows: tuple[Judged, ...]
    changes: tuple[Judged, ...]

    @property
    def survival(self) -> Survival:
        """What the verdicts mean for the difference."""
        return survival([row.verdict for row in self.rows], changed=bool(self.changed))

    @property
    def changed(self) -> list[Judged]:
        """The significant changes."""
        return [change for change in self.changes if change.p_adjusted < ALPHA]


@dataclass(frozen=True)
class Ablation:
    """The question under every convention of the grid: ``a`` minus ``b``, both fed with the same convention.

    ``trained`` holds the networks that the question compares, ``probe`` the linear probe on frozen features (``None``
    if nothing is frozen). ``head_input`` is the one that this experiment used. ``sentences`` has one for each of the
    two.
    """

    a: str
    b: str
    metric: str
    margin: float
    head_input: str
    trained: Series
    probe: Series | None
    sentences: tuple[str, ...]


def ablation(record: ExperimentRecord, results: Sequence[Judged]) -> Ablation | None:
    """Return the ablation over pixel conventions; ``None`` if the experiment has fewer than two."""
    trained, probe = (
        Series(*(tuple(result for result in results if result.contrast.level == level) for level in levels))
        for levels in zip(PIXELS, CHANGE, strict=True)
    )
    if len(trained.rows) < 2:
        return None
    question = record.asked
    a, b = question.compare
    openings = (("Under", trained), ("The linear probe: under", probe))
    return Ablation(
        a=a,
        b=b,
        metric=record.metric_in_unit,
        margin=question.margin,
        head_input=record.experiment.training.head_input,
        trained=trained,
        probe=probe if probe.rows else None,
        sentences=tuple(
            f"{opening} {_told(series, f'{a} minus {b}', record)}" for opening, series in openings if series.rows
        ),
    )


def survival(verdicts: Sequence[Verdict], *, changed: bool) -> Survival:
    """Say what the verdicts under several conventions, adjusted together, mean for the difference.

    It survives if it is shown under all of them with the same sign. It does not survive if two conventions give
    different decided verdicts (opposite signs, or a difference and equivalence), or if it is not shown under all and a
    change between conventions is shown. All other cases are undecided: a difference that is not shown is not excluded.
    """
    words = set(verdicts)
    if words in ({"better"}, {"worse"}):
        return "survives"
    if words == {"equivalent"}:
        return "no difference"
    return "does not survive" if changed or len(words - {"undecided"}) > 1 else "undecided"


def _told(series: Series, difference: str, record: ExperimentRecord) -> str:
    """Return the rest of the text on the rows, one per convention."""
    rows, margin = series.rows, record.asked.margin
    positive = sum(round(row.test.mean, 3) > 0 for row in rows)
    large = sum(abs(row.test.mean) > margin for row in rows)
    return (
        f"{listed([row.contrast.pixels for row in rows])}, {difference} is "
        f"{listed([number(row.test.mean, sign=True) for row in rows])}{record.in_unit} in "
        f"{record.question_metric.name}. It is above 0 under {positive} of "
        f"{len(rows)} and larger than the margin of {margin:g}{record.in_unit} under {large}. Verdicts, with p "
        "adjusted over the "
        f"conventions: {_outcomes(rows)}. {_changes(series)}. {_CONCLUSIONS[series.survival]}."
    )


def _outcomes(rows: Sequence[Judged]) -> str:
    by_word = {word: [row.contrast.pixels for row in rows if row.verdict == word] for word in _WORDS}
    return ", ".join(
        f"{word} under {f'all {len(rows)}' if len(names) == len(rows) else listed(names)}"
        for word, names in by_word.items()
        if names
    )


def _changes(series: Series) -> str:
    """Say under which conventions the difference changes from the question's."""
    names = [f"{row.contrast.pixels} ({number(row.test.mean, sign=True)})" for row in series.changed]
    return (
        f"A change from {series.changes[0].contrast.b} is shown under "
        f"{listed(names) if names else 'no other convention'}"
    )


_CONCLUSIONS: dict[Survival, str] = {
    "survives": "So the difference survives a change of the pixel convention",
    "does not survive": "So the difference does not survive a change of the pixel convention: it depends on how the "
    "pixels were scaled",
    "undecided": "So it is undecided whether the difference survives a change of the pixel convention",
    "no difference": "So no pixel convention shows a difference beyond the margin",
}
