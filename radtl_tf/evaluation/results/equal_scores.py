"""Scores that do not vary: weights with the same scores in every run, and numbers that are nearly constant."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from radtl_tf.evaluation.results.experiment_record import ExperimentRecord
from radtl_tf.evaluation.results.predictions import RUN
from radtl_tf.evaluation.results.run_parts import RunParts
from radtl_tf.records.runs import Scenario

_FEW = 2  # values
_FLAT = 0.1  # of the SD of the truth


def equal_weights(record: ExperimentRecord, predictions: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the pairs of weights of the grid whose scores are equal in all of their runs, on every image.

    Scores that are all 0, 1 or one constant say nothing: different networks may give them.
    """
    columns = predictions[["repeat", "fold", "example", *record.target.score]]
    marks = pd.util.hash_pandas_object(columns, index=False)
    of_scenario = marks.groupby(predictions["scenario"].to_numpy()).sum()  # does not depend on the order of rows
    of_weights: dict[str, dict[tuple[object, ...], int]] = {}
    for scenario in record.scenarios:
        own = of_weights.setdefault(scenario.setting.weights, {})
        own[_place(scenario)] = int(of_scenario[scenario.name])
    same = [pair for pair in combinations(of_weights, 2) if of_weights[pair[0]] == of_weights[pair[1]]]
    scores = predictions[list(record.target.score)].to_numpy()
    return same if same and len(np.unique(scores)) > _FEW else []


def num_flat(record: ExperimentRecord, parts: RunParts) -> int:
    """Return how many runs of a regression give nearly the same number for every case of their test part.

    Nearly the same: the SD of the scores is below a tenth of the SD of the truth. 0 for other tasks.
    """
    if not record.target.is_number:
        return 0
    runs = record.runs[RUN].itertuples(index=False, name=None)
    return sum(bool(test.score.std() < _FLAT * test.truth.std()) for test in map(parts.test, runs))


def _place(scenario: Scenario) -> tuple[object, ...]:
    """Return everything that names a scenario except its weights."""
    setting = scenario.setting
    return setting.network, setting.pixels, setting.tuning, setting.train_fraction, scenario.learning_rate
