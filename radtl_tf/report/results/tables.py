"""The report's tables: every number of an evaluation, as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, p_cell, range_text
from radtl_tf.evaluation.question.notes import rarest
from radtl_tf.models.weights.catalogue import published_size
from radtl_tf.records.experiment_facts import CheckFacts, WeightsFacts
from radtl_tf.records.reader import as_dict
from radtl_tf.records.runs import PROBE, SELECTED
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.numbers_and_stages.agreement import conformal_table
from radtl_tf.report.numbers_and_stages.label import numbers_table
from radtl_tf.report.numbers_and_stages.stages import stages_table
from radtl_tf.report.results.comparison_tables import comparisons_table, scenario_comparisons_table
from radtl_tf.report.review.all_tables import REVIEW
from radtl_tf.report.topics.agreement import agreement_table
from radtl_tf.report.topics.calibration import recalibration_table, reliability_table
from radtl_tf.report.topics.classes import class_comparisons_table, classes_table
from radtl_tf.report.topics.fitted_models import fitted_table
from radtl_tf.report.topics.learned import learned_table
from radtl_tf.report.topics.learning_curve import learning_curve_table
from radtl_tf.report.topics.operating_points import operating_points_table
from radtl_tf.report.topics.pixel_ablation import pixels_table, similarity_table
from radtl_tf.report.topics.secondary_metrics import metric_comparisons_table, secondary_table, unit_table
from radtl_tf.report.topics.selective_prediction import selective_table
from radtl_tf.report.topics.subgroups import demographics_table, subgroups_table
from radtl_tf.report.topics.variance_decomposition import decomposition_table

SHORT_HASH = 12


def tables(evaluation: Evaluation) -> list[Table]:
    """Return every table that has a row, in the order of the report."""
    makers = (
        *(
            settings_table,
            comparisons_table,
            learned_table,
            learning_curve_table,
            pixels_table,
            choices_table,
            probe_table,
        ),
        baselines_table,
        *(published_table, fitted_table),
        *(classes_table, class_comparisons_table),
        *(conformal_table, stages_table),
        *(secondary_table, metric_comparisons_table, unit_table, operating_points_table),
        *(recalibration_table, reliability_table, agreement_table, selective_table),
        *(decomposition_table, subgroups_table),
        *(scenarios_table, scenario_comparisons_table, similarity_table, weights_table, data_table, folds_table),
        *(demographics_table, check_table, stuck_table, method_table),
        *REVIEW,
    )
    return [table for table in (make(evaluation) for make in makers) if table.rows]


def settings_table(evaluation: Evaluation) -> Table:
    """Return the settings, each with the learning rate chosen in each training part."""
    chosen = evaluation.estimates[evaluation.estimates["learning_rate"] == SELECTED]
    metric = evaluation.record.metric_in_unit
    return Table(
        key="settings",
        title="Settings",
        caption=f"Mean test {metric} over the folds.{_lower(evaluation)} The learning rate is chosen by inner loss in "
        "each training part. The "
        "SD over folds is a spread, not a standard error.",
        columns=(
            *("Backbone", "Tuning", "Weights", metric, "95 % interval", "SD over folds"),
            *("Pixels", "Not converged"),
        ),
        rows=tuple(
            (
                *(row["backbone"], row["tuning"], row["weights"], *_estimate(row)),
                *(row["pixels"], str(row["not_converged"])),
            )
            for row in _rows(chosen)
        ),
    )


def scenarios_table(evaluation: Evaluation) -> Table:
    """Return every scenario, probes last."""
    scenarios = evaluation.estimates[evaluation.estimates["learning_rate"] != SELECTED]
    inner, metric = evaluation.folds.groupby("scenario")["inner_value"].mean(), evaluation.record.metric_in_unit
    name = evaluation.record.question_metric.name
    return Table(
        key="scenarios",
        title="All scenarios",
        caption=f"Mean test {name} over the folds, and the {name} of the inner part.{_lower(evaluation)} The best row "
        "is partly best by "
        "chance, so compare settings instead.",
        columns=(
            *("Backbone", "Tuning", "Learning rate", "Weights", metric, "95 % interval", "SD over folds"),
            *(f"Inner {name}", "Pixels", "Not converged"),
        ),
        rows=tuple(
            (
                *(row["backbone"], row["tuning"], row["learning_rate"], row["weights"], *_estimate(row)),
                *(number(inner[row["scenario"]]), row["pixels"], str(row["not_converged"])),
            )
            for row in _rows(scenarios)
        ),
        section="grid",
    )


def choices_table(evaluation: Evaluation) -> Table:
    """Return the scenarios chosen for the question, and how often."""
    choices = evaluation.question.choices if evaluation.question else pd.DataFrame()
    num_choices = evaluation.record.num_test_parts
    return Table(
        key="choices",
        title="What was chosen",
        caption=f"The scenario of lowest inner loss for each weights in each of the {num_choices} training parts. If "
        "the choice changes from fold to fold, the scenarios perform alike.",
        columns=("Weights", "Scenario", "Times chosen"),
        rows=tuple((row["weights"], row["scenario"], str(row["times"])) for row in _rows(choices)),
    )


def probe_table(evaluation: Evaluation) -> Table:
    """Return the linear probe and the trained head, both on frozen features."""
    keys = ["backbone", "weights", "pixels"]
    estimates = evaluation.estimates
    heads = estimates[(estimates["tuning"] == "frozen") & (estimates["learning_rate"] == SELECTED)]
    both = estimates[estimates["tuning"] == PROBE].merge(heads, on=keys, suffixes=("", "_head"))
    columns = ("mean", "sd", "ci_low", "ci_high")
    return Table(
        key="probe",
        title="Linear probe",
        caption=f"Regularized {_fitted_by(evaluation)} on the same frozen features. If it is far "
        f"{'below' if evaluation.record.lower_is_better else 'above'} the trained head, "
        "the features hold information that the head did not use.",
        columns=("Backbone", "Weights", "Pixels", "Probe", "95 % interval", "Trained head", "95 % interval"),
        rows=tuple(
            (
                *(row["backbone"], row["weights"], row["pixels"], *_estimate(row)[:2]),
                *_estimate({name: row[f"{name}_head"] for name in columns})[:2],
            )
            for row in _rows(both)
        ),
        section="references",
    )


def baselines_table(evaluation: Evaluation) -> Table:
    """Return the trivial baselines on the same folds."""
    median = " The median of the training part needs no image." * evaluation.record.target.is_number
    return Table(
        key="baselines",
        title="Trivial baselines",
        caption=f"{_fitted_by(evaluation).capitalize()} on brightness and contrast, on 16 x 16 pixels, and on "
        "properties such as size, "
        f"age, spacing, view and vendor if they are known.{median} A network that is not clearly better has learned "
        "no more "
        "than this.",
        columns=("Baseline", evaluation.record.metric_in_unit, "95 % interval", "SD over folds"),
        rows=tuple((row["scenario"], *_estimate(row)) for row in _rows(evaluation.baselines)),
        section="references",
    )


def published_table(evaluation: Evaluation) -> Table:
    """Return mean and SD over the grid, task by weights, as the publications print it."""
    table, experiment = evaluation.published, evaluation.record.experiment
    weights = tuple(experiment.grid.weights)
    cells = {
        (row["pixels"], row["weights"]): f"{number(row['mean'])} ± {number(row['sd'])} ({row['scenarios']})"
        for row in _rows(table)
    }
    p_values = {pixels: p_cell(p) for pixels, p in table.groupby("pixels")["p_value"].min().items()}
    return Table(
        key="published",
        title="As published",
        caption=f"Mean ± SD of the {evaluation.record.metric_in_unit} over all scenarios of the grid (number of "
        "scenarios), and the p of the "
        "question's weights by a paired t over the scenarios, as if they were replicates. Scenarios share all "
        "patients, so this p is only descriptive. Pixels: native is each weights' own convention; alternative is the "
        "other convention that uncertain weights may have been trained with.",
        columns=("Task", "Pixels", *weights, "p (descriptive)"),
        rows=tuple(
            (experiment.name, pixels, *(cells.get((pixels, name), "-") for name in weights), p_values[pixels])
            for pixels in dict.fromkeys(table["pixels"])
        ),
        section="grid",
    )


def weights_table(evaluation: Evaluation) -> Table:
    """Return the source of the weights that training started from."""
    return Table(
        key="weights",
        title="Weights",
        caption="Pixels is the convention of the images that the network received; own convention is the one that the "
        "weights were trained with. Trained at is the side of the images of pre-training, if the catalogue knows the "
        "file.",
        columns=("Weights", "Backbone", "Source", "File", "sha256", "Trained at", "Pixels", "Own convention"),
        rows=tuple(
            (
                *(entry.name, entry.backbone, entry.source, entry.file or ""),
                *((entry.sha256 or "")[:SHORT_HASH], _trained_at(entry), entry.pixels, entry.native_pixels),
            )
            for entry in evaluation.record.facts.weights
        ),
        section="method",
    )


def _trained_at(entry: WeightsFacts) -> str:
    side = published_size(Path(entry.file), entry.sha256, entry.backbone) if entry.file and entry.sha256 else None
    return f"{side} px" if side else ""


def data_table(evaluation: Evaluation) -> Table:
    """Return images and patients per class, or the range of a number."""
    data = evaluation.record.data
    target = evaluation.record.target
    if target.is_number:
        return numbers_table(evaluation)
    positive = target.classes[-1] if target.is_binary else None
    several = "a patient with images of both classes" if positive else "an image or patient of several classes"
    column = "Stage" if target.kind == "ordinal" else "Class"
    scored = "Scores are for the positive class. " if positive else ""
    return Table(
        key="data",
        title="Data",
        caption=f"{data.examples} images of {data.patients} patients; {several} counts in each. {scored}One case "
        f"is one {data.unit}. sha256 {data.sha256[:SHORT_HASH]}.",
        columns=(column, "Images", "Patients"),
        rows=tuple(
            (f"{name} (positive)" if name == positive else name, str(count.images), str(count.patients))
            for name, count in data.counts.items()
        ),
        section="data",
    )


def folds_table(evaluation: Evaluation) -> Table:
    """Return images, patients and positive images (or patients of the rarest class) of each part of each fold."""
    target = evaluation.record.target
    last = [] if target.is_number else ["positives"] if target.is_binary else ["fewest_patients"]
    counts = evaluation.parts[["images", "patients", *last]].astype(str)
    parts = evaluation.parts.assign(cell=counts.agg(" / ".join, axis=1))
    fewest = f"fewest {rarest(target)}" if target.kind == "ordinal" else "patients of the rarest class"
    counted = "".join(f" / {'positive images' if name == 'positives' else fewest}" for name in last)
    wide = parts.pivot(index=["repeat", "fold"], columns="part", values="cell").reset_index()
    return Table(
        key="folds",
        title="Folds",
        caption=f"Images / patients{counted}. Patients are never shared between parts of a fold.",
        columns=("Repeat", "Fold", "Train", "Inner", "Test"),
        rows=tuple(
            (str(row["repeat"]), str(row["fold"]), row["train"], row["inner"], row["test"]) for row in _rows(wide)
        ),
        section="data",
    )


def check_table(evaluation: Evaluation) -> Table:
    """Return the findings of the data check before the first run."""
    check = evaluation.record.facts.check or CheckFacts()
    return Table(
        key="check",
        title="Data check",
        caption="Findings before the first run. An error would have stopped the experiment; the user has reviewed "
        "each accepted warning.",
        columns=("Finding", "Level", "What", "Accepted"),
        rows=tuple(
            (finding.code, finding.level, finding.message, "yes" if finding.code in check.accepted else "")
            for finding in check.findings
        ),
        section="data",
    )


def stuck_table(evaluation: Evaluation) -> Table:
    """Return the runs whose inner loss was still falling."""
    runs = evaluation.record.runs
    return Table(
        key="not-converged",
        title="Runs that had not converged",
        caption="The lowest inner loss of these runs was in the last epoch, so more epochs may improve them.",
        columns=("Scenario", "Repeat", "Fold", "Epochs"),
        rows=tuple(
            (row["scenario"], str(row["repeat"]), str(row["fold"]), str(row["epochs"]))
            for row in _rows(runs[runs["converged"].isin([False])])
        ),
        section="training",
    )


def method_table(evaluation: Evaluation) -> Table:
    """Return settings of training, versions and hardware."""
    facts, runs = evaluation.record.facts, evaluation.record.runs
    values = {
        "seed": facts.experiment.seed,
        **{f"training: {name}": value for name, value in as_dict(facts.experiment.training).items()},
        **{f"hardware: {name}": value for name, value in facts.hardware.items()},
        **{f"version: {name}": value for name, value in facts.versions.items()},
        "runs": f"{len(runs)} in {runs['seconds'].sum() / 60:.0f} minutes",
        "waiting for data": f"{runs['waiting'].sum() / runs['seconds'].sum():.1%} of that time",
    }
    return Table(
        key="method",
        title="How it was made",
        caption="All of these values are in experiment.json.",
        columns=("What", "Value"),
        rows=tuple((name, str(value)) for name, value in values.items()),
        section="method",
    )


def _lower(evaluation: Evaluation) -> str:
    return " Lower is better." * evaluation.record.lower_is_better


def _fitted_by(evaluation: Evaluation) -> str:
    return "ridge regression" if evaluation.record.target.is_number else "logistic regression"


def _estimate(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return number(row["mean"]), _interval(row), number(row["sd"])


def _interval(row: Mapping[str, Any]) -> str:
    return range_text(row["ci_low"], row["ci_high"])


def _rows(table: pd.DataFrame) -> list[Mapping[Any, Any]]:
    return list(table.to_dict("records"))
