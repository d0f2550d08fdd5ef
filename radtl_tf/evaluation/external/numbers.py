"""Errors of one or two frozen models that predict a number, on patients who took no part in their training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.folds.draw import MIN_INNER_PATIENTS
from radtl_tf.evaluation.external.frozen_models import SAME_PATIENTS, several_images
from radtl_tf.evaluation.external.results import Compared, Estimate, External, bootstrap_method, drawn_estimate
from radtl_tf.evaluation.formatting import number, p_text, range_text
from radtl_tf.evaluation.inference.bootstrap import Bootstrap, bootstrap
from radtl_tf.evaluation.metrics.metric_table import MAE, OF_NUMBERS
from radtl_tf.records.experiment import Unit

_METRICS = (MAE, *OF_NUMBERS)
_COMPARED = ("mae", "rmse", "concordance")  # keys; the first is the main comparison


@dataclass(frozen=True)
class Numbers:
    """Cases with the predictions of M models: truth (n,), ``scores`` (n, M), both in one unit, the patient (n,)."""

    truth: NDArray[np.float64]
    scores: NDArray[np.float64]
    patients: NDArray[np.int64]

    def by_patient(self) -> Numbers:
        """Return one case per patient, with the means over the patient's images."""
        ids, which = np.unique(self.patients, return_inverse=True)
        images = np.bincount(which)
        truth, *columns = (np.bincount(which, weights=values) / images for values in (self.truth, *self.scores.T))
        return Numbers(truth, np.stack(columns, axis=1), ids)


def evaluate_numbers(names: Sequence[str], images: Numbers, unit: Unit, label_unit: str, *, seed: int) -> External:
    """Return all results for the predictions of the models ``names`` (M,), in ``label_unit``.

    Intervals and the comparison are by the patient bootstrap; all metrics share the draws.
    """
    cases = images.by_patient() if unit == "patient" else images
    drawn = _drawn(cases, seed)
    estimates = [
        drawn_estimate(name, metric.key, drawn[column][metric.key])
        for column, name in enumerate(names)
        for metric in _METRICS
    ]
    compared = [_compared(names, key, drawn) for key in _COMPARED] if len(names) > 1 else []
    counts = {"images": len(images.truth), "patients": len(np.unique(images.patients))}
    return External(
        unit=unit,
        counts=counts,
        estimates=tuple(estimates),
        comparisons=tuple(compared),
        sentence=_sentence(unit, counts, label_unit, estimates, compared),
        notes=tuple(_notes(unit, counts, label_unit, cases)),
        label_unit=label_unit,
    )


def outside_note(truth: NDArray[Any], trained: Sequence[float], label_unit: str) -> str:
    """Say how many labels are outside the range of the training labels, or return "" if none is."""
    low, high = trained
    outside = int(((truth < low) | (truth > high)).sum())
    if not outside:
        return ""
    return (
        f"{outside} of {len(truth)} labels are outside the range of the training labels ({low:g} to {high:g} "
        f"{label_unit}). The model has seen no such patients."
    )


def _drawn(cases: Numbers, seed: int) -> list[dict[str, Bootstrap]]:
    """Return for each model its metrics by their keys, all with the same draws."""
    prepared = [metric.prepared(cases.truth, column) for column in cases.scores.T for metric in _METRICS]
    found = iter(bootstrap(prepared, cases.patients, seed=seed))
    return [{metric.key: next(found) for metric in _METRICS} for _ in cases.scores.T]


def _compared(names: Sequence[str], key: str, drawn: Sequence[dict[str, Bootstrap]]) -> Compared:
    test = drawn[0][key].minus(drawn[1][key])
    method = f"paired {bootstrap_method(test)}"
    return Compared(names[0], names[1], key, test.value, *test.interval(), test.p_value, method)


def _sentence(
    unit: Unit, counts: dict[str, int], label_unit: str, estimates: Sequence[Estimate], compared: Sequence[Compared]
) -> str:
    errors = [one for one in estimates if one.metric == MAE.key]
    values = " and ".join(
        f"MAE {number(one.value)} {label_unit} (95 % interval {range_text(one.ci_low, one.ci_high)}) of {one.model}"
        for one in errors
    )
    text = f"Per {unit}, on {counts['images']} images of {counts['patients']} patients: {values} ({errors[0].method})."
    if not compared:
        return text
    test = compared[0]
    spread = f"95 % interval {range_text(test.ci_low, test.ci_high)}; p {p_text(test.p_value)}; {test.method}"
    return (
        f"{text} {test.a} minus {test.b}: {number(test.difference, sign=True)} {label_unit} ({spread}); below 0 the "
        "first has smaller errors. The comparison is between two trained models, not between the procedures that "
        "trained them."
    )


def _notes(unit: Unit, counts: dict[str, int], label_unit: str, cases: Numbers) -> Iterator[str]:
    if counts["patients"] < MIN_INNER_PATIENTS:
        number_of = counts["patients"]
        yield f"There are {number_of} patients: with fewer than {MIN_INNER_PATIENTS}, intervals are unreliable."
    if not np.ptp(cases.truth):
        yield "Every case has the same number, so R2 has no value and the concordance is 0."
    yield (
        f"The bias is prediction minus truth, in {label_unit}: above 0 the predictions are too high. 95 % of the "
        "differences lie between the limits of agreement if they follow a normal distribution (Bland & Altman 1986)."
    )
    yield from several_images(unit, counts)
    yield SAME_PATIENTS
