"""Positive calls of one or two frozen models at a threshold that was fixed before these patients were seen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from radtl_tf.evaluation.external.frozen_models import OTHER_REPLICATES
from radtl_tf.evaluation.external.results import Compared, Estimate, External, bootstrap_method, drawn_estimate
from radtl_tf.evaluation.external.scored import Scored, by_patient
from radtl_tf.evaluation.inference.bootstrap import bootstrap
from radtl_tf.evaluation.inference.proportions import mcnemar, wilson
from radtl_tf.evaluation.metrics.metric_table import ACCURACY, BALANCED_ACCURACY, MCC, SENSITIVITY, SPECIFICITY

_SHARES = (SENSITIVITY, SPECIFICITY, ACCURACY)
_OTHERS = (BALANCED_ACCURACY, MCC)


def with_threshold(
    external: External, names: Sequence[str], images: Scored, threshold: float, *, seed: int
) -> External:
    """Add to a test the models' positive calls: scores of ``threshold`` (0..1) or more.

    If every patient has one case, shares have Wilson's interval and two models' accuracies McNemar's exact mid-p;
    otherwise, and for the other metrics, intervals are by the patient bootstrap.
    """
    cases = by_patient(images) if external.unit == "patient" else images
    estimates = [
        one
        for name, scores in zip(names, cases.scores.T, strict=True)
        for one in _estimates(name, replace(cases, scores=scores[:, None]), threshold, seed)
    ]
    note = (
        f"Scores of {threshold:g} or more are called positive. The threshold must not have been chosen on these "
        "patients."
    )
    return replace(
        external,
        estimates=(*external.estimates, *estimates),
        comparisons=(*external.comparisons, *_comparisons(names, cases, threshold, seed)),
        notes=(*external.notes, note),
    )


def _estimates(name: str, cases: Scored, threshold: float, seed: int) -> Iterator[Estimate]:
    score = cases.scores[:, 0]
    if cases.are_independent:
        right, positive = (score >= threshold) == (cases.truth == 1), cases.truth == 1
        for metric, of in zip(_SHARES, (positive, ~positive, np.ones_like(positive)), strict=True):
            successes, total = int((right & of).sum()), int(of.sum())
            yield Estimate(name, metric.key, successes / total, *wilson(successes, total), "Wilson")
    drawn = _OTHERS if cases.are_independent else (*_SHARES, *_OTHERS)
    metrics = [metric.prepared(cases.truth, score, threshold) for metric in drawn]
    found = bootstrap(metrics, cases.patients, replicates=OTHER_REPLICATES, seed=seed)
    yield from (drawn_estimate(name, metric.key, one) for metric, one in zip(drawn, found, strict=True))


def _comparisons(names: Sequence[str], cases: Scored, threshold: float, seed: int) -> Iterator[Compared]:
    """Yield the difference of two models' accuracies; nothing for one model."""
    if len(names) < 2:
        return
    if cases.are_independent:
        right = (cases.scores >= threshold) == (cases.truth == 1)[:, None]
        difference = float(right[:, 0].mean() - right[:, 1].mean())
        p = mcnemar(right[:, 0], right[:, 1])
        yield Compared(names[0], names[1], ACCURACY.key, difference, math.nan, math.nan, p, "McNemar, exact mid-p")
        return
    metrics = [ACCURACY.prepared(cases.truth, column, threshold) for column in cases.scores.T]
    first, second = bootstrap(metrics, cases.patients, replicates=OTHER_REPLICATES, seed=seed)
    test = first.minus(second)
    method = f"paired {bootstrap_method(test)}"
    yield Compared(names[0], names[1], ACCURACY.key, test.value, *test.interval(), test.p_value, method)
