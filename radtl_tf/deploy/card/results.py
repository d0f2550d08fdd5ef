"""What the evaluation found for an exported setting: metrics, thresholds, calibration, subgroups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from radtl_tf.deploy.choice import Choice, best_runs
from radtl_tf.evaluation.metrics.recalibration import platt_line
from radtl_tf.evaluation.question.chosen_runs import Side
from radtl_tf.evaluation.question.subgroups import subgroups_of
from radtl_tf.evaluation.results.experiment_record import read_record
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.evaluation.results.run_parts import RunParts
from radtl_tf.evaluation.secondary.operating_points import choose_threshold
from radtl_tf.records.disk import read_json
from radtl_tf.records.experiment_facts import ExperimentFacts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.operating_points import operating_points
from radtl_tf.records.runs import SELECTED, Run, Setting

Row = dict[str, Any]


def results_of(folder: OutputFolder, facts: ExperimentFacts, choice: Choice, runs: Sequence[Run]) -> dict[str, Any]:
    """Return ``metrics``, ``subgroups``, ``operating_points`` and ``calibration`` of an exported setting.

    ``runs`` are the exported runs: thresholds and calibration come from their inner parts. A network that is trained
    on all patients has no runs, and so neither of the two.

    Raises:
        DataError: predictions or metadata are missing or damaged.
    """
    return {
        "metrics": _metrics(folder, choice.setting),
        "subgroups": _subgroups(folder, facts, choice),
        **_choices_on_inner_parts(folder, facts, runs),
    }


def _metrics(folder: OutputFolder, setting: Setting) -> list[Row]:
    """Return the rows of ``estimates.csv`` about the setting; none if the experiment is not evaluated."""
    if not folder.estimates.is_file():
        return []
    table = pd.read_csv(folder.estimates, dtype={"learning_rate": str}, keep_default_na=False)
    rows = table[(table["scenario"] == setting.name) & table["learning_rate"].isin([SELECTED, ""])]
    return [
        {
            "metric": row["metric"],
            "mean": _number(row["mean"]),
            "low": _number(row["ci_low"]),
            "high": _number(row["ci_high"]),
            "method": row["method"],
        }
        for row in rows.to_dict("records")
    ]


def _subgroups(folder: OutputFolder, facts: ExperimentFacts, choice: Choice) -> list[Row]:
    """Return the AUROC of the setting in each subgroup, over the folds of the first repeat."""
    experiment = facts.experiment
    if not experiment.evaluation.subgroups or not facts.target.is_binary:
        return []
    runs = best_runs(folder, choice.scenarios, range(experiment.folds.count))
    side = Side(choice.setting.name, {(run.repeat, run.fold): (_key(run),) for run in runs})
    found = subgroups_of(folder.root, read_record(folder.root), _predictions(folder, facts, runs), side)
    numbers = ("auroc", "low", "high")
    return [
        {str(name): _number(cell) if name in numbers else cell for name, cell in row.items()}
        for row in found.to_dict("records")
    ]


def _choices_on_inner_parts(folder: OutputFolder, facts: ExperimentFacts, runs: Sequence[Run]) -> dict[str, Any]:
    """Return the means over ``runs`` of what their inner parts decide; of binary models with large inner parts only.

    Thresholds and lines are those of the report: each is fitted on the inner part of its run.
    """
    nothing: dict[str, Any] = {"operating_points": [], "calibration": None}
    if not runs or not facts.target.is_binary:
        return nothing
    if any(read_json(folder.files(run).record)["fixed_epochs"] for run in runs):  # inner parts too small for choices
        return nothing
    parts = RunParts(_predictions(folder, facts, runs), facts.data.unit, facts.target)
    inner = [parts.inner(_key(run)) for run in runs]
    intercept, slope = np.mean([platt_line(of.truth, of.score) for of in inner], axis=0).tolist()
    points = operating_points(facts.experiment.evaluation.operating_points)
    thresholds = {
        point.name: float(np.mean([choose_threshold(point, of.truth, of.score) for of in inner])) for point in points
    }
    return {
        "operating_points": [{"name": name, "threshold": value} for name, value in thresholds.items()],
        "calibration": {"method": "Platt scaling", "intercept": intercept, "slope": slope},
    }


def _predictions(folder: OutputFolder, facts: ExperimentFacts, runs: Sequence[Run]) -> pd.DataFrame:
    return pd.concat([read_predictions(folder.files(run).predictions, facts.target) for run in runs])


def _key(run: Run) -> tuple[str, int, int]:
    return run.scenario.name, run.repeat, run.fold


def _number(cell: Any) -> float | None:
    """Return a number of a table; ``None`` if it is missing, since JSON has no NaN."""
    value = float(cell) if cell != "" else math.nan
    return value if math.isfinite(value) else None
