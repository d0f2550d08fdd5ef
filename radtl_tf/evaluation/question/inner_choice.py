"""Choices inside each training part: tables of test values and of the inner losses that decide the choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from radtl_tf.errors import DataError
from radtl_tf.evaluation.inference.repeated_folds import ByPatient
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.patient_table import PatientTable
from radtl_tf.records.runs import Scenario

_ROW = ["repeat", "fold"]


@dataclass(frozen=True)
class Measured:
    """Test values (AUROC or MAE) of a side per (repeat, fold), and what patients add to the error of the mean.

    The difference of two sides has both, too.
    """

    folds: pd.Series
    patients: ByPatient | None = None

    def __sub__(self, other: Measured) -> Measured:
        patients = self.patients - other.patients if self.patients and other.patients else None
        return Measured(self.folds - other.folds, patients)


@dataclass(frozen=True)
class RunValues:
    """Tables with a row per (repeat, fold) and a column per scenario.

    ``tested`` is the AUROC or MAE of the test part, ``inner_loss`` of the inner part; ``stuck``: had not converged.
    ``patients``: what each patient adds to the error of the mean over the folds.
    """

    tested: pd.DataFrame
    inner_loss: pd.DataFrame
    stuck: pd.DataFrame
    patients: PatientTable | None = None

    def choose(self, scenarios: Sequence[Scenario]) -> pd.Series:
        """Return per (repeat, fold) the name of the scenario of lowest inner loss; among equals, the first."""
        return self.inner_loss[[scenario.name for scenario in scenarios]].idxmin(axis=1)

    def at(self, chosen: pd.Series) -> pd.Series:
        """Return the test value of the chosen scenario for each (repeat, fold)."""
        return _pick(self.tested, chosen)

    def measured_at(self, chosen: pd.Series) -> Measured:
        """Return the test value of the chosen scenario for each (repeat, fold), with the patients."""
        return Measured(self.at(chosen), self.patients.at(list(chosen)) if self.patients else None)

    def measured_mean(self, scenarios: Sequence[Scenario]) -> Measured:
        """Return the mean test value over the scenarios per (repeat, fold), with the patients."""
        names = [scenario.name for scenario in scenarios]
        return Measured(self.mean(scenarios), self.patients.mean(names) if self.patients else None)

    def num_stuck(self, chosen: pd.Series) -> int:
        """Return how many of the chosen runs had not converged."""
        return int(_pick(self.stuck, chosen).sum())

    def mean(self, scenarios: Sequence[Scenario]) -> pd.Series:
        """Return per (repeat, fold) the mean test value over the scenarios."""
        return self.tested[[scenario.name for scenario in scenarios]].mean(axis=1)


def run_values(record: ExperimentRecord, folds: pd.DataFrame) -> RunValues:
    """Arrange the fold values of ``metrics.fold_values`` and the runs' convergence as tables.

    Raises:
        DataError: scenarios or folds of the experiment are missing, or a trained scenario has no inner predictions.
    """
    _check_complete(record, folds)
    tested, inner_loss = (folds.pivot(index=_ROW, columns="scenario", values=name) for name in ("value", "inner_loss"))
    lost = [scenario.name for scenario in record.trained if inner_loss[scenario.name].isna().any()]
    if lost:
        raise DataError(
            f"predictions.csv has no inner part for scenario {lost[0]!r}, but choices need it. Run the experiment "
            "again to finish it."
        )
    return RunValues(tested, inner_loss, _stuck(record, tested))


def _check_complete(record: ExperimentRecord, folds: pd.DataFrame) -> None:
    expected, found = [scenario.name for scenario in record.scenarios], set(folds["scenario"])
    missing = [name for name in expected if name not in found]
    unknown = sorted(found - set(expected))
    num_runs, num_found = record.num_test_parts, len(folds[_ROW].drop_duplicates())
    if missing or num_found != num_runs:
        what = f"scenario {missing[0]!r}" if missing else f"{num_runs - num_found} of {num_runs} folds"
        raise DataError(f"predictions.csv is incomplete: {what} is missing. Run the experiment again to finish it.")
    if unknown:
        raise DataError(
            f"predictions.csv holds scenario {unknown[0]!r}, but experiment.json does not name it. The two files "
            "belong to different experiments: restore the right one."
        )


def _stuck(record: ExperimentRecord, like: pd.DataFrame) -> pd.DataFrame:
    runs = record.runs[record.runs["converged"].isin([False])]  # None: no epoch was chosen, so nothing can be said
    marked = runs.assign(stuck=True).pivot(index=_ROW, columns="scenario", values="stuck")
    return marked.reindex(index=like.index, columns=like.columns).eq(True)


def _pick(table: pd.DataFrame, chosen: pd.Series) -> pd.Series:
    columns = table.columns.get_indexer(pd.Index(chosen))
    return pd.Series(table.to_numpy()[range(len(table)), columns], index=table.index)
