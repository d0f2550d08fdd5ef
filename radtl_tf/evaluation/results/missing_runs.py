"""Leave out what failed runs would have measured: a setting that lacks a run is in no table and no comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from radtl_tf.errors import DataError
from radtl_tf.evaluation.formatting import listed
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord, Missing
from radtl_tf.records.runs import PROBE, Scenario, Setting
from radtl_tf.records.safety.failures import Failure, read_failures

Place = tuple[str, str, str, str, float]
_NAMED = 5  # runs with the same reason


@dataclass(frozen=True)
class _Lack:
    """Failed runs by name, and the names of the scenarios that are left out because of them."""

    runs: Mapping[str, Failure]
    scenarios: frozenset[str]
    weights: frozenset[str]


def without_failed(record: ExperimentRecord, folder: Path) -> ExperimentRecord:
    """Return the record without the settings that lack runs, if each missing run is recorded as failed.

    A setting is all of its learning rates and its linear probe. The question is dropped if one of its weights lacks a
    setting. If a run is missing for another reason, the experiment has not ended, and the record is returned unchanged.

    Raises:
        DataError: no setting is complete.
        OutputError: the record of failures is damaged.
    """
    failures = read_failures(folder)
    absent = _absent(record) if failures else {}
    if not absent or not failures.keys() >= absent.keys():
        return record
    broken = {_place(scenario.setting) for scenario in absent.values()}
    out = [scenario for scenario in record.scenarios if _place(scenario.setting) in broken]
    kept = tuple(scenario for scenario in record.scenarios if scenario not in set(out))
    lack = _Lack(
        {name: failures[name] for name in absent},
        frozenset(scenario.name for scenario in out),
        frozenset(scenario.setting.weights for scenario in out),
    )
    lines = _lines(record, lack)
    if not any(not scenario.is_reference for scenario in kept):
        raise DataError(f"No setting is complete. {lines[0]}")
    return _reduced(record, kept, lack, lines)


def _absent(record: ExperimentRecord) -> dict[str, Scenario]:
    """Return the scenario of every run that is missing, by the name of the run."""
    done = set(record.runs[["scenario", "repeat", "fold"]].itertuples(index=False, name=None))
    return {
        f"{scenario.name}/{repeat}-{fold}": scenario
        for scenario in record.scenarios
        for repeat in range(record.num_repeats)
        for fold in range(record.num_folds)
        if (scenario.name, repeat, fold) not in done
    }


def _place(setting: Setting) -> Place:
    """Return what a frozen setting and its probe have in common, and no other setting."""
    tuning = "frozen" if setting.tuning == PROBE else setting.tuning
    return setting.network, setting.weights, setting.pixels, tuning, setting.train_fraction


def _reduced(
    record: ExperimentRecord, kept: tuple[Scenario, ...], lack: _Lack, lines: Sequence[str]
) -> ExperimentRecord:
    question, experiment = record.question, record.experiment
    unanswered = ""
    if question and lack.weights & set(question.compare):
        names = listed([name for name in question.compare if name in lack.weights])
        unanswered = f"The question is not answered: runs of {names} failed and are missing."
        experiment = replace(experiment, question=None)
    return replace(
        record,
        facts=replace(record.facts, experiment=experiment, scenarios=kept),
        runs=record.runs[~record.runs["scenario"].isin(lack.scenarios)].reset_index(drop=True),
        missing=Missing(tuple(filter(None, [unanswered, *lines])), lack.scenarios, lack.weights, unanswered),
    )


def _lines(record: ExperimentRecord, lack: _Lack) -> list[str]:
    total = record.num_test_parts * len(record.scenarios)
    reasons: dict[str, list[str]] = {}
    for name, failure in lack.runs.items():
        reasons.setdefault(failure.reason, []).append(name)
    said = "; ".join(f"{_some(names)} ({reason})" for reason, names in reasons.items())
    return [
        f"{len(lack.runs)} of {total} runs failed and are missing: {said}. Tables leave their settings out with all of "
        "their learning rates. To try them again, run the same command, with more free memory if it was full."
    ]


def _some(names: Iterable[str]) -> str:
    every = list(names)
    return listed(every) if len(every) <= _NAMED else f"{', '.join(every[:_NAMED])} and {len(every) - _NAMED} more"
