"""The setting of a finished experiment that becomes a model, and its runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from radtl_tf.errors import ExperimentError, nearest
from radtl_tf.evaluation.question.best_setting import best_setting
from radtl_tf.records.disk import read_json
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Scenario, Setting

EXPORTED_REPEAT = 0


def choose_setting(
    folder: OutputFolder, scenarios: Sequence[Scenario], name: str | None
) -> tuple[Setting, list[Scenario]]:
    """Return the Setting named ``name``, or the one of lowest mean inner loss, and its scenarios among ``scenarios``.

    Raises:
        ExperimentError: the Setting does not exist; or, without a name, two are tied or too few runs are finished.
    """
    by_name: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        by_name.setdefault(scenario.setting.name, []).append(scenario)
    if name is None:
        name = best_setting(folder, scenarios)
    if name not in by_name:
        raise ExperimentError(
            f"There is no setting {name!r}{nearest(name, by_name)}. Choose one of: {', '.join(by_name)}."
        )
    return by_name[name][0].setting, by_name[name]


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
