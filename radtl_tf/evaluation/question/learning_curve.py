"""The question with fewer training patients: from how many on does the choice of weights stop mattering?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from radtl_tf.evaluation.inference.comparison import holm, verdicts
from radtl_tf.evaluation.inference.repeated_folds import measured_mean
from radtl_tf.evaluation.question.contrasts import side
from radtl_tf.evaluation.question.inner_choice import Measured, RunValues
from radtl_tf.evaluation.results.experiment_record import NATIVE, ExperimentRecord

CURVE_COLUMNS = ("train_fraction", "patients", "weights", "mean", "sd", "ci_low", "ci_high")
STEP_COLUMNS = (
    *("train_fraction", "patients", "a", "b", "difference", "ci_low", "ci_high"),
    *("p_value", "p_adjusted", "verdict"),
)


@dataclass(frozen=True)
class LearningCurve:
    """``curve``: AUROC per share of the training patients and weights; ``steps``: the question's difference per share.

    ``patients`` is the mean number of training patients of the folds. p is adjusted over the shares below 1 (Holm),
    whose rows are secondary to the question, the share 1. ``sentence`` states the result.
    """

    curve: pd.DataFrame
    steps: pd.DataFrame
    sentence: str


def learning_curve(record: ExperimentRecord, values: RunValues) -> LearningCurve | None:
    """Return the learning curve of the question; ``None`` if the grid has one share or there is no question.

    As in the question, it uses for each weights and share the scenario of lowest inner loss in each training part, or
    the mean over the grid. Weights with an uncertain pixel convention use their headline convention.
    """
    shares = sorted(record.experiment.grid.train_fractions)
    question = record.question
    if len(shares) < 2 or not question:
        return None
    by_side = {
        (share, name): _aurocs(record, values, name, share, question.over)
        for share in shares
        for name in question.compare
    }
    patients = {share: _patients(record, share) for share in shares}
    curve = pd.DataFrame(_curve_rows(record, by_side, patients), columns=list(CURVE_COLUMNS))
    steps = pd.DataFrame(_step_rows(record, by_side, patients), columns=list(STEP_COLUMNS))
    return LearningCurve(curve, steps, _sentence(steps))


def _aurocs(record: ExperimentRecord, values: RunValues, weights: str, share: float, over: str) -> Measured:
    family = record.family(weights, share=share)
    return values.measured_mean(family) if over == "grid" else values.measured_at(values.choose(family))


def _patients(record: ExperimentRecord, share: float) -> float:
    names = [scenario.name for scenario in record.with_share(share)]
    return float(record.runs[record.runs["scenario"].isin(names)]["train_patients"].mean())


def _curve_rows(
    record: ExperimentRecord, by_side: dict[tuple[float, str], Measured], patients: dict[float, float]
) -> Iterator[tuple[object, ...]]:
    for (share, weights), aurocs in by_side.items():
        estimate = measured_mean(aurocs.folds.to_numpy(), record.num_folds, aurocs.patients)
        interval = estimate.interval_of_share()
        yield share, patients[share], side(record, weights, NATIVE), estimate.mean, estimate.sd, *interval


def _step_rows(
    record: ExperimentRecord, by_side: dict[tuple[float, str], Measured], patients: dict[float, float]
) -> Iterator[tuple[object, ...]]:
    question = record.asked
    a, b = question.compare
    gaps = {share: by_side[share, a] - by_side[share, b] for share in patients}
    tests = {share: measured_mean(gap.folds.to_numpy(), record.num_folds, gap.patients) for share, gap in gaps.items()}
    names = side(record, a, NATIVE), side(record, b, NATIVE)
    # The share 1 is the question itself, which is not adjusted; the others form a separate family.
    for family in ([share for share in tests if share < 1], [1.0]):
        found = [tests[share] for share in family]
        adjusted, words = holm([test.p_value for test in found]), verdicts(found, question.margin)
        for share, test, p_adjusted, word in zip(family, found, adjusted.tolist(), words, strict=True):
            interval = test.interval()
            yield share, patients[share], *names, test.mean, *interval, test.p_value, p_adjusted, word


def _sentence(steps: pd.DataFrame) -> str:
    """Say at which numbers of patients the weights differ, are equivalent, or are undecided."""
    a, b = steps.loc[0, ["a", "b"]]
    words = {
        "better": f"{a} is better",
        "worse": f"{b} is better",
        "equivalent": "they are equivalent",
        "undecided": "undecided",
    }
    found = [f"with about {row.patients:.0f} training patients {words[str(row.verdict)]}" for row in steps.itertuples()]
    return f"{a} and {b}: {'; '.join(found)}. {_end(steps)}"


def _end(steps: pd.DataFrame) -> str:
    """Say from which number of patients on the weights are equivalent, if they are with all patients."""
    equivalent = (steps["verdict"] == "equivalent").to_numpy()
    if not equivalent[-1]:
        return (
            "With all training patients the weights are not shown to be equivalent, so these data do not show when "
            "the choice stops mattering."
        )
    start = len(equivalent) - np.argmin(np.append(equivalent[::-1], False))  # the first of the last that are equivalent
    return (
        f"From about {steps['patients'].iloc[start]:.0f} patients on, the choice of weights does not matter within "
        "the margin."
    )
