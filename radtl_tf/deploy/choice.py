"""What of a finished experiment becomes a model: the setting, and which of its runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from radtl_tf.errors import ExperimentError, nearest
from radtl_tf.evaluation.question.best_setting import Ranking, best_setting, inner_losses, rank_settings
from radtl_tf.logs import get_logger
from radtl_tf.records.disk import read_json
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Scenario, Setting

_log = get_logger(__name__)

EXPORTED_REPEAT = 0
REFIT: Literal["refit"] = "refit"
ALL: Literal["all"] = "all"

Folds = int | Literal["all"]  # the number of a fold of the first repeat, or the mean of all folds
Networks = Folds | Literal["refit"]  # or one network that is trained on all patients


@dataclass(frozen=True)
class Choice:
    """A setting, its scenarios, and how it was chosen: by its name, or by the ``ranking`` of the settings.

    A named setting has the ranking for comparison, or none if too few runs are finished.
    """

    setting: Setting
    scenarios: list[Scenario]
    by_name: bool
    ranking: Ranking | None

    def as_dict(self) -> dict[str, Any]:
        """Return the record for the exported facts; numbers of a runner-up that does not exist are left out."""
        record: dict[str, Any] = {"chosen": self.setting.name, "by": "name" if self.by_name else "lowest inner loss"}
        if self.ranking is None:
            return record
        record |= {"lowest": self.ranking.best, "lowest_inner_loss": self.ranking.loss}
        if self.ranking.runner_up is None:
            return record
        return record | {
            "runner_up": self.ranking.runner_up,
            "runner_up_inner_loss": self.ranking.runner_up_loss,
            "standard_error": _finite(self.ranking.standard_error),
        }


def choose_setting(folder: OutputFolder, scenarios: Sequence[Scenario], name: str | None) -> Choice:
    """Return the Setting named ``name``, or the one of lowest mean inner loss, which the log shows with the next one.

    Settings of embeddings take no part in the ranking: their network is not here.

    Raises:
        ExperimentError: the Setting does not exist or has no network, only embeddings; or, without a name, two are
            tied or too few runs are finished.
    """
    by_name: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        by_name.setdefault(scenario.setting.name, []).append(scenario)
    networks = {each: found for each, found in by_name.items() if found[0].setting.has_network}
    if name is not None and name not in by_name:
        raise ExperimentError(
            f"There is no setting {name!r}{nearest(name, by_name)}. Choose one of: {', '.join(networks or by_name)}."
        )
    if not networks or (name is not None and name not in networks):
        raise ExperimentError(_without_network(name, networks))
    exportable = [scenario for found in networks.values() for scenario in found]
    if name is not None:
        return Choice(networks[name][0].setting, networks[name], True, _ranking(folder, exportable))
    ranking = best_setting(folder, exportable)
    _log.info(_shown(ranking))
    if left_out := [each for each in by_name if each not in networks]:
        _log.info(f"Left out, because embeddings have no network to export: {', '.join(left_out)}")
    return Choice(networks[ranking.best][0].setting, networks[ranking.best], False, ranking)


def _without_network(name: str | None, networks: Iterable[str]) -> str:
    """Return why there is no model, and the settings that can become one."""
    subject, others = name or "Every setting", ", ".join(networks)
    advice = f"Choose one of: {others}." if others else "Name the backbone and its weights in an experiment instead."
    return f"{subject} was trained on vectors that were made elsewhere; the network is not here. {advice}"


def numbers_of(folds: object, count: int, *words: str) -> Sequence[int]:
    """Return the numbers of the requested ``folds`` of ``count``; ``words`` are valid besides numbers and ``all``.

    A word of ``words`` needs all folds.

    Raises:
        ExperimentError: there is no such fold.
    """
    if folds in (ALL, *words):
        return range(count)
    if isinstance(folds, bool) or not isinstance(folds, int) or not 0 <= folds < count:
        valid = " or ".join(map(repr, (ALL, *words)))
        raise ExperimentError(f"fold = {folds!r} is not valid: give a number from 0 to {count - 1}, or {valid}.")
    return [folds]


def best_runs(folder: OutputFolder, scenarios: Sequence[Scenario], folds: Iterable[int]) -> list[Run]:
    """Return for each of ``folds`` the run of lowest inner loss among the learning rates of a setting.

    Raises:
        ExperimentError: runs are missing.
    """
    by_fold = [[Run(scenario, EXPORTED_REPEAT, fold) for scenario in scenarios] for fold in folds]
    missing = [run.name for runs in by_fold for run in runs if not folder.is_done(run)]
    if missing:
        raise ExperimentError(f"{len(missing)} runs are missing, the first is {missing[0]}: run the experiment again.")
    return [min(runs, key=lambda run: read_json(folder.files(run).record)["inner_loss"]) for runs in by_fold]


def _ranking(folder: OutputFolder, scenarios: Sequence[Scenario]) -> Ranking | None:
    try:
        return rank_settings(inner_losses(folder, scenarios))
    except ExperimentError:
        return None


def _shown(ranking: Ranking) -> str:
    text = f"Chosen: {ranking.best}, mean inner loss {ranking.loss:.6f}"
    if ranking.runner_up is None:
        return f"{text}; there is no other setting"
    return (
        f"{text}; next: {ranking.runner_up}, {ranking.runner_up_loss:.6f} "
        f"(standard error of the difference {ranking.standard_error:.6f})"
    )


def _finite(value: float) -> float | None:
    return None if math.isnan(value) else value  # JSON has no NaN
