"""A SavedModel gives the same scores in every loader, with every signature; a bad row is marked."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.data.decoding.images import decode_bytes
from radtl_tf.deploy.card.facts import version_folder
from radtl_tf.deploy.engines.engine import open_model
from radtl_tf.deploy.graph.saved_model import ServedModel
from radtl_tf.deploy.predict import predict
from radtl_tf.models.backbones import build_base
from radtl_tf.models.folding import folded
from radtl_tf.models.tuning import split

files = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("image_files.py"))))
ensembles = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("test_ensemble.py"))))
Exported = Callable[[str], Path]
Values = dict[str, np.ndarray]


def run_graph(model: Path, signature: str, **inputs: Any) -> Values:
    """Return the outputs of a signature, as a loader gives them that reads the graph alone."""
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(version_folder(model)))
        asked = loaded.signature_def[signature]
        outputs = {name: tensor.name for name, tensor in asked.outputs.items()}
        return session.run(outputs, {asked.inputs[name].name: value for name, value in inputs.items()})


def bytes_of(images: list[bytes]) -> np.ndarray:
    return np.array([*images, None], dtype=object)[:-1]  # also an array if it is empty


def first_images(folder: Path, number: int) -> list[Path]:
    return sorted((folder / "images").glob("*.png"))[:number]


@pytest.mark.parametrize("tuning", ["frozen", "topK2"])
def test_a_loader_that_reads_the_graph_alone_gives_the_same_scores(
    tuning: str, exported: Exported, finished_once: Path
) -> None:
    model = exported(f"Tiny-mine-tf-{tuning}")
    images = first_images(finished_once, 5)
    found = run_graph(model, "serving_default", image_bytes=bytes_of([image.read_bytes() for image in images]))["score"]
    expected = [one.score for one in predict(open_model(model), images)]
    assert found == pytest.approx(expected, abs=1e-5)


def test_every_variable_is_saved_once(exported: Exported) -> None:
    model = version_folder(exported("Tiny-mine-tf-topK2"))
    base, features = build_base("Tiny", 32, seed=0), 12
    above = split(base, "topK2").suffix.count_params()
    head = 2 * features + (features + 1) * 2  # mean and SD, kernel and bias
    saved = tf.train.list_variables(str(model / "variables" / "variables"))
    numbers = sum(int(np.prod(shape)) for name, shape in saved if name.endswith("VARIABLE_VALUE"))
    shared = folded(split(base, "topK2").prefix).count_params()
    assert numbers == shared + 3 * (above + head) < base.count_params() - above + 3 * (above + head)


@pytest.fixture(scope="session")
def model(exported: Exported) -> Path:
    return exported("Tiny-mine-tf-frozen")


@pytest.fixture(scope="session")
def signatures(model: Path) -> Any:
    return tf.saved_model.load(str(version_folder(model))).signatures


def test_bad_rows_are_marked_and_the_others_keep_their_scores(model: Path) -> None:
    good, bad = list(files.SCORED.values()), [*files.REFUSED_EVERYWHERE.values(), *files.REFUSED_BY_THE_GRAPH.values()]
    alone = run_graph(model, "serving_default", image_bytes=bytes_of(good))
    assert alone["valid"].all() and np.isfinite(alone["score"]).all()
    order = np.random.default_rng(2).permutation(len(good) + len(bad))
    found = run_graph(model, "serving_default", image_bytes=bytes_of([*good, *bad])[order])
    valid = order < len(good)
    assert np.array_equal(found["valid"], valid)
    assert found["score"][valid] == pytest.approx(alone["score"][order[valid]], abs=1e-6)
    assert np.isnan(found["score"][~valid]).all() and np.isnan(found["probabilities"][~valid]).all()
    assert set(found["label"][~valid]) == {b""} and set(found["label"][valid]) <= {b"well", b"sick"}


@pytest.mark.parametrize("signature", ["serving_default", "pixels", "grey", "features"])
def test_an_empty_batch_gives_an_empty_result(signature: str, signatures: Any) -> None:
    empty = {
        "serving_default": {"image_bytes": tf.zeros((0,), tf.string)},
        "pixels": {"pixels": tf.zeros((0, 20, 30, 1), tf.uint16)},
        "grey": {"grey": tf.zeros((0, 20, 30, 1))},
        "features": {"grey": tf.zeros((0, 20, 30, 1))},
    }
    found = signatures[signature](**empty[signature])
    assert all(len(values) == 0 for values in found.values())
    assert found["features" if signature == "features" else "probabilities"].shape.rank == 2


def test_every_signature_gives_the_same_scores(signatures: Any) -> None:
    images = [files.converted("I;16", "PNG") for _ in range(3)]
    pixels = np.stack([decode_bytes(image).pixels for image in images])[..., np.newaxis]
    found = [
        signatures["serving_default"](image_bytes=tf.constant(images)),
        signatures["pixels"](pixels=tf.constant(pixels)),
        signatures["grey"](grey=tf.constant(pixels / np.float32(65535))),
    ]
    for one in found:
        assert set(one) == {"probabilities", "score", "label", "valid"}
        assert one["score"].numpy() == pytest.approx(found[0]["score"].numpy(), abs=1e-6)
        assert np.array_equal(one["probabilities"][:, 1], one["score"])
        assert one["label"].numpy().tolist() == [b"sick" if score > 0.5 else b"well" for score in one["score"]]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -0.001, 1.001])
@pytest.mark.parametrize("signature", ["grey", "features"])
def test_grey_outside_its_range_is_not_valid(signature: str, value: float, signatures: Any) -> None:
    grey = np.random.default_rng(6).uniform(size=(3, 17, 33, 1)).astype(np.float32)
    name = "features" if signature == "features" else "probabilities"
    before = signatures[signature](grey=tf.constant(grey))
    grey[1, 16, 32] = value
    found = signatures[signature](grey=tf.constant(grey))
    assert before["valid"].numpy().all() and found["valid"].numpy().tolist() == [True, False, True]
    assert np.isnan(found[name][1]).all()
    assert np.array_equal(found[name].numpy()[[0, 2]], before[name].numpy()[[0, 2]])


def test_the_lowest_and_highest_grey_are_valid(signatures: Any) -> None:
    grey = np.stack([np.zeros((9, 9, 1)), np.ones((9, 9, 1))]).astype(np.float32)
    assert signatures["grey"](grey=tf.constant(grey))["valid"].numpy().all()


@pytest.mark.parametrize(("setting", "columns"), [("frozen", 12), ("topK2", 3 * 12)])
def test_features_are_those_of_the_backbone(setting: str, columns: int, exported: Exported) -> None:
    signature = tf.saved_model.load(str(version_folder(exported(f"Tiny-mine-tf-{setting}")))).signatures["features"]
    found = signature(grey=tf.zeros((2, 32, 32, 1)))
    assert found["features"].shape == (2, columns)


@pytest.mark.parametrize(
    ("kind", "outputs"),
    [
        ("binary", {"probabilities", "valid", "label", "score", "above_threshold"}),
        ("multiclass", {"probabilities", "valid", "label"}),
        ("multilabel", {"probabilities", "valid"}),
    ],
)
def test_each_kind_of_task_has_its_outputs(kind: Any, outputs: set[str], tiny_backbone: str) -> None:
    ensemble = ensembles.make(kind, 2, num_classes=2 if kind == "binary" else 3)
    served = ServedModel(ensemble, ["a", "b", "c"], [0.2, 0.9])
    found = served.from_pixels(tf.constant(np.full((4, 8, 8, 1), 9000, np.uint16)))
    assert set(found) == outputs
    if "label" in found:
        names = np.array([b"a", b"b", b"c"])
        assert np.array_equal(found["label"], names[np.argmax(found["probabilities"], axis=1)])


def test_a_score_equal_to_a_threshold_is_above_it(tiny_backbone: str) -> None:
    ensemble, images = ensembles.make("binary", 2), tf.constant(np.full((1, 8, 8, 1), 9000, np.uint16))
    without = ServedModel(ensemble, ["a", "b"])
    score = float(without.from_pixels(images)["score"][0])
    thresholds = [score, np.nextafter(score, 1), np.nextafter(score, 0)]
    served = ServedModel(ensemble, ["a", "b"], thresholds)
    assert served.from_pixels(images)["above_threshold"].numpy().tolist() == [[True, False, True]]
    invalid = served.from_grey(tf.constant(np.full((1, 8, 8, 1), 2, np.float32)))
    assert invalid["above_threshold"].numpy().tolist() == [[False, False, False]]


def test_the_extra_folder_names_the_classes_and_warms_the_server_up(model: Path, tiny_backbone: str) -> None:
    extra = version_folder(model) / "assets.extra"
    assert (extra / "labels.txt").read_text() == "well\nsick\n"
    records = list(tf.data.TFRecordDataset(str(extra / "tf_serving_warmup_requests")).as_numpy_iterator())
    served = ServedModel(ensembles.make("binary", 1), ["well", "sick"])
    requests = served.requests()
    assert len(records) == len(requests) == 4
    for record, (name, (_, batch)) in zip(records, requests.items(), strict=True):
        assert name.encode() in record
        function = {"serving_default": served.from_bytes, "pixels": served.from_pixels}.get(name, served.from_grey)
        assert function(batch)["valid"].numpy().all()
