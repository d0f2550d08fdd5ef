"""Maps in the graph of a model: the same as Grad-CAM by Keras, for every tuning and kind, without Keras."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.graph.explain import SIGNATURE, can_explain, explain_function, open_maps
from radtl_tf.models.backbones import build_base
from radtl_tf.models.gradcam import class_map, opened
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.models.tuning import split
from radtl_tf.records.disk import write_json
from radtl_tf.records.experiment import Kind
from radtl_tf.report.saliency.gradcam import GradCam, saliency_of

RANDOM = np.random.default_rng(0)
SIZE = 48
GREY = RANDOM.uniform(0, 1, (3, SIZE, SIZE, 1)).astype(np.float32)


def head_of(num_classes: int) -> Head:
    head = Head(num_features=12, num_classes=num_classes)
    sd = np.where(np.arange(12) == 3, 0, RANDOM.uniform(0.5, 2, 12))
    head.reset(RANDOM.normal(0.3, 1, (12, num_classes)), np.zeros(num_classes), RANDOM.uniform(0, 1, 12), sd)
    return head


def ensemble_of(tuning: str, kind: Kind, number: int = 2) -> tuple[Ensemble, list[keras.Model]]:
    """Return an ensemble of small networks, and the whole backbone of each fold."""
    bases = [build_base("Tiny", SIZE, seed=seed if tuning != "frozen" else 0) for seed in range(number)]
    parts = [split(base, tuning) for base in bases]
    for base in bases[1:]:  # all folds share what is below the cut
        for mine, first in zip(base.layers, bases[0].layers, strict=True):
            if not mine.trainable:
                mine.set_weights(first.get_weights())
    members = [(part.suffix, head_of({"binary": 2, "regression": 1}.get(kind, 3))) for part in parts]
    return Ensemble(parts[0].prefix, members, kind, convention("tf"), SIZE, "pad"), bases


@pytest.mark.usefixtures("tiny_backbone")
@pytest.mark.parametrize("tuning", ["frozen", "topK2", "full"])
def test_the_map_of_a_binary_model_is_the_mean_of_the_maps_of_its_folds(tuning: str) -> None:
    ensemble, bases = ensemble_of(tuning, "binary")
    found = explain_function(ensemble)(tf.constant(GREY))["maps"].numpy()
    images = to_network(tf.constant(GREY), ensemble.pixels)
    heads = [head for _, head in ensemble.members]
    expected = np.mean([GradCam(base, head)(images)[0] for base, head in zip(bases, heads, strict=True)], axis=0)
    assert found.shape == (*expected.shape, 1) and expected.max() > 0
    np.testing.assert_allclose(found[..., 0], expected, atol=1e-5 * expected.max())


@pytest.mark.usefixtures("tiny_backbone")
@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "regression"])
def test_a_model_of_several_classes_has_a_map_of_each_and_one_of_a_number(kind: Kind) -> None:
    ensemble, (base,) = ensemble_of("topK2", kind, number=1)
    found = explain_function(ensemble)(tf.constant(GREY))["maps"].numpy()
    head = ensemble.members[0][1]
    last = opened(base)(to_network(tf.constant(GREY), ensemble.pixels), training=False).numpy()
    sd, kernel = head.sd.numpy(), head.kernel.numpy()
    assert found.shape[-1] == kernel.shape[1]
    for column in range(kernel.shape[1]):  # a linear head on a global average: the gradient is the same at every place
        weights = np.where(sd > 0, kernel[:, column] / np.where(sd > 0, sd, 1), 0) / np.prod(last.shape[1:3])
        expected = class_map(last, np.broadcast_to(weights, last.shape))
        np.testing.assert_allclose(found[..., column], expected, atol=1e-5 * expected.max())


@pytest.mark.usefixtures("tiny_backbone")
def test_stages_have_a_map_each_and_the_ends_show_the_logits() -> None:
    ensemble, (base,) = ensemble_of("topK2", "ordinal", number=1)
    head = ensemble.members[0][1]
    head.bias.assign([3.0, 0.0, -3.0])  # P(above) falls from stage to stage
    found = explain_function(ensemble)(tf.constant(GREY))["maps"].numpy()
    assert found.shape[-1] == 4
    last = opened(base)(to_network(tf.constant(GREY), ensemble.pixels), training=False).numpy()
    above = tf.sigmoid(head(tf.reduce_mean(last, axis=(1, 2)))).numpy()
    falls = (np.diff(above, axis=1) < 0).all(axis=1)
    assert falls.any()
    sd, kernel = head.sd.numpy(), head.kernel.numpy()
    for stage, column, sign in ((0, 0, -1), (3, 2, 1)):  # log odds of the ends: -logit of the first, logit of the last
        weights = np.where(sd > 0, sign * kernel[:, column] / np.where(sd > 0, sd, 1), 0) / np.prod(last.shape[1:3])
        expected = class_map(last, np.broadcast_to(weights, last.shape))
        np.testing.assert_allclose(found[falls][..., stage], expected[falls], atol=1e-3 * expected.max())


@pytest.mark.usefixtures("tiny_backbone")
def test_the_maps_are_stored_with_the_model(tmp_path: Path) -> None:
    ensemble, _ = ensemble_of("topK2", "binary")
    root = tf.Module()
    root.tf_variables = ensemble.variables()
    explain = explain_function(ensemble)
    for name, signatures in (("with", {SIGNATURE: explain}), ("without", {})):
        tf.saved_model.save(root, str(tmp_path / name / "1"), signatures=signatures)
        write_json(tmp_path / name / "1" / "assets.extra" / "radtl.json", {})
    maps = open_maps(tmp_path / "with")
    assert maps is not None
    np.testing.assert_allclose(maps(GREY), explain(tf.constant(GREY))["maps"].numpy(), rtol=1e-5, atol=1e-7)
    assert open_maps(tmp_path / "without") is None


@pytest.mark.parametrize(
    ("name", "tuning"),
    [
        ("TinyViT", "frozen"),
        pytest.param("TinyViTMean", "topK1", marks=pytest.mark.slow),
        pytest.param("TinyViTBoth", "full", marks=pytest.mark.slow),
        ("TinyViT", "top10"),
    ],
)
def test_the_map_of_a_vision_transformer_is_the_mean_of_the_maps_of_its_folds(
    name: str, tuning: str, tiny_transformer: str
) -> None:
    bases = [build_base(name, 42, seed=0) for _ in range(2)]
    for base, shift in zip(bases, (0, 0.01), strict=True):
        if tuning != "frozen":
            block = base.get_layer("block1.fc1")
            block.set_weights([value + shift for value in block.get_weights()])
    parts = [split(base, tuning) for base in bases]
    heads = [Head(num_features=base.output.shape[-1], num_classes=2) for base in bases]
    for head in heads:
        kernel = RANDOM.normal(0, 1, head.kernel.shape)
        head.reset(kernel, np.zeros(2), np.zeros(len(kernel)), np.ones(len(kernel)))
    members = [(part.suffix, head) for part, head in zip(parts, heads, strict=True)]
    ensemble = Ensemble(parts[0].prefix, members, "binary", convention("tf"), 42, "pad")
    assert can_explain(ensemble) == (tuning != "top10")
    if tuning != "top10":
        found = explain_function(ensemble)(tf.constant(GREY[:, :42, :42]))["maps"].numpy()
        images = to_network(tf.constant(GREY[:, :42, :42]), ensemble.pixels)
        expected = np.mean([saliency_of(*pair)(images)[0] for pair in zip(bases, heads, strict=True)], axis=0)
        assert found.shape == (3, 3, 3, 1) and expected.max() > 0
        np.testing.assert_allclose(found[..., 0], expected, atol=1e-5 * expected.max())
