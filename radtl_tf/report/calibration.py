"""Tables of calibration: reliability, and scores before and after recalibration."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from radtl_tf.evaluation.answer import number
from radtl_tf.evaluation.calibration import MAPS, MEASURES
from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.report.secondary import estimate_cells, setting_cells
from radtl_tf.report.tables import Table


def recalibration_table(evaluation: Evaluation) -> Table:
    """Every setting before and after each map."""
    after = evaluation.further.calibration.estimates
    return Table(
        key="recalibration",
        title="Recalibration",
        caption="Platt scaling (intercept and slope) and temperature (slope) are fitted on the inner part of each run "
        "and applied to its test part: mean over the test folds (95 % interval). Brier, log loss and ECE: lower is "
        "better; slope 1 and intercept 0 are ideal. The AUROC stays, but for a fold in which Platt scaling turns the "
        "order around.",
        columns=("Backbone", "Tuning", "Weights", "Pixels", "Scores", *MEASURES),
        rows=tuple(_recalibrated(evaluation)) if len(after) else (),
    )


def reliability_table(evaluation: Evaluation) -> Table:
    """Every setting's share of positives by score."""
    found = evaluation.further.calibration.reliability
    settings = [setting.name for setting in evaluation.record.settings]
    rows = [_reliable(name, found[found["scenario"] == name]) for name in settings]
    return Table(
        key="reliability",
        title="Reliability",
        caption="Mean score: share of positives. The scores of two folds are of two networks and are not pooled: each "
        "test fold of the first repeat is divided into bins of equally many cases, ordered by score, and the means "
        "over the folds of their first, second, ... bins are shown. The two numbers of a probability are the same.",
        columns=("Setting", "Cases", "Score: share of positives"),
        rows=tuple(rows),
    )


def _recalibrated(evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    further = evaluation.further
    cells = estimate_cells(pd.concat([further.secondary.estimates, further.calibration.estimates]))
    for setting in evaluation.record.settings:
        for name in ("", *MAPS):
            metrics = [f"{name}: {measure}" if name else measure for measure in MEASURES]
            found = (cells[setting.name, metric] for metric in metrics)
            yield (*setting_cells(setting), name or "as they are", *found)


def _reliable(name: str, bins: pd.DataFrame) -> tuple[str, str, str]:
    pairs = (f"{number(score)}: {number(share)}" for score, share in zip(bins["score"], bins["share"], strict=True))
    return name, str(bins["cases"].sum()), ", ".join(pairs)
