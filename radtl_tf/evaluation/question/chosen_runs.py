"""The runs that represent a setting, or the weights of the question, in each fold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from radtl_tf.evaluation.question.contrasts import side, ways
from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.run_parts import RunKey
from radtl_tf.records.runs import Scenario, Setting


@dataclass(frozen=True)
class Side:
    """Per (repeat, fold) the runs whose mean represents ``name``: the chosen run, or the runs of the whole grid."""

    name: str
    runs: dict[tuple[int, int], tuple[RunKey, ...]]

    def of(self, value: Callable[[RunKey], float]) -> pd.Series:
        """Return (k x R,) the mean of ``value`` over the runs, per repeat and fold."""
        means = [sum(value(run) for run in runs) / len(runs) for runs in self.runs.values()]
        return pd.Series(means, index=self.folds, dtype=float)

    @cached_property
    def folds(self) -> pd.MultiIndex:
        """The (repeat, fold) of every mean."""
        return pd.MultiIndex.from_tuples(self.runs, names=["repeat", "fold"])

    @property
    def keys(self) -> list[RunKey]:
        """Return all runs of the side."""
        return [run for runs in self.runs.values() for run in runs]

    def of_repeat(self, repeat: int) -> list[RunKey]:
        """Return the runs of one repeat, fold by fold."""
        return [run for (drawn, _), runs in self.runs.items() if drawn == repeat for run in runs]


Pair = tuple[Side, Side]  # the sides of the question, each under one convention and named with it


def chosen_side(name: str, values: RunValues, scenarios: Sequence[Scenario]) -> Side:
    """Return the side of the scenario of lowest inner loss, chosen in each training part."""
    chosen = values.choose(scenarios)
    folds = [(int(repeat), int(fold)) for repeat, fold in chosen.index]
    return Side(name, {at: ((str(scenario), *at),) for at, scenario in zip(folds, chosen, strict=True)})


def grid_side(name: str, values: RunValues, scenarios: Sequence[Scenario]) -> Side:
    """Return the side of all scenarios together."""
    folds = [(int(repeat), int(fold)) for repeat, fold in values.tested.index]
    return Side(name, {at: tuple((scenario.name, *at) for scenario in scenarios) for at in folds})


def setting_sides(record: ExperimentRecord, values: RunValues) -> dict[Setting, Side]:
    """Return every setting at the learning rate of lowest inner loss in each training part."""
    return {
        setting: chosen_side(setting.name, values, [s for s in record.trained if s.setting == setting])
        for setting in record.settings
    }


def question_pairs(record: ExperimentRecord, values: RunValues, over: str | None = None) -> Iterator[Pair]:
    """Yield the question's two weights under each convention, ``over`` as in the question unless given.

    Nothing without a question.
    """
    question = record.question
    if not question:
        return
    make = grid_side if (over or question.over) == "grid" else chosen_side
    for way in ways(record, question.compare):
        first, second = (
            make(side(record, weights, entry), values, record.family(weights, entry))
            for weights, entry in zip(question.compare, way, strict=True)
        )
        yield first, second
