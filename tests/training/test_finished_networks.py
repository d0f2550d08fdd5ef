"""Rebuilt networks give the scores of their finished runs, from the weights recorded in the experiment."""

from __future__ import annotations

import shutil
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from radtl_tf.errors import OutputError, WeightsError
from radtl_tf.models.backbones import build_base
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.models.weights import sources as weight_sources
from radtl_tf.models.weights.file import write_weights
from radtl_tf.records.disk import read_json
from radtl_tf.records.experiment_facts import ExperimentFacts, read_facts, write_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import PROBE, Run, Scenario, Setting
from radtl_tf.training import finished_networks
from radtl_tf.training.finished_networks import FinishedRuns, find_weights
from radtl_tf.training.trainer import copies

SCENARIOS = [
    Scenario(Setting("Tiny", weights, "tf", tuning), rate)
    for weights in ("mine", "random")
    for tuning, rate in (("frozen", 0.1), ("topK2", 0.01), (PROBE, None))
]
Subject = tuple[OutputFolder, ExperimentFacts]


@pytest.fixture
def subject(finished_once: Path, tmp_path: Path) -> Subject:
    keras.config.set_dtype_policy("float32")
    shutil.copytree(finished_once / "out", tmp_path / "out")
    shutil.copy(finished_once / "tiny.h5", tmp_path / "tiny.h5")
    folder = OutputFolder(tmp_path / "out")
    record = read_json(folder.experiment)
    record["experiment"]["weights"]["mine"]["files"]["Tiny"] = str(tmp_path / "tiny.h5")
    write_facts(folder.experiment, record)
    return folder, read_facts(folder.experiment)


def test_a_network_gives_the_scores_of_its_run(subject: Subject) -> None:
    folder, facts = subject
    runs, pixels = FinishedRuns(folder, facts), np.load(folder.data / "pixels-32.npy")
    base, head = build_base("Tiny", 32, seed=5), Head(12, 2)
    for run in (Run(scenario, 0, fold) for scenario in SCENARIOS for fold in (0, 2)):
        rows = pd.read_csv(folder.run(run) / "predictions.csv").query("part == 'test'")
        weights = find_weights(facts.experiment, run.scenario.setting, Path("/nowhere"))
        own, given = runs.network(run, weights), runs.network(run, weights, base, head)
        assert (given.base, given.head) == (base, head)
        images = to_network(pixels[rows["example"]], convention("tf"))
        for network in (own, given):
            for features in (network.base(images), network.parts.suffix(network.parts.prefix(images))):
                scores = keras.ops.softmax(network.head(features))[:, 1]
                np.testing.assert_allclose(keras.ops.convert_to_numpy(scores), rows["score"], atol=1e-4)


def test_a_start_is_read_once_and_is_the_same_again(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, facts = subject
    read: list[str] = []

    def counted(base: keras.Model, record: weight_sources.WeightsRecord, seed: int) -> None:
        read.append(record.name)
        weight_sources.initialize(base, record, seed)

    monkeypatch.setattr(finished_networks, "initialize", counted)
    runs, base = FinishedRuns(folder, facts), build_base("Tiny", 32, seed=0)
    mine, random = (
        find_weights(facts.experiment, one.setting, Path("/nowhere")) for one in (SCENARIOS[0], SCENARIOS[3])
    )
    runs.start(base, mine, 0)
    first = copies(base.weights)
    runs.network(Run(SCENARIOS[1], 0, 1), mine, base)  # changes the upper layers
    assert any(not np.array_equal(one, other) for one, other in zip(first, copies(base.weights), strict=True))
    runs.start(base, mine, 0)
    for one, other in zip(first, copies(base.weights), strict=True):
        np.testing.assert_array_equal(one, other)
    assert read == ["mine"]
    runs.start(base, random, 0)
    drawn = copies(base.weights)
    runs.start(base, random, 1)
    assert read == ["mine", "random", "random"]
    assert any(not np.array_equal(one, other) for one, other in zip(drawn, copies(base.weights), strict=True))


def test_a_weights_file_that_changed_is_refused_with_both_sums(subject: Subject, tmp_path: Path) -> None:
    folder, facts = subject
    recorded = next(row["sha256"] for row in read_json(folder.experiment)["weights"] if row["name"] == "mine")
    write_weights(tmp_path / "tiny.h5", build_base("Tiny", 32, seed=100))
    weights = find_weights(facts.experiment, SCENARIOS[0].setting, Path("/nowhere"))
    assert weights.sha256 and weights.sha256 != recorded
    with pytest.raises(WeightsError) as caught:
        FinishedRuns(folder, facts).network(Run(SCENARIOS[0], 0, 0), weights)
    said = str(caught.value)
    assert all(word in said for word in ("tiny.h5", recorded[:12], weights.sha256[:12]))
    assert "\n" not in said


def test_a_run_without_what_it_learned_is_refused(subject: Subject) -> None:
    folder, facts = subject
    run = Run(SCENARIOS[0], 0, 0)
    (folder.run(run) / "weights.h5").unlink()
    with pytest.raises(OutputError):
        FinishedRuns(folder, facts).network(run, find_weights(facts.experiment, SCENARIOS[0].setting, Path("/nowhere")))
