"""Does the difference between the weights survive the pixel convention?"""

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
    """The difference under every convention, and its changes from the one that the question is answered with.

    p is adjusted over the conventions by Holm, of the differences and of the changes by themselves.
    """

    rows: tuple[Judged, ...]
    changes: tuple[Judged, ...]

    @property
    def survival(self) -> Survival:
        """What became of the difference."""
        return survival([row.verdict for row in self.rows], changed=bool(self.changed))

    @property
    def changed(self) -> list[Judged]:
        """The changes that are shown."""
        return [change for change in self.changes if change.p_adjusted < ALPHA]


@dataclass(frozen=True)
class Ablation:
    """The question under every convention of the grid: ``a`` minus ``b``, both fed with the same.

    ``trained`` are the networks that the question compares, ``probe`` the linear probe on frozen features (``None``
    where nothing is frozen). ``head_input`` is the one that this experiment had for its heads. ``sentences`` has one
    for each of the two.
    """

    a: str
    b: str
    margin: float
    head_input: str
    trained: Series
    probe: Series | None
    sentences: tuple[str, ...]


def ablation(record: ExperimentRecord, results: Sequence[Judged]) -> Ablation | None:
    """Return the ablation over pixel conventions; ``None`` where the experiment has fewer than two."""
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
        margin=question.margin,
        head_input=record.experiment.training.head_input,
        trained=trained,
        probe=probe if probe.rows else None,
        sentences=tuple(
            f"{opening} {_told(series, f'{a} minus {b}', question.margin)}"
            for opening, series in openings
            if series.rows
        ),
    )


def survival(verdicts: Sequence[Verdict], *, changed: bool) -> Survival:
    """Say what the verdicts under several conventions, adjusted together, mean for the difference.

    It survives where it is shown, with one sign, under all. It does not where two conventions give two decided verdicts
    that differ (opposite signs, or a difference here and equivalence there), or where it is not shown under all and a
    change between conventions is. All else is undecided: a difference that is not shown is not thereby excluded.
    """
    words = set(verdicts)
    if words in ({"better"}, {"worse"}):
        return "survives"
    if words == {"equivalent"}:
        return "no difference"
    return "does not survive" if changed or len(words - {"undecided"}) > 1 else "undecided"


def _told(series: Series, difference: str, margin: float) -> str:
    """Return the rest of a sentence that is true of the rows, one per convention."""
    rows = series.rows
    positive = sum(round(row.test.mean, 3) > 0 for row in rows)
    large = sum(abs(row.test.mean) > margin for row in rows)
    return (
        f"{listed([row.contrast.pixels for row in rows])}, {difference} is "
        f"{listed([number(row.test.mean, sign=True) for row in rows])} in AUROC: above 0 under {positive} of "
        f"{len(rows)}, larger than the margin of {margin:g} under {large}, {_outcomes(rows)} with p adjusted over the "
        f"conventions, {_changes(series)}; so {_CONCLUSIONS[series.survival]}."
    )


def _outcomes(rows: Sequence[Judged]) -> str:
    by_word = {word: [row.contrast.pixels for row in rows if row.verdict == word] for word in _WORDS}
    return ", ".join(
        f"{word} under {f'all {len(rows)}' if len(names) == len(rows) else listed(names)}"
        for word, names in by_word.items()
        if names
    )


def _changes(series: Series) -> str:
    """Say under which conventions the difference is another one than under the question's."""
    names = [f"{row.contrast.pixels} ({number(row.test.mean, sign=True)})" for row in series.changed]
    return f"and shown to change from {series.changes[0].contrast.b} under {listed(names) if names else 'none'}"


_CONCLUSIONS: dict[Survival, str] = {
    "survives": "the difference survives the convention",
    "does not survive": "the difference does not survive the convention: it depends on how the pixels were scaled",
    "undecided": "it is undecided whether the difference survives the convention: the data neither show nor exclude it",
    "no difference": "there is no difference that counts under any of these conventions",
}
