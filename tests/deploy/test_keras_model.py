"""A plain Keras model of a finished setting gives its runs' predictions, can be trained, and needs no radtl_tf."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from radtl_tf.deploy.choice import best_runs, choose_setting
from radtl_tf.deploy.keras_model import _head, keras_model
from radtl_tf.errors import ExperimentError
from radtl_tf.models.head import Head
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run

WITHOUT_RADTL = """
import sys
sys.modules["radtl_tf"] = None
import keras, numpy
model = keras.models.load_model(sys.argv[1])
images = numpy.load(sys.argv[2])
print(*model.predict(images, verbose=0)[:, 0].tolist())
model.compile("adam", "binary_crossentropy")
model.fit(images, numpy.tile([0, 1], len(images))[: len(images)], verbose=0)
"""


def run_of(folder: OutputFolder, setting: str, fold: int) -> Run:
    scenarios = choose_setting(folder, read_facts(folder.experiment).scenarios, setting).scenarios
    return best_runs(folder, scenarios, [fold])[0]


def scored_part(folder: OutputFolder, run: Run) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the images (N, 32, 32, 1) of the test part of a run, and the scores of its predictions."""
    table = pd.read_csv(folder.run(run) / "predictions.csv").query("part == 'test'")
    pixels = np.load(next(folder.data.glob("pixels-*.npy")))
    return pixels[table["example"]], table.filter(regex="^score").to_numpy()


@pytest.mark.slow
@pytest.mark.parametrize(("tuning", "fold"), [("frozen", 0), ("topK2", 2), ("probe", 1)])
def test_a_model_gives_the_test_predictions_of_its_run(
    tuning: str, fold: int, finished: OutputFolder, tmp_path: Path
) -> None:
    setting = f"Tiny-mine-tf-{tuning}"
    images, scores = scored_part(finished, run_of(finished, setting, fold))
    model = keras_model(finished, setting, fold, weights_folder=tmp_path)
    assert model.predict(images, verbose=0) == pytest.approx(scores, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_a_model_of_several_classes_has_an_output_for_each(
    kind: str, finished_several: Callable[[str], OutputFolder], tmp_path: Path
) -> None:
    folder = finished_several(kind)
    images, scores = scored_part(folder, run_of(folder, "Tiny-mine-tf-frozen", 1))
    model = keras_model(folder, "Tiny-mine-tf-frozen", 1, weights_folder=tmp_path)
    assert model.predict(images, verbose=0) == pytest.approx(scores, abs=5e-6)  # its batch norms are not folded


@pytest.mark.slow
@pytest.mark.parametrize("tuning", ["frozen", "topK2"])
def test_all_folds_are_the_mean_of_their_models_with_one_prefix(
    tuning: str, finished: OutputFolder, tmp_path: Path
) -> None:
    setting = f"Tiny-mine-tf-{tuning}"
    images, _ = scored_part(finished, run_of(finished, setting, 0))
    members = [keras_model(finished, setting, fold, weights_folder=tmp_path) for fold in range(3)]
    mean = np.mean([member.predict(images, verbose=0) for member in members], axis=0)
    model = keras_model(finished, setting, "all", weights_folder=tmp_path)
    assert model.predict(images, verbose=0) == pytest.approx(mean, abs=1e-6)
    fixed = members[0].count_params() - sum(int(np.prod(one.shape)) for one in members[0].trainable_weights)
    assert model.count_params() <= 3 * members[0].count_params() - 2 * (0.5 * fixed)


@pytest.mark.slow
def test_only_what_the_tuning_lets_learn_changes_in_training(finished: OutputFolder, tmp_path: Path) -> None:
    images, scores = scored_part(finished, run_of(finished, "Tiny-mine-tf-topK2", 0))
    model = keras_model(finished, "Tiny-mine-tf-topK2", 0, weights_folder=tmp_path)
    before = {weight.path: weight.numpy() for weight in model.weights}
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    model.fit(images, scores > 0.5, epochs=1, verbose=0)
    changed = {path.split("/")[0] for path, value in before.items() if not np.array_equal(value, _now(model, path))}
    assert changed == {"conv3", "bn3", "probabilities"}


@pytest.mark.parametrize("fold", [0, "all"])
def test_a_call_gives_the_predictions_and_changes_nothing(
    fold: int | Literal["all"], finished: OutputFolder, tmp_path: Path
) -> None:
    images, _ = scored_part(finished, run_of(finished, "Tiny-mine-tf-topK2", 0))
    model = keras_model(finished, "Tiny-mine-tf-topK2", fold, weights_folder=tmp_path)
    before = [weight.numpy() for weight in model.weights]
    assert model(images).numpy() == pytest.approx(model.predict(images, verbose=0), abs=1e-6)
    assert all(np.array_equal(weight, kept) for weight, kept in zip(model.weights, before, strict=True))


@pytest.mark.slow
def test_a_saved_model_reloads_and_learns_without_the_package(finished: OutputFolder, tmp_path: Path) -> None:
    images, _ = scored_part(finished, run_of(finished, "Tiny-mine-tf-frozen", 0))
    model = keras_model(finished, "Tiny-mine-tf-frozen", 0, weights_folder=tmp_path)
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "images.npy", images)
    command = [sys.executable, "-c", WITHOUT_RADTL, str(tmp_path / "m.keras"), str(tmp_path / "images.npy")]
    environment = {**os.environ, "PYTHONPATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment)
    found = [float(word) for word in result.stdout.split()]
    assert found == pytest.approx(model.predict(images, verbose=0)[:, 0].tolist(), abs=1e-6)


def test_images_of_any_size_are_taken(finished: OutputFolder, tmp_path: Path) -> None:
    model = keras_model(finished, "Tiny-mine-tf-frozen", 0, weights_folder=tmp_path)
    assert model.input_shape == (None, None, None, 1)
    assert model.predict(np.zeros((2, 50, 40, 1), np.float32), verbose=0).shape == (2, 1)


@pytest.mark.parametrize(("mean", "sd"), [(2.0, 0.0), (1e-24, 3e-24), (5e4, 100.0)])
def test_features_that_are_constant_or_vary_hardly_at_all_are_standardized_as_in_training(
    mean: float, sd: float
) -> None:
    head = Head(num_features=2, num_classes=2)
    head.reset(np.ones((2, 2), np.float32) * [[1], [-1]], np.zeros(2), np.array([1.0, mean]), np.array([0.5, sd]))
    features = np.array([[0.5, mean], [3.0, mean + 2 * (sd or 900)]], np.float32)
    found = keras.ops.convert_to_numpy(_head(head, "multilabel", "p")(features))
    assert found == pytest.approx(1 / (1 + np.exp(-keras.ops.convert_to_numpy(head(features)))), abs=1e-7)


def test_the_precision_of_the_session_stays_as_it_was(finished: OutputFolder, tmp_path: Path) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = keras_model(finished, "Tiny-mine-tf-frozen", 0, weights_folder=tmp_path)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        assert {layer.compute_dtype for layer in model.layers} == {"float32"}
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("fold", [3, -1, True, "every"])
def test_a_fold_that_does_not_exist_is_refused(fold: object, finished: OutputFolder, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError):
        keras_model(finished, "Tiny-mine-tf-frozen", fold, weights_folder=tmp_path)  # type: ignore[arg-type]


def _now(model: keras.Model, path: str) -> NDArray[np.float32]:
    return next(weight.numpy() for weight in model.weights if weight.path == path)
