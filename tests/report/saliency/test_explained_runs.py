"""A rebuilt network gives the scores of its run; its maps agree with a closed form and change under randomization."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from radtl_tf.errors import OutputError
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord, read_record
from radtl_tf.models.backbones import build_base
from radtl_tf.models.gradcam import opened
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.models.tuning import split
from radtl_tf.models.weights.sources import WeightsRecord, initialize
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Scenario, Setting
from radtl_tf.report.saliency.case_choice import Case
from radtl_tf.report.saliency.explained_runs import Explainer
from radtl_tf.report.saliency.map_agreement import UNCHANGED
from radtl_tf.training.finished_networks import find_weights
from radtl_tf.training.learned_weights import Learned, write_learned
from radtl_tf.training.randomness import backbone_seed

Subject = tuple[OutputFolder, ExperimentRecord]
SETTING = Setting("Tiny", "mine", "tf", "frozen")


@pytest.fixture
def subject(finished_once: Path, tmp_path: Path) -> Subject:
    keras.config.set_dtype_policy("float32")
    shutil.copytree(finished_once / "out", tmp_path / "out")
    record = read_record(tmp_path / "out")
    return OutputFolder(tmp_path / "out"), record


def some_cases(count: int) -> list[Case]:
    return [Case(example, 0, example % 2, "", (0.5,)) for example in range(count)]


def weights_of(subject: Subject, setting: Setting) -> WeightsRecord:
    return find_weights(subject[1].experiment, setting, Path("/nowhere"))


def test_every_trained_run_gives_the_scores_that_it_gave(subject: Subject) -> None:
    folder, record = subject
    explainer = Explainer(record.facts, folder, SETTING)
    pixels = np.load(folder.data / "pixels-32.npy")
    for scenario in record.trained:
        run = Run(scenario, 0, 1)
        rows = pd.read_csv(folder.run(run) / "predictions.csv").query("part == 'test'")
        cases = [Case(row.example, 1, row.truth, "", (row.score,)) for row in rows.itertuples()]
        grey = pixels[[case.example for case in cases]]
        found = explainer.explain(run, weights_of(subject, scenario.setting), cases, grey)
        np.testing.assert_allclose(found.scores, rows["score"], atol=1e-4)
        assert found.maps.shape == (len(cases), 7, 7)
        assert [change.step for change in found.changes] == ["head", "down to relu1", "all layers"]


@pytest.mark.slow
@pytest.mark.parametrize("tuning", ["frozen", "top10", "topK2", "full"])
@pytest.mark.parametrize("weights", ["mine", "random"])
def test_maps_of_every_tuning_are_the_closed_form_of_what_was_learned(
    tuning: str, weights: str, subject: Subject
) -> None:
    folder, record = subject
    setting = Setting("Tiny", weights, "tf", tuning)
    run, start = Run(Scenario(setting, 0.5), 0, 0), weights_of(subject, setting)
    random = np.random.default_rng(7)
    base = build_base("Tiny", 32, seed=0)
    initialize(base, start, backbone_seed(record.experiment.seed, 0))
    suffix = split(base, tuning).suffix
    for weight in suffix.weights:
        weight.assign(weight + np.abs(random.normal(0, 0.05, weight.shape)))
    learned = Learned(
        suffix=[keras.ops.convert_to_numpy(weight) for weight in suffix.weights],
        kernel=(random.normal(1, 1, (12, 2)) * (0, 1)).astype(np.float32),
        bias=np.zeros(2, np.float32),
        mean=np.full(12, 0.3, np.float32),
        sd=np.linspace(0, 1, 12, dtype=np.float32),  # the first feature is constant
    )
    folder.run(run).mkdir(parents=True)
    write_learned(folder.run(run) / "weights.h5", learned)
    (folder.run(run) / "DONE.json").write_text(json.dumps({"run": run.name}))  # as earlier versions wrote it
    grey = np.load(folder.data / "pixels-32.npy")[:4]
    found = Explainer(record.facts, folder, SETTING).explain(run, start, some_cases(4), grey)
    last = opened(base).predict_on_batch(to_network(grey, convention("tf")))
    shares = (learned.kernel[:, 1] - learned.kernel[:, 0])[1:] / learned.sd[1:] / (last.shape[1] * last.shape[2])
    expected = np.maximum(last[..., 1:] @ shares, 0)
    assert expected.max() > 0
    np.testing.assert_allclose(found.maps, expected, atol=1e-4 * expected.max())


def test_the_check_passes_for_grad_cam_and_is_the_same_again(subject: Subject) -> None:
    folder, record = subject
    explainer, grey = Explainer(record.facts, folder, SETTING), np.load(folder.data / "pixels-32.npy")[:16]
    run = Run(record.trained[0], 0, 0)
    first, second = (
        explainer.explain(run, weights_of(subject, run.scenario.setting), some_cases(16), grey) for _ in range(2)
    )
    assert first.changes[-1].rank_correlation.mean() < UNCHANGED
    for one, other in zip(first.changes, second.changes, strict=True):
        np.testing.assert_allclose(one.rank_correlation, other.rank_correlation, atol=1e-3)
    np.testing.assert_allclose(first.maps, second.maps, atol=1e-5 * first.maps.max())


def test_a_run_without_its_weights_is_one_line(subject: Subject) -> None:
    folder, record = subject
    run = Run(record.trained[0], 0, 0)
    (folder.run(run) / "weights.h5").unlink()
    with pytest.raises(OutputError, match=r"weights\.h5"):
        Explainer(record.facts, folder, SETTING).explain(
            run, weights_of(subject, run.scenario.setting), some_cases(1), np.zeros((1, 32, 32, 1), np.float32)
        )
