"""All secondary results of an experiment: each analysis has its own module and is collected here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from radtl_tf.evaluation.numbers_and_stages.conformal import conformal
from radtl_tf.evaluation.numbers_and_stages.single_cases import single_cases
from radtl_tf.evaluation.question.chosen_runs import question_pairs, setting_sides
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.question.subgroups import Subgroups, subgroups
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunParts
from radtl_tf.evaluation.secondary.agreement import Agreement, agreement_rows, agreements
from radtl_tf.evaluation.secondary.calibration import Calibration, calibration
from radtl_tf.evaluation.secondary.classes import Classes, by_class
from radtl_tf.evaluation.secondary.fitted_models import fitted_models
from radtl_tf.evaluation.secondary.operating_points import OperatingPoints, at_operating_points
from radtl_tf.evaluation.secondary.secondary_metrics import FAMILY, METRIC, SecondaryMetrics, secondary_metrics
from radtl_tf.evaluation.secondary.selective_prediction import selective
from radtl_tf.evaluation.secondary.variance_decomposition import Decomposition, decomposition


@dataclass(frozen=True)
class SecondaryResults:
    """All secondary results. ``estimates`` and ``comparisons`` follow the rows of the question's metric in the files.

    ``cases``: truth and prediction of every test case of a regression or an ordinal task.
    """

    classes: Classes
    fitted: pd.DataFrame
    metrics: SecondaryMetrics
    operating_points: OperatingPoints
    calibration: Calibration
    agreements: list[Agreement]
    averages: pd.DataFrame
    selective: pd.DataFrame
    decomposition: Decomposition | None
    subgroups: Subgroups
    conformal: pd.DataFrame
    cases: pd.DataFrame

    @property
    def estimates(self) -> pd.DataFrame:
        """Rows of ``estimates.csv``."""
        found = (self.classes, self.metrics, self.operating_points, self.calibration)
        return pd.concat([*(of.estimates for of in found), self.conformal, self.fitted, self.selective])

    @property
    def comparisons(self) -> pd.DataFrame:
        """Rows of ``comparisons.csv``."""
        return pd.concat([self.classes.comparisons, self.metrics.comparisons, self.averages])

    @property
    def notes(self) -> list[str]:
        """Caveats, such as missing values."""
        return list(self._notes())

    def _notes(self) -> Iterator[str]:
        yield from self.metrics.notes
        yield from self.operating_points.notes
        yield from self.calibration.notes
        yield from self.subgroups.notes


def secondary_results(
    folder: Path,
    record: ExperimentRecord,
    predictions: pd.DataFrame,
    values: RunValues,
    parts: RunParts,
    counts: pd.DataFrame,
) -> SecondaryResults:
    """Evaluate everything that is secondary to the question.

    ``predictions`` come from ``read_predictions``, ``parts`` are theirs, ``counts`` come from ``notes.part_counts``.

    Raises:
        DataError: the metadata for subgroups are missing or damaged.
    """
    settings, pairs = setting_sides(record, values), list(question_pairs(record, values))
    common = agreements(record, values, parts, list(question_pairs(record, values, over="selected")))
    gains = [of.gain.p_value for of in common]
    metrics = secondary_metrics(record, predictions, values, parts, settings, pairs, gains)
    of_metrics = metrics.comparisons.loc[metrics.comparisons["level"] == METRIC, "p_value"].tolist()
    return SecondaryResults(
        classes=by_class(record, values, parts, settings, pairs),
        fitted=fitted_models(record, values, parts, settings),
        metrics=metrics,
        operating_points=at_operating_points(record, values, parts, counts, settings),
        calibration=calibration(record, values, parts, counts, settings),
        agreements=common,
        averages=agreement_rows(record, common, of_metrics, FAMILY),
        selective=selective(record, values, parts, settings),
        decomposition=decomposition(record, values),
        subgroups=subgroups(folder, record, predictions, pairs),
        conformal=conformal(record, values, parts, settings),
        cases=single_cases(record, parts, settings),
    )
