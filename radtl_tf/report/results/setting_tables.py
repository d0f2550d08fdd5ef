"""Tables of settings and scenarios: how well each performed, what was chosen, and what to compare it with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.evaluation.formatting import number, p_cell, range_text
from radtl_tf.records.runs import PROBE, SELECTED
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.text.task_words import fitted_by


def settings_table(evaluation: Evaluation) -> Table:
    """Return the settings, each with the learning rate chosen in each training part."""
    chosen = evaluation.estimates[evaluation.estimates["learning_rate"] == SELECTED]
    metric = evaluation.record.metric_in_unit
    return Table(
        key="settings",
        title="Settings",
        caption=f"Mean test {metric} over the folds.{_lower(evaluation)} The learning rate is chosen by inner loss in "
        "each training part. The SD over folds is a spread, not a standard error.",
        columns=(
            *("Backbone", "Tuning", "Weights", metric, "95 % interval", "SD over folds"),
            *("Pixels", "Not converged"),
        ),
        rows=tuple(
            (
                *(row["backbone"], row["tuning"], row["weights"], *_estimate(row)),
                *(row["pixels"], str(row["not_converged"])),
            )
            for row in chosen.to_dict("records")
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
        "is partly best by chance, so compare settings instead.",
        columns=(
            *("Backbone", "Tuning", "Learning rate", "Weights", metric, "95 % interval", "SD over folds"),
            *(f"Inner {name}", "Pixels", "Not converged"),
        ),
        rows=tuple(
            (
                *(row["backbone"], row["tuning"], row["learning_rate"], row["weights"], *_estimate(row)),
                *(number(inner[row["scenario"]]), row["pixels"], str(row["not_converged"])),
            )
            for row in scenarios.to_dict("records")
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
        rows=tuple((row["weights"], row["scenario"], str(row["times"])) for row in choices.to_dict("records")),
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
        caption=f"Regularized {fitted_by(evaluation)} on the same frozen features. If it is far "
        f"{'below' if evaluation.record.lower_is_better else 'above'} the trained head, "
        "the features hold information that the head did not use.",
        columns=("Backbone", "Weights", "Pixels", "Probe", "95 % interval", "Trained head", "95 % interval"),
        rows=tuple(
            (
                *(row["backbone"], row["weights"], row["pixels"], *_estimate(row)[:2]),
                *_estimate({name: row[f"{name}_head"] for name in columns})[:2],
            )
            for row in both.to_dict("records")
        ),
        section="references",
    )


def baselines_table(evaluation: Evaluation) -> Table:
    """Return the trivial baselines on the same folds."""
    median = " The median of the training part needs no image." * evaluation.record.target.is_number
    return Table(
        key="baselines",
        title="Trivial baselines",
        caption=f"{fitted_by(evaluation).capitalize()} on brightness and contrast, on 16 x 16 pixels, and on "
        "properties such as size, "
        f"age, spacing, view and vendor if they are known.{median} A network that is not clearly better has learned "
        "no more than this.",
        columns=("Baseline", evaluation.record.metric_in_unit, "95 % interval", "SD over folds"),
        rows=tuple((row["scenario"], *_estimate(row)) for row in evaluation.baselines.to_dict("records")),
        section="references",
    )


def published_table(evaluation: Evaluation) -> Table:
    """Return mean and SD over the grid, task by weights, as the publications print it."""
    table, experiment = evaluation.published, evaluation.record.experiment
    weights = tuple(experiment.grid.weights)
    cells = {
        (row["pixels"], row["weights"]): f"{number(row['mean'])} ± {number(row['sd'])} ({row['scenarios']})"
        for row in table.to_dict("records")
    }
    p_values = {pixels: p_cell(p) for pixels, p in table.groupby("pixels")["p_value"].min().items()}
    return Table(
        key="published",
        title="As published",
        caption=f"Mean ± SD of the {evaluation.record.metric_in_unit} over all scenarios of the grid (number of "
        "scenarios), and the p of the question's weights by a paired t over the scenarios, as if they were replicates. "
        "Scenarios share all patients, so this p is only descriptive. Pixels: native is each weights' own convention; "
        "alternative is the other convention that uncertain weights may have been trained with.",
        columns=("Task", "Pixels", *weights, "p (descriptive)"),
        rows=tuple(
            (experiment.name, pixels, *(cells.get((pixels, name), "-") for name in weights), p_values[pixels])
            for pixels in dict.fromkeys(table["pixels"])
        ),
        section="grid",
    )


def _lower(evaluation: Evaluation) -> str:
    return " Lower is better." * evaluation.record.lower_is_better


def _estimate(row: Mapping[Any, Any]) -> tuple[str, str, str]:
    return number(row["mean"]), _interval(row), number(row["sd"])


def _interval(row: Mapping[Any, Any]) -> str:
    return range_text(row["ci_low"], row["ci_high"])
