"""Performance of one or two frozen models on patients who took no part in their training."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from radtl_tf.data.folds.draw import MIN_INNER_PATIENTS
from radtl_tf.evaluation.external.results import Compared, Estimate, External, bootstrap_method, drawn_estimate
from radtl_tf.evaluation.external.scored import Scored, by_patient, count, counts_of_classes
from radtl_tf.evaluation.formatting import number, p_text, range_text
from radtl_tf.evaluation.inference.bootstrap import REPLICATES, bootstrap
from radtl_tf.evaluation.inference.delong import delong
from radtl_tf.evaluation.metrics import weighted
from radtl_tf.evaluation.metrics.auroc import class_auroc
from radtl_tf.evaluation.metrics.metric_table import (
    AUROC,
    AVERAGE_PRECISION,
    BRIER,
    CALIBRATION_INTERCEPT,
    CALIBRATION_SLOPE,
    LOG_LOSS,
    METRICS,
    Metric,
)
from radtl_tf.evaluation.metrics.weighted import WeightedMetric
from radtl_tf.records.experiment import Kind, Unit

OTHER_REPLICATES = 2_000
_OTHERS = (AVERAGE_PRECISION, BRIER, LOG_LOSS, CALIBRATION_SLOPE, CALIBRATION_INTERCEPT)
_AVERAGED: dict[Kind, str] = {
    "multiclass": (
        "AUROC, average precision and calibration are means over the classes, each against the rest. The Brier score "
        "is summed over the classes (0 to 2); the log loss uses the class of each case."
    ),
    "multilabel": (
        "All metrics without the name of a class are means over the classes, each comparing cases with and without "
        "the class."
    ),
    "ordinal": (
        "AUROC, average precision, Brier score, log loss and calibration are means over the thresholds, each comparing "
        "the cases above a stage with the others."
    ),
}
_VIEWS: dict[Kind, str] = {"ordinal": "{} thresholds between stages"}
SAME_PATIENTS = "We cannot check whether these patients were also used for training. If so, the results are too good."


@dataclass(frozen=True)
class _Aurocs:
    """The AUROCs of all models by one method."""

    estimates: list[Estimate]
    comparison: Compared | None
    failed: int


def evaluate_external(names: Sequence[str], images: Scored, unit: Unit, *, seed: int) -> External:
    """Return all results for the scores of the models ``names`` (M,).

    The AUROC's interval and comparison are DeLong's if every patient has one case, otherwise by the patient bootstrap;
    all other intervals are by the patient bootstrap.

    Raises:
        ValueError: the images have only one class, or a patient has both classes and the unit is the patient.
    """
    cases = _cases(images, unit)
    found = _aurocs(names, cases, seed)
    others, left_out = _others(names, [cases], "binary", seed)
    counts = count(images)
    return External(
        unit=unit,
        counts=counts,
        estimates=(*found.estimates, *others),
        comparisons=(found.comparison,) if found.comparison else (),
        sentence=_sentence(unit, counts, f"{counts['positive images']} images positive", "AUROC", found),
        notes=tuple(_notes(unit, [counts], found, left_out)),
    )


def evaluate_classes(
    names: Sequence[str], views: Mapping[str, Scored], kind: Kind, unit: Unit, *, seed: int
) -> External:
    """Return all results for models of several classes; ``views`` hold the images with each class against the rest.

    The AUROC is the mean over the classes, with interval and comparison by the patient bootstrap; the AUROC of one
    class, named ``auroc: <class>``, is measured as in ``evaluate_external``. The other metrics are also means, except
    the Brier score and the log loss of a multiclass task.

    Raises:
        ValueError: as of ``evaluate_external``, for any class.
    """
    cases = [_cases(view, unit) for view in views.values()]
    mean = _by_bootstrap(names, cases, seed)
    of_class = [
        replace(one, metric=class_auroc(name))
        for name, view in zip(views, cases, strict=True)
        for one in _aurocs(names, view.known(), seed).estimates
    ]
    found = replace(mean, estimates=[*mean.estimates, *of_class])
    others, left_out = _others(names, cases, kind, seed)
    counts = {name: count(view) for name, view in views.items()}
    of_all, of_views = (
        counts_of_classes(counts),
        _VIEWS.get(kind, "{} classes, each against the rest").format(len(views)),
    )
    return External(
        unit=unit,
        counts=of_all,
        estimates=(*found.estimates, *others),
        comparisons=(mean.comparison,) if mean.comparison else (),
        sentence=_sentence(unit, of_all, of_views, "mean AUROC", mean),
        notes=(_AVERAGED[kind], *_notes(unit, list(counts.values()), found, left_out)),
    )


def _cases(images: Scored, unit: Unit) -> Scored:
    cases = by_patient(images) if unit == "patient" else images
    if len(np.unique(cases.known().truth)) != 2:
        raise ValueError("an AUROC needs both classes")
    return cases


def _aurocs(names: Sequence[str], cases: Scored, seed: int) -> _Aurocs:
    return _by_delong(names, cases) if cases.are_independent else _by_bootstrap(names, [cases], seed)


def _by_delong(names: Sequence[str], cases: Scored) -> _Aurocs:
    found = delong(cases.truth, cases.scores)
    method = "DeLong, logit scale"
    estimates = [
        Estimate(name, AUROC.key, found.value(column), *found.interval(column), method)
        for column, name in enumerate(names)
    ]
    if len(names) < 2:
        return _Aurocs(estimates, None, 0)
    test = found.compare()
    return _Aurocs(
        estimates,
        Compared(names[0], names[1], AUROC.key, test.difference, *test.interval(), test.p_value, "paired DeLong"),
        failed=0,
    )


def _by_bootstrap(names: Sequence[str], views: Sequence[Scored], seed: int) -> _Aurocs:
    """Return the AUROCs of the models, each the mean over the ``views`` of the classes."""
    metrics = [_mean(AUROC, views, column) for column in range(len(names))]
    found = bootstrap(metrics, views[0].patients, seed=seed)
    estimates = [drawn_estimate(name, AUROC.key, one) for name, one in zip(names, found, strict=True)]
    failed = found[0].num_failed
    if len(names) < 2:
        return _Aurocs(estimates, None, failed)
    test = found[0].minus(found[1])
    method = f"paired {bootstrap_method(test)}"
    return _Aurocs(
        estimates, Compared(names[0], names[1], AUROC.key, test.value, *test.interval(), test.p_value, method), failed
    )


def _others(
    names: Sequence[str], views: Sequence[Scored], kind: Kind, seed: int
) -> tuple[list[Estimate], dict[str, int]]:
    """Return the other metrics by the patient bootstrap, and how many replicates of each had no value."""
    prepared = [
        (name, metric, one)
        for column, name in enumerate(names)
        for metric, one in _metrics(views, kind, column).items()
    ]
    drawn = bootstrap([one for *_, one in prepared], views[0].patients, replicates=OTHER_REPLICATES, seed=seed)
    estimates = [drawn_estimate(name, metric, one) for (name, metric, _), one in zip(prepared, drawn, strict=True)]
    failed = zip((metric for _, metric, _ in prepared), (one.num_failed for one in drawn), strict=True)
    return estimates, {metric: number for metric, number in failed if number}


def _metrics(views: Sequence[Scored], kind: Kind, column: int) -> dict[str, WeightedMetric]:
    """Return the other metrics of one model, by their key."""
    means = {metric.key: _mean(metric, views, column) for metric in _OTHERS}
    if kind != "multiclass":
        return means
    given = np.sum([view.truth * view.scores[:, column] for view in views], axis=0)  # P(the class of the case)
    return means | {
        BRIER.key: lambda weights: len(views) * means[BRIER.key](weights),
        LOG_LOSS.key: weighted.log_loss(np.ones(len(given)), given),
    }


def _mean(metric: Metric, views: Sequence[Scored], column: int) -> WeightedMetric:
    """Return the mean over the views of a metric of one model; ``nan`` if one of them has no value."""
    of_views = [_of_known(metric, view, column) for view in views]
    return lambda weights: np.mean([of_view(weights) for of_view in of_views], axis=0)


def _of_known(metric: Metric, view: Scored, column: int) -> WeightedMetric:
    """Return a metric of one model on the cases of a view whose truth is known."""
    at, known = view.is_known, view.known()
    prepared = metric.prepared(known.truth, known.scores[:, column])
    return prepared if at.all() else lambda weights: prepared(weights[at])


def _sentence(unit: Unit, counts: dict[str, int], of_classes: str, metric: str, found: _Aurocs) -> str:
    """Return the headline: values, cases and method, and the difference of two models."""
    values = " and ".join(
        f"{metric} {number(one.value)} (95 % interval {range_text(one.ci_low, one.ci_high)}) of {one.model}"
        for one in found.estimates
    )
    who = f"on {counts['images']} images of {counts['patients']} patients, {of_classes}"
    text = f"Per {unit}, {who}: {values} ({found.estimates[0].method})."
    test = found.comparison
    if test is None:
        return text
    spread = f"95 % interval {range_text(test.ci_low, test.ci_high)}; p {p_text(test.p_value)}; {test.method}"
    return (
        f"{text} {test.a} minus {test.b}: {number(test.difference, sign=True)} ({spread}). The comparison is between "
        "two trained models, not between the procedures that trained them."
    )


def _notes(unit: Unit, counts: Sequence[dict[str, int]], found: _Aurocs, left_out: dict[str, int]) -> Iterator[str]:
    """Yield the caveats; ``counts`` holds the counts of each view."""
    fewest = min(min(one["positive patients"], one["negative patients"]) for one in counts)
    if fewest < MIN_INNER_PATIENTS:
        yield f"The rarest class has {fewest} patients: with fewer than {MIN_INNER_PATIENTS}, intervals are unreliable."
    if any(math.isnan(one.ci_low) for one in found.estimates):
        yield "An AUROC has no interval, because the scores of its classes do not overlap or a class has only one case."
    if found.comparison and math.isnan(found.comparison.p_value):
        yield "The two models order every pair of cases alike, so there is no difference to test."
    if found.failed:
        lack = "had only one class" if len(counts) == 1 else "lacked cases with, or without, one of the classes"
        yield f"{found.failed:,} of {REPLICATES:,} replicates of the AUROC {lack} and are left out."
    for metric, failed in left_out.items():
        yield (
            f"{failed:,} of {OTHER_REPLICATES:,} replicates of the {METRICS[metric].name} had no value (one class, "
            "or scores that separate the classes) and are left out."
        )
    yield from several_images(unit, counts[0])
    yield (
        "Calibration: the ideal slope is 1 and the ideal intercept 0. A slope below 1 means that the scores are too "
        "extreme."
    )
    yield SAME_PATIENTS


def several_images(unit: Unit, counts: Mapping[str, int]) -> Iterator[str]:
    """Yield a note if patients with several images count several times."""
    if unit == "image" and counts["images"] > counts["patients"]:
        yield (
            "The unit is the image: patients with several images count several times. The bootstrap draws patients, "
            "not images."
        )
