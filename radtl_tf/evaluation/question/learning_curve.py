"""The question with fewer training patients: from how many on does the choice of weights stop mattering?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from radtl_tf.evaluation.formatting import number
from radtl_tf.evaluation.inference.comparison import ALPHA, Verdict, holm, verdicts
from radtl_tf.evaluation.inference.corrected_t import FoldMean
from radtl_tf.evaluation.inference.repeated_folds import measured_mean
from radtl_tf.evaluation.question.contrasts import side
from radtl_tf.evaluation.question.estimates import value_interval
from radtl_tf.evaluation.question.inner_choice import Measured, RunValues
from radtl_tf.evaluation.results.experiment_record import NATIVE, ExperimentRecord

CURVE_COLUMNS = ("train_fraction", "patients", "weights", "mean", "sd", "ci_low", "ci_high")
STEP_COLUMNS = (
    *("train_fraction", "patients", "a", "b", "difference", "ci_low", "ci_high"),
    *("p_value", "p_adjusted", "verdict", "probe_difference", "probe_p", "probe_agrees"),
)
FAMILY = "shares of the training patients"


@dataclass(frozen=True)
class LearningCurve:
    """``curve``: AUROC or MAE per share of the training patients and weights; ``steps``: the difference per share.

    ``patients`` is the mean number of training patients of the folds. The shares below 1 are secondary to the question,
    the share 1; their p is adjusted over all shares (Holm). ``probe_difference`` and ``probe_p`` are of the linear
    probes on the same folds, ``nan`` without probes. ``probe_agrees``: they do not contradict the verdict, see
    ``agrees``. ``sentence`` states the result, and a difference or equivalence only if the probe agrees.
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
        (share, name): _measured(record, values, name, share, question.over)
        for share in shares
        for name in question.compare
    }
    patients = {share: _patients(record, share) for share in shares}
    curve = pd.DataFrame(_curve_rows(record, by_side, patients), columns=list(CURVE_COLUMNS))
    probes = {share: _probe(record, values, share) for share in shares}
    steps = pd.DataFrame(_step_rows(record, by_side, patients, probes), columns=list(STEP_COLUMNS))
    return LearningCurve(curve, steps, _sentence(steps))


def _measured(record: ExperimentRecord, values: RunValues, weights: str, share: float, over: str) -> Measured:
    family = record.family(weights, share=share)
    return values.measured_mean(family) if over == "grid" else values.measured_at(values.choose(family))


def _probe(record: ExperimentRecord, values: RunValues, share: float) -> FoldMean | None:
    """Return the question's difference of the linear probes, mean over the backbones; ``None`` without probes."""
    probes = [record.probes(weights, share=share) for weights in record.asked.compare]
    if not all(probes):
        return None
    return _difference(record, values.measured_mean(probes[0]), values.measured_mean(probes[1]))


def _difference(record: ExperimentRecord, first: Measured, second: Measured) -> FoldMean:
    gap = first - second
    return measured_mean(gap.folds.to_numpy(), record.num_folds, gap.patients)


def agrees(verdict: Verdict, probe: FoldMean | None, margin: float, *, lower_is_better: bool = False) -> bool:
    """Tell whether the linear probe supports the verdict on the trained networks.

    A difference needs the same one in the probe, by the same test. Equivalence needs a probe that shows no difference.
    The trained head partly measures the scale of the features, the probe does not.
    """
    if verdict == "undecided":
        return True
    if probe is None:
        return False
    (of_probe,) = verdicts([probe], margin, lower_is_better=lower_is_better)
    is_real = probe.p_value < ALPHA
    if verdict == "equivalent":
        return of_probe == "equivalent" or not is_real
    return is_real and (probe.mean > 0) == ((verdict == "better") != lower_is_better)


def _agrees(record: ExperimentRecord, verdict: Verdict, probe: FoldMean | None) -> bool:
    return agrees(verdict, probe, record.asked.margin, lower_is_better=record.lower_is_better)


def _patients(record: ExperimentRecord, share: float) -> float:
    names = [scenario.name for scenario in record.with_share(share)]
    return float(record.runs[record.runs["scenario"].isin(names)]["train_patients"].mean())


def _curve_rows(
    record: ExperimentRecord, by_side: dict[tuple[float, str], Measured], patients: dict[float, float]
) -> Iterator[tuple[object, ...]]:
    for (share, weights), measured in by_side.items():
        estimate = measured_mean(measured.folds.to_numpy(), record.num_folds, measured.patients)
        interval = value_interval(record, estimate)
        yield share, patients[share], side(record, weights, NATIVE), estimate.mean, estimate.sd, *interval


def _step_rows(
    record: ExperimentRecord,
    by_side: dict[tuple[float, str], Measured],
    patients: dict[float, float],
    probes: dict[float, FoldMean | None],
) -> Iterator[tuple[object, ...]]:
    question = record.asked
    a, b = question.compare
    tests = [_difference(record, by_side[share, a], by_side[share, b]) for share in patients]
    names = side(record, a, NATIVE), side(record, b, NATIVE)
    # The share 1 is the question itself, which is not adjusted. The others are adjusted over all shares, so that one
    # smaller share is not a family of one.
    adjusted = holm([test.p_value for test in tests]).tolist()
    judged = partial(verdicts, margin=question.margin, lower_is_better=record.lower_is_better)
    for share, test, p_adjusted, word in zip(patients, tests, adjusted, judged(tests), strict=True):
        if share == 1:
            p_adjusted, (word,) = test.p_value, judged([test])
        found = (test.mean, *test.interval(), test.p_value, p_adjusted, word)
        probe = probes[share]
        of_probe = (probe.mean, probe.p_value) if probe else (math.nan, math.nan)
        yield share, patients[share], *names, *found, *of_probe, _agrees(record, word, probe)


def _sentence(steps: pd.DataFrame) -> str:
    """Say at which numbers of patients the weights differ, are equivalent, or are undecided."""
    a, b = steps.loc[0, ["a", "b"]]
    words = {
        "better": f"{a} is better",
        "worse": f"{b} is better",
        "equivalent": "they are equivalent",
        "undecided": "undecided",
    }
    found = [
        f"with about {row.patients:.0f} training patients "
        f"{words[str(row.verdict)] if row.probe_agrees or row.train_fraction == 1 else _unsupported(row)}"
        for row in steps.itertuples()
    ]
    return f"{a} and {b}: {'; '.join(found)}. {_end(steps)}"


def _unsupported(row: Any) -> str:
    """Say why nothing is concluded from a share."""
    if math.isnan(row.probe_difference):
        return "undecided, because no linear probe was fitted"
    return f"undecided, because the linear probe does not agree ({number(row.probe_difference, sign=True)})"


def _end(steps: pd.DataFrame) -> str:
    """Say from which number of patients on the weights are equivalent, if they are with all patients."""
    agreed = steps["probe_agrees"] | (steps["train_fraction"] == 1)
    equivalent = ((steps["verdict"] == "equivalent") & agreed).to_numpy()
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
