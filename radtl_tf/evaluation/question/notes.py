"""The notes of a report: one line per caveat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from radtl_tf.data.folds.draw import MIN_INNER_PATIENTS, MIN_TEST_PATIENTS
from radtl_tf.evaluation.metrics.metric_table import question_metric
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.mixed_runs import mixed_runs
from radtl_tf.records.runs import BINARY, Target

NEARLY_FROZEN = {  # trainable parameters below the head: the beta of one batch norm, or beta and gamma of two
    ("InceptionV3", "top10"): 192,
    ("InceptionV3Torch", "top10"): 1_152,
}
_WHY_FLAT = (
    " If batch norms are trained, a few dozen steps are too few for their moving statistics: train longer or with "
    "smaller batches. Random weights may also give all images the same features."
)
_UNSEEN = "Data check, label-in-column"


def part_counts(folds: pd.DataFrame, predictions: pd.DataFrame, target: Target = BINARY) -> pd.DataFrame:
    """Return per repeat, fold and part: images, patients, and the patients of the rarest class (``fewest_patients``).

    For a binary task also the positive images (``positives``) and the patients of each class. A patient with images of
    several classes counts in each; with several labels, a patient without a label counts for its absence. Without
    classes, as in a regression, all patients count.
    """
    truth = predictions.drop_duplicates("example").set_index("example")[list(target.truth)]
    rows = folds.join(truth, on="example")
    keys = ["repeat", "fold", "part"]
    counts = rows.groupby(keys).agg(images=("example", "size"), patients=("patient", "nunique"))
    if target.is_number:
        return counts.assign(fewest_patients=counts["patients"]).astype("int64").reset_index()
    absences = [] if target.kind == "multiclass" else [(name, 0) for name in target.truth]
    of_class = {
        label: rows[rows[label[0]] == label[1]].groupby(keys)["patient"].nunique()
        for label in [*((name, 1) for name in target.truth), *absences]
    }
    patients = pd.DataFrame(of_class).reindex(counts.index).fillna(0)
    counts["fewest_patients"] = patients.min(axis=1)
    if target.is_binary:
        counts["positives"] = rows.groupby(keys)["truth"].sum()
        counts["negative_patients"], counts["positive_patients"] = patients["truth", 0], patients["truth", 1]
    return counts.astype("int64").reset_index()


def notes(
    record: ExperimentRecord, parts: pd.DataFrame, equal: Sequence[tuple[str, str]] = (), num_flat: int = 0
) -> list[str]:
    """Return the alarms of the experiment, then remarks on its method."""
    found = [
        *alarms(record, parts, equal, num_flat),
        *_settings(record),
        *_pixels(record),
        *_scores(record),
    ]
    return list(dict.fromkeys(found)) + _refused(record)


def alarms(
    record: ExperimentRecord, parts: pd.DataFrame, equal: Sequence[tuple[str, str]] = (), num_flat: int = 0
) -> list[str]:
    """Return what may have spoiled the result; ``equal`` are weights with the same scores in every run.

    ``num_flat`` runs of a regression give nearly the same number for every case. A column that gives the label away
    comes last: no network sees it.
    """
    found = [
        *record.missing.lines,
        *_equal(equal),
        *mixed_runs(record),
        *record.facts.warnings,
        *_few_patients(parts, record.target),
        *_runs(record, num_flat),
    ]
    return sorted(dict.fromkeys(found), key=lambda alarm: alarm.startswith(_UNSEEN))


def _equal(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    for a, b in pairs:
        yield (
            f"{a} and {b} gave exactly the same scores in all of their runs: they are one network under two names, and "
            "comparing them shows nothing."
        )


def rarest(target: Target) -> str:
    """Return which patients ``fewest_patients`` counts."""
    of_kind = {"regression": "patients", "ordinal": "patients on one side of a threshold"}
    return of_kind.get(target.kind, "patients of a class")


def _few_patients(parts: pd.DataFrame, target: Target) -> Iterator[str]:
    fewest = parts["fewest_patients"]
    test, inner = parts["part"] == "test", parts["part"] == "inner"
    few_tested = int((fewest[test] < MIN_TEST_PATIENTS).sum())
    if few_tested:
        yield (
            f"{few_tested} of {test.sum()} test parts have fewer than {MIN_TEST_PATIENTS} {rarest(target)}: their "
            f"{question_metric(target.kind).name} is coarse. Use fewer folds."
        )
    few_inner = int((fewest[inner] < MIN_INNER_PATIENTS).sum())
    if few_inner:
        yield (
            f"{few_inner} of {inner.sum()} inner parts have fewer than {MIN_INNER_PATIENTS} {rarest(target)} (the "
            f"fewest {fewest[inner].min()}): there, the choice of learning rates and scenarios is largely a matter of "
            "chance."
        )


def _runs(record: ExperimentRecord, num_flat: int) -> Iterator[str]:
    runs = record.runs
    constant, mean_auroc = int(runs["constant"].sum()), " Their AUROC of 0.5 means that the model separates nothing."
    nothing = ": the model learned nothing." if record.target.is_number else f".{mean_auroc}"
    if constant:
        yield f"{constant} of {len(runs)} runs give every case of their test part the same score{nothing}{_WHY_FLAT}"
    elif num_flat:
        yield (
            f"{num_flat} of {len(runs)} runs give nearly the same number for every case (their SD is below a tenth of "
            f"the SD of the labels): they say little more than the median of the training part.{_WHY_FLAT}"
        )
    diverged = int(runs["diverged"].sum())
    if diverged:
        yield (
            f"{diverged} of {len(runs)} runs diverged and ended early; their best epoch was kept. Lower the "
            "learning rate."
        )
    stuck = int(runs["converged"].isin([False]).sum())
    if stuck:
        yield (
            f"{stuck} of {len(runs)} runs had not converged: their inner loss was lowest in the last epoch. More "
            "epochs may change the values of their scenarios."
        )


def _settings(record: ExperimentRecord) -> Iterator[str]:
    kinds = dict.fromkeys((setting.backbone, setting.tuning) for setting in record.settings)
    for kind in kinds:
        if kind in NEARLY_FROZEN:
            yield (
                f"{kind[1]} of {kind[0]} trains only {NEARLY_FROZEN[kind]} parameters below the head, so it is nearly "
                "frozen. It is kept as published; topK counts layers that have weights."
            )
    if any(scenario.is_reference for scenario in record.scenarios):
        yield "The linear probe is a reference for the frozen features. It takes no part in choices and comparisons."


def _pixels(record: ExperimentRecord) -> Iterator[str]:
    overridden = [
        entry for entry in record.facts.weights if entry.pixels not in (entry.native_pixels, entry.alternative_pixels)
    ]
    if overridden:
        names = ", ".join(f"{entry.name} {entry.backbone} ({entry.pixels})" for entry in overridden)
        yield f"These weights were fed with a pixel convention other than their own: {names}."
    uncertain = [weights for weights in record.experiment.grid.weights if len(record.candidates(weights)) > 1]
    if uncertain:
        names = ", ".join(f"{weights} ({_either(record, weights)})" for weights in uncertain)
        yield (
            f"It is not public which pixel convention was used to pre-train these weights: {names}. They are trained "
            "and compared under both conventions; if the verdicts differ, the answer is undecided."
        )
    if len(record.axis) > 1:
        yield (
            "The question is answered with each weights' own pixel convention if the grid includes it, otherwise with "
            "the first one listed. Other conventions are secondary (level pixels in comparisons.csv)."
        )


def _either(record: ExperimentRecord, weights: str) -> str:
    return " or ".join(name for entry in record.candidates(weights) for name in record.conventions(entry, weights))


def _scores(record: ExperimentRecord) -> Iterator[str]:
    if record.target.is_number:
        yield (
            "Scores are numbers, not probabilities. So there are no ROC curves, no calibration of probabilities and no "
            "selective prediction: bias, limits of agreement and the conformal interval take their place."
        )
    if record.experiment.training.class_weights == "balanced":
        yield "Trained with balanced class weights: scores rank cases but are not probabilities before recalibration."
    if record.data.unit == "image":
        yield (
            "The unit is the image: patients with several images count several times, but never in two parts of one "
            "fold."
        )


def _refused(record: ExperimentRecord) -> list[str]:
    """Return common tests that are not shown here, each with the reason (docs/decisions/0005)."""
    smallest = f"{2 ** (1 - record.num_folds):.3g}"
    return [
        f"Not shown: Wilcoxon test over {record.num_folds} folds. Its smallest possible two-sided p is {smallest}, "
        "and folds are not independent samples.",
        "Not shown: paired t over folds without correction. Folds share patients, so it calls too many differences "
        "significant.",
        "Descriptive only: the p over the scenarios in the table 'As published'. Scenarios share all patients, so "
        "they are not replicates.",
        "The SD over folds or scenarios is a spread and is never used as a standard error.",
    ]
