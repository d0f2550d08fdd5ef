"""Heads and probes on features that the cache holds: no network is built, and the numbers are the same."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from radtl_tf.evaluation.results.similarity import SOURCES, read_similarity
from radtl_tf.experiment.activations import KeptActivations
from radtl_tf.experiment.engine import collect_predictions, execute
from radtl_tf.experiment.plan.features import given_features
from radtl_tf.experiment.plan.networks import Networks
from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.similarity import write_similarities
from radtl_tf.records.runs import PROBE
from radtl_tf.training.features.prefix_features import POOLED


def _is_fixed(plan: Plan, *tunings: str) -> bool:
    runs = [run for run in plan.runs if run.scenario.setting.tuning in tunings]
    return given_features(plan, runs) is not None


def test_features_are_given_if_the_runs_need_no_network_and_the_cache_holds_them(
    finished_plan: Plan, planned: Plan
) -> None:
    assert _is_fixed(finished_plan, POOLED, PROBE)
    assert not _is_fixed(finished_plan, POOLED, PROBE, "topK2")
    assert not _is_fixed(planned, POOLED)  # its cache is empty


def test_the_notes_name_the_stages_of_the_network(finished_plan: Plan, planned: Plan) -> None:
    (backbone,) = finished_plan.experiment.grid.backbones
    size = finished_plan.experiment.training.image_size
    assert KeptActivations(finished_plan).stages(backbone) == Networks().stages(backbone, size)
    assert KeptActivations(planned).stages(backbone) is None


@pytest.mark.slow
def test_a_frozen_experiment_on_kept_features_builds_no_network_and_has_the_same_numbers(
    finished_plan: Plan, plan_on_read_images: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished_plan.cache, tmp_path / "cache")
    rates = next(axis.learning_rates for axis in finished_plan.experiment.grid.tunings if axis.name == POOLED)
    grid = {"tunings": [{"mode": "frozen", "learning_rates": list(rates)}]}
    plan = plan_on_read_images("frozen", cache=tmp_path / "cache", grid=grid)
    monkeypatch.setattr(Networks, "take", lambda *_: 1 / 0)
    for _ in execute(plan):
        pass
    collect_predictions(plan)
    write_similarities(plan)
    same, order = pd.read_csv(plan.folder.predictions), ["scenario", "fold", "part", "example"]
    first = pd.read_csv(finished_plan.folder.predictions)
    first = first[first["scenario"].isin(same["scenario"])]
    assert len(first) == len(same) > 0
    scores = [table.sort_values(order)["score"].to_numpy() for table in (first, same)]
    assert np.array_equal(*scores)
    rows = read_similarity(plan.folder.root)
    assert len(rows) > 1 and (rows["kind"] == SOURCES).all()
