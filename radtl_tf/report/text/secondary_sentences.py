"""Sentences on the secondary analyses; none if an experiment has nothing of the kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import listed
from radtl_tf.evaluation.metrics import metric_table
from radtl_tf.evaluation.numbers_and_stages.conformal import LEVEL
from radtl_tf.evaluation.question.comparisons import comparison_frame
from radtl_tf.evaluation.question.learned import learned_rows
from radtl_tf.evaluation.question.learning_curve import FAMILY as SHARES
from radtl_tf.evaluation.question.subgroups import BANDS
from radtl_tf.evaluation.secondary.calibration import MAPS
from radtl_tf.evaluation.secondary.secondary_metrics import UNIT
from radtl_tf.evaluation.secondary.selective_prediction import COVERAGES
from radtl_tf.report.text.task_words import words

_IN_BANDS = {"age": "age (bands of {width:g} years)", "spacing": "spacing (bands of {width:g} mm)"}


def _multiplicity(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.record.question:
        but = listed(list(_not_adjusted(evaluation)))
        yield (
            f"All other comparisons are secondary. {families_told(evaluation)}{but and ' Not adjusted: '}{but}"
            f"{'.' * bool(but)}"
        )


def families(evaluation: Evaluation) -> dict[str, int]:
    """Return how many p values each family of secondary comparisons adjusts together."""
    names = tested(evaluation)["family"]
    found = Counter(names[names != ""].tolist())
    curve = evaluation.learning_curve
    return dict(found) | ({SHARES: len(curve.steps)} if curve else {})


def tested(evaluation: Evaluation) -> pd.DataFrame:
    """Return every comparison that has a p value; ``family`` is empty if it is not adjusted."""
    learned = comparison_frame(list(learned_rows(evaluation.learned)) if evaluation.learned else [])
    tables = [evaluation.comparisons, learned, evaluation.secondary.comparisons]
    together = pd.concat([table.astype(object) for table in tables])
    return together[together["p_value"].notna()]


def families_told(evaluation: Evaluation) -> str:
    """Say which p values are adjusted together, and what error rate follows for the whole experiment."""
    found = families(evaluation)
    if not found:
        return "No p value is adjusted."
    names = "; ".join(f"{name} ({number})" for name, number in found.items())
    most = min(5 * (len(found) + 1), 100)
    return (
        f"Their p values are adjusted by Holm's method within {len(found)} "
        f"{'family' if len(found) == 1 else 'families'}: {names}. The question and each family have an error rate of "
        f"5 %, so if nothing differed, at least one false claim would be made in at most {most} % of such experiments."
    )


def _not_adjusted(evaluation: Evaluation) -> Iterator[str]:
    if UNIT in set(evaluation.secondary.comparisons["level"]):
        unit = "image" if evaluation.record.data.unit == "patient" else "patient"
        yield f"the sensitivity analysis per {unit}, which repeats the question"
    if evaluation.published["p_value"].notna().any():
        yield "the descriptive comparison over the scenarios of the grid (as published)"


def _secondary(evaluation: Evaluation) -> Iterator[str]:
    kind = evaluation.record.target.kind
    names = listed([metric.name for metric in metric_table.secondary_metrics(kind)])
    if kind == "regression":
        yield (
            f"Secondary metrics, computed by the same method, were {names} (Lin 1989; Bland & Altman 1986). A "
            f"conformal interval of {LEVEL:.0%} (Lei et al. 2018) was taken from the errors on the inner part of each "
            "run and its coverage measured on the test part. The inner part has also chosen the epoch and the "
            "learning rate, so the guarantee of the interval is approximate."
        )
        return
    yield (
        f"Secondary metrics, computed by the same method, were {names} (the expected calibration error over ten bins "
        f"with equal numbers of cases); {words(evaluation).called}."
    )


def _points(evaluation: Evaluation) -> Iterator[str]:
    points = list(dict.fromkeys(evaluation.secondary.operating_points.thresholds["point"]))
    if points:
        yield (
            f"Thresholds ({listed(points)}) were chosen on the inner part of each run and applied unchanged to its "
            "test part."
        )


def _recalibration(evaluation: Evaluation) -> Iterator[str]:
    if len(evaluation.secondary.calibration.estimates):
        maps = listed(list(MAPS[evaluation.record.target.kind]))
        yield (
            f"Recalibration ({maps}) was fitted on the inner part of each run and evaluated on its test part; all "
            "other results use the original scores."
        )


def _agreement(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.secondary.agreements and evaluation.record.target.is_number:
        yield (
            "The correlation of errors measured whether both weights err alike on the same cases; the mean of both "
            "predictions was compared with the weights of lower inner error in each training part."
        )
    elif evaluation.secondary.agreements:
        yield (
            "The kappa of errors measured whether both weights err on the same cases; the mean of both scores was "
            "compared with the weights of lower inner loss in each training part."
        )


def _selective(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.record.target.is_number:
        return
    coverages = listed([str(coverage) for coverage in COVERAGES])
    yield f"For selective prediction, error rates were measured among the most confident {coverages} % of the cases."


def _output(evaluation: Evaluation) -> Iterator[str]:
    yield f"The output is {words(evaluation).output}."


def _thresholds(evaluation: Evaluation) -> Iterator[str]:
    """Say which threshold the question's metric needs: none, whatever the task."""
    yield f"{evaluation.record.question_metric.name} needs no threshold, and none was chosen for it."


def _parts(evaluation: Evaluation) -> Iterator[str]:
    metric = evaluation.record.question_metric.name
    yield f"The table of all scenarios shows the {metric} of the inner parts and of the test parts."


def _determinate(evaluation: Evaluation) -> Iterator[str]:
    what = "number" if evaluation.record.target.is_number else "probability"
    yield f"The model gives every image a {what}; no result is indeterminate."


def _subgroups(evaluation: Evaluation) -> Iterator[str]:
    names = list(dict.fromkeys(evaluation.secondary.subgroups.table["name"]))
    if names:
        yield (
            f"The question was repeated within subgroups by {listed([_divided(name) for name in names])}, with "
            "unadjusted intervals and no p values; AUROCs are given if every test part has both classes."
        )


def _divided(name: str) -> str:
    return _IN_BANDS[name].format(width=BANDS[name]) if name in BANDS else name.replace("_", " ")


ANALYSES: dict[str, Callable[[Evaluation], Iterator[str]]] = {
    "multiplicity": _multiplicity,
    "secondary": _secondary,
    "points": _points,
    "recalibration": _recalibration,
    "agreement": _agreement,
    "selective": _selective,
    "subgroups": _subgroups,
}

_FOR_CHECKLISTS = {"output": _output, "thresholds": _thresholds, "parts": _parts, "determinate": _determinate}


def checklist_sentences(evaluation: Evaluation) -> dict[str, str]:
    """Return what only the checklists say, by key: it depends on the kind of task."""
    return {key: " ".join(make(evaluation)) for key, make in _FOR_CHECKLISTS.items()}
