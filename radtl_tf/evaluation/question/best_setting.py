"""The setting of lowest inner loss, and whether the folds separate it from the next one.

The one-standard-error rule (Breiman, Friedman, Olshen & Stone, Classification and Regression Trees, 1984, 3.4.3): a
difference that is smaller than its standard error is a tie.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radtl_tf.errors import ExperimentError
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Scenario


@dataclass(frozen=True)
class Ranking:
    """The two settings of lowest mean inner loss; ``standard_error`` belongs to their paired difference.

    With one setting only, ``runner_up`` is ``None`` and the numbers about it are ``nan``.
    """

    best: str
    loss: float
    runner_up: str | None
    runner_up_loss: float
    standard_error: float

    @property
    def is_tie(self) -> bool:
        """Tell whether the folds do not separate the two; a single fold has no standard error and never does."""
        return self.runner_up is not None and not self.runner_up_loss - self.loss > self.standard_error


def rank_settings(losses: Mapping[str, ArrayLike]) -> Ranking:
    """Rank settings by their inner losses (n,) of the same n runs in one order; settings with ``nan`` are left out.

    >>> rank_settings({"a": [0.5, 0.6, 0.7], "b": [0.4, 0.7, 0.6]}).is_tie
    True
    >>> rank_settings({"a": [0.5, 0.6, 0.7], "b": [0.4, 0.5, 0.6]}).best
    'b'

    Raises:
        ExperimentError: no setting has finite losses only.
    """
    by_name = {name: np.asarray(values, dtype=float) for name, values in losses.items()}
    means = {name: float(values.mean()) for name, values in by_name.items() if np.isfinite(values).all()}
    if not means:
        raise ExperimentError("No setting has finite inner losses in all folds: look at the runs' histories.")
    best, *others = sorted(means, key=means.__getitem__)
    if not others:
        return Ranking(best, means[best], None, math.nan, math.nan)
    error = _standard_error(by_name[others[0]] - by_name[best])
    return Ranking(best, means[best], others[0], means[others[0]], error)


def inner_losses(folder: OutputFolder, scenarios: Sequence[Scenario]) -> dict[str, NDArray[np.float64]]:
    """Return for the name of each setting its inner losses (n,), each at the learning rate of lowest inner loss.

    Linear probes and settings with a share of the training patients take no part. The n runs are the folds of all
    repeats that every scenario has finished.

    Raises:
        ExperimentError: there are too few such folds.
    """
    finished: dict[Scenario, dict[tuple[int, int], float]] = {
        one: {} for one in scenarios if not (one.is_reference or one.setting.is_partial)
    }
    for run in folder.run_records():
        scenario = Scenario.from_dict(dict(run))
        if scenario in finished:
            finished[scenario][run["repeat"], run["fold"]] = run["inner_loss"]
    common = sorted(set.intersection(*map(set, finished.values()))) if finished else []
    by_name: dict[str, list[list[float]]] = {}
    for scenario, losses in finished.items():
        by_name.setdefault(scenario.setting.name, []).append([losses[place] for place in common])
    if len(common) < min(2, len(by_name)) or not common:
        raise ExperimentError(
            f"{folder.root}: all settings have finished {len(common)} folds in common, too few to choose one. Run the "
            "experiment again to finish it, or name the setting that you want."
        )
    return {name: np.fmin.reduce(np.array(rates)) for name, rates in by_name.items()}


def best_setting(folder: OutputFolder, scenarios: Sequence[Scenario]) -> Ranking:
    """Return the ranking whose best setting has the lowest mean inner loss: test parts take no part in the choice.

    Raises:
        ExperimentError: it is tied with the next setting, or too few runs are finished.
    """
    ranking = rank_settings(inner_losses(folder, scenarios))
    if ranking.is_tie:
        raise ExperimentError(
            f"{ranking.best} and {ranking.runner_up} are tied: their mean inner losses {ranking.loss:.6f} and "
            f"{ranking.runner_up_loss:.6f} differ by less than the standard error of the difference, "
            f"{ranking.standard_error:.6f}. Name the setting that you want."
        )
    return ranking


def _standard_error(values: NDArray[np.float64]) -> float:
    """Return the standard error of the mean of ``values`` (n,); ``nan`` for a single value."""
    return float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.nan
