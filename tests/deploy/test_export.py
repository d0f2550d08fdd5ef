"""An exported model gives the numbers of its runs, from pixels and from bytes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from radtl_tf.data.decoding.images import decode
from radtl_tf.deploy.card.facts import read_card, version_folder
from radtl_tf.deploy.choice import choose_setting
from radtl_tf.deploy.export import export
from radtl_tf.deploy.keras_model import keras_model
from radtl_tf.errors import ExperimentError, OutputError, WeightsError
from radtl_tf.models.backbones import build_base
from radtl_tf.models.precision import borrowed_precision
from radtl_tf.models.weights.file import write_weights
from radtl_tf.records.disk import read_json, write_json
from radtl_tf.records.experiment_facts import read_facts, write_facts
from radtl_tf.records.folder import OutputFolder

pytestmark = pytest.mark.slow

SETTING = "Tiny-mine-tf-frozen"


def of_pixels(model: Path) -> Any:
    loaded = tf.saved_model.load(str(version_folder(model)))
    return partial(lambda kept, **inputs: kept.signatures["pixels"](**inputs), loaded)  # it keeps the variables alive


def outputs(model: Path, image: Path) -> dict[str, Any]:
    pixels = decode(image).pixels[None, :, :, None]
    found = of_pixels(model)(pixels=tf.constant(pixels))
    return {name: np.asarray(values.numpy()[0]).tolist() for name, values in found.items()}


def score(model: Path, image: Path) -> float:
    return outputs(model, image)["score"]


@pytest.mark.parametrize(
    "tuning", ["frozen", *(pytest.param(name, marks=pytest.mark.slow) for name in ("topK2", "probe"))]
)
def test_a_model_of_one_fold_gives_the_predictions_of_its_run(
    tuning: str, finished: OutputFolder, tmp_path: Path
) -> None:
    export(finished, f"Tiny-random-tf-{tuning}", tmp_path / "model", weights_folder=tmp_path, fold=1)
    (member,) = read_json(tmp_path / "model" / "1" / "assets.extra" / "radtl.json")["members"]
    predictions = pd.read_csv(finished.runs / member / "predictions.csv")
    for row in predictions.head(5).itertuples():
        assert score(tmp_path / "model", tmp_path / "images" / f"{row.example:03d}.png") == pytest.approx(
            row.score, abs=1e-6
        )
    assert member.endswith("/0-1") and set(predictions["fold"]) == {1}


def test_batch_norms_below_the_cut_are_folded_in_a_model_but_not_in_keras_model(
    finished: OutputFolder, tmp_path: Path
) -> None:
    setting = "Tiny-mine-tf-topK2"  # conv3 and bn3 learn
    export(finished, setting, tmp_path / "model", weights_folder=tmp_path, fold=1, formats=["keras"])
    written = keras.models.load_model(tmp_path / "model" / "keras" / "1" / "model.keras", compile=False)
    plain = keras_model(finished, setting, 1, weights_folder=tmp_path)
    assert (norms(written), norms(plain)) == (["bn3"], ["bn1", "bn2", "bn3"])
    grey = np.random.default_rng(0).random((3, 32, 32, 1), np.float32)
    assert np.asarray(written(grey)["score"]) == pytest.approx(np.asarray(plain(grey))[:, 0], abs=2e-6)


def norms(model: keras.Model) -> list[str]:
    """Return the names of the batch norms of a model and of the models in it."""
    layers = {layer.name: layer for layer in model._flatten_layers()}
    return sorted(name for name, layer in layers.items() if isinstance(layer, keras.layers.BatchNormalization))


def test_the_ensemble_is_the_mean_of_its_folds(finished: OutputFolder, tmp_path: Path) -> None:
    image = tmp_path / "images" / "007.png"
    scores = []
    for fold in range(3):
        export(finished, "Tiny-mine-tf-frozen", tmp_path / f"model{fold}", weights_folder=tmp_path, fold=fold)
        scores.append(score(tmp_path / f"model{fold}", image))
    export(finished, "Tiny-mine-tf-frozen", tmp_path / "model", weights_folder=tmp_path)
    assert score(tmp_path / "model", image) == pytest.approx(np.mean(scores), abs=1e-6)
    assert len(set(scores)) == 3


@pytest.mark.parametrize(("kind", "total"), [("multiclass", 1.0), ("multilabel", None)])
@pytest.mark.parametrize("tuning", ["frozen", "probe"])
def test_a_model_of_several_classes_gives_the_mean_predictions_of_its_runs(
    tuning: str, kind: str, total: float | None, finished_several: Callable[[str], OutputFolder], tmp_path: Path
) -> None:
    folder = finished_several(kind)
    export(folder, f"Tiny-mine-tf-{tuning}", tmp_path / "model", weights_folder=tmp_path)
    card = read_card(tmp_path / "model")
    assert (card["kind"], card["classes"]) == (kind, ["bottom", "middle", "top"])
    assert "positive" not in card
    columns = [f"score_{name}" for name in card["classes"]]
    runs = [pd.read_csv(folder.runs / name / "predictions.csv", index_col="example") for name in card["members"]]
    common = set.intersection(*(set(run.index) for run in runs))  # tested by one run, inner part of the others
    assert common
    for example in sorted(common)[:4]:
        found = outputs(tmp_path / "model", tmp_path / "images" / f"{example:03d}.png")
        assert set(found) == {"probabilities", "valid"} | ({"label"} if kind == "multiclass" else set())
        expected = np.mean([run.loc[example, columns] for run in runs], axis=0)
        assert found["probabilities"] == pytest.approx(expected, abs=1e-4)
        assert total is None or sum(found["probabilities"]) == pytest.approx(total)


def test_the_card_of_a_binary_model_names_the_positive_class(finished: OutputFolder, tmp_path: Path) -> None:
    export(finished, SETTING, tmp_path / "model", weights_folder=tmp_path)
    card = read_card(tmp_path / "model")
    assert (card["kind"], card["classes"], card["positive"]) == ("binary", ["well", "sick"], "sick")
    found = outputs(tmp_path / "model", tmp_path / "images" / "000.png")
    assert set(found) == {"probabilities", "score", "label", "valid"}


def set_losses(folder: OutputFolder, **by_setting: list[float]) -> None:
    """Give the runs of a setting its inner losses by fold, at every learning rate; all other runs get 1."""
    for place in folder.runs.glob("*/0-*"):
        record = read_json(place / "run.json")
        losses = by_setting.get(f"{record['weights']}_{record['tuning']}", [1.0] * 3)
        write_json(place / "run.json", {**record, "inner_loss": losses[record["fold"]]})


def test_the_default_is_the_setting_of_lowest_inner_loss(finished: OutputFolder) -> None:
    set_losses(finished, random_topK2=[0.1, 0.2, 0.3])
    assert (
        choose_setting(finished, read_facts(finished.experiment).scenarios, None).setting.name == "Tiny-random-tf-topK2"
    )


def test_a_tie_exports_nothing_until_the_setting_is_named(finished: OutputFolder, tmp_path: Path) -> None:
    set_losses(finished, random_topK2=[0.1, 0.2, 0.3], mine_topK2=[0.4, 0.2, 0.1])
    with pytest.raises(ExperimentError, match=r"Tiny-random-tf-topK2 .*Tiny-mine-tf-topK2 .*0\.200000 .*0\.233333"):
        export(finished, None, tmp_path / "model", weights_folder=tmp_path)
    assert not (tmp_path / "model").exists()
    export(finished, "Tiny-mine-tf-topK2", tmp_path / "model", weights_folder=tmp_path)


def test_a_weights_file_that_changed_is_not_exported(finished: OutputFolder, tmp_path: Path) -> None:
    record = read_json(finished.experiment)
    record["experiment"]["weights"]["mine"]["files"]["Tiny"] = str(tmp_path / "tiny.h5")
    write_facts(finished.experiment, record)
    write_weights(tmp_path / "tiny.h5", build_base("Tiny", 32, seed=100))
    with pytest.raises(WeightsError, match=r"'mine' .*tiny\.h5 .*sha256"):
        export(finished, SETTING, tmp_path / "model", weights_folder=tmp_path)
    assert not (tmp_path / "model").exists()
    export(finished, "Tiny-random-tf-frozen", tmp_path / "random", weights_folder=tmp_path)


def test_the_card_says_what_the_training_images_were_like(finished: OutputFolder, tmp_path: Path) -> None:
    export(finished, SETTING, tmp_path / "model", weights_folder=tmp_path)
    card = read_card(tmp_path / "model")
    assert card["inputs"] == read_json(finished.inputs)
    assert card["inputs"]["images"] == card["inputs"]["patients"] == 60
    finished.inputs.unlink()  # as written by an earlier version
    export(finished, SETTING, tmp_path / "older", weights_folder=tmp_path)
    assert read_card(tmp_path / "older")["inputs"] is None


def test_an_unknown_setting_names_the_nearest(finished: OutputFolder, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="'Tiny-mine-tf-frozen'"):
        export(finished, "Tiny-mine-tf-frozn", tmp_path / "model", weights_folder=tmp_path)


def test_an_unfinished_setting_is_refused(finished: OutputFolder, tmp_path: Path) -> None:
    (finished.runs / "Tiny-mine-tf-topK2-0.01" / "0-1" / "DONE.json").unlink()
    with pytest.raises(ExperimentError, match=r"\b1 runs"):
        export(finished, "Tiny-mine-tf-topK2", tmp_path / "model", weights_folder=tmp_path)


def test_a_version_is_not_overwritten(finished: OutputFolder, tmp_path: Path) -> None:
    export(finished, SETTING, tmp_path / "model", weights_folder=tmp_path)
    with pytest.raises(OutputError, match=r"model/1 .*number"):
        export(finished, SETTING, tmp_path / "model", weights_folder=tmp_path)
    export(finished, "Tiny-random-tf-frozen", tmp_path / "model", weights_folder=tmp_path, version=2)
    assert sorted(place.name for place in (tmp_path / "model").iterdir()) == ["1", "2"]
    assert read_card(tmp_path / "model")["setting"] == "Tiny-random-tf-frozen"
    with pytest.raises(OutputError, match="0"):
        export(finished, SETTING, tmp_path / "model", weights_folder=tmp_path, version=0)


def test_a_version_does_not_enter_a_model_of_an_earlier_release(finished: OutputFolder, tmp_path: Path) -> None:
    write_json(tmp_path / "model" / "assets.extra" / "radtl.json", {})
    with pytest.raises(OutputError, match="version folders"):
        export(finished, SETTING, tmp_path / "model", weights_folder=tmp_path)


def test_the_session_keeps_its_precision(finished: OutputFolder, tmp_path: Path) -> None:
    with borrowed_precision("mixed_bfloat16"):
        export(finished, SETTING, tmp_path / "kept", weights_folder=tmp_path)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    images = np.full((1, 32, 32, 1), 20_000, np.uint16)
    assert of_pixels(tmp_path / "kept")(pixels=images)["probabilities"].dtype == np.float32


@pytest.mark.parametrize("tuning", ["frozen", "topK2", "probe"])
def test_a_refit_is_one_network_of_all_patients(tuning: str, finished: OutputFolder, tmp_path: Path) -> None:
    setting = f"Tiny-mine-tf-{tuning}"
    scores = []
    for name in ("first", "again"):
        export(finished, setting, tmp_path / name, weights_folder=tmp_path, fold="refit")
        scores.append([score(tmp_path / name, tmp_path / "images" / f"{number:03d}.png") for number in range(6)])
    assert scores[0] == scores[1]
    card = read_card(tmp_path / "first")
    (member,) = card["members"]
    assert card["fold"] == "refit" and member.startswith(setting) and member.endswith("/refit")
    assert card["operating_points"] == [] and card["calibration"] is None
    export(finished, setting, tmp_path / "all", weights_folder=tmp_path)
    assert score(tmp_path / "all", tmp_path / "images" / "000.png") != pytest.approx(scores[0][0], abs=1e-4)


def test_a_fold_that_does_not_exist_is_refused(finished: OutputFolder, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="0 to 2"):
        export(finished, SETTING, tmp_path / "model", weights_folder=tmp_path, fold=3)
    assert not (tmp_path / "model").exists()
