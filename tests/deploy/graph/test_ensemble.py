"""The ensemble is the mean of its members."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.models.backbones import build_base
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.models.tuning import split
from radtl_tf.records.experiment import Kind

GREY = np.random.default_rng(4).uniform(size=(3, 32, 32, 1)).astype(np.float32)
FEATURES = 12


def make(kind: Kind, members: int, num_classes: int = 2) -> Ensemble:
    """Return an ensemble on one backbone, with a random head for each member."""
    parts = split(build_base("Tiny", 32, seed=0), "frozen")
    heads = [Head(FEATURES, num_classes) for _ in range(members)]
    for seed, head in enumerate(heads):
        kernel = np.random.default_rng(seed).normal(size=(FEATURES, num_classes))
        head.reset(kernel, bias=np.zeros(num_classes), mean=np.zeros(FEATURES), sd=np.ones(FEATURES))
    pixels = convention("tf")
    return Ensemble(parts.prefix, [(parts.suffix, head) for head in heads], kind, pixels, image_size=32, resize="pad")


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "regression", "ordinal"])
def test_the_ensemble_is_the_mean_of_its_members(kind: Kind, tiny_backbone: str) -> None:
    whole = make(kind, 3, num_classes=3)
    found = whole.means(tf.constant(GREY)).numpy()
    assert found.shape == (3, 3)
    alone = [
        Ensemble(whole.prefix, [member], kind, whole.pixels, 32, "pad").means(tf.constant(GREY))
        for member in whole.members
    ]
    assert found == pytest.approx(np.mean(alone, axis=0), abs=1e-6)
    sums_to_one = np.allclose(found.sum(axis=1), 1, atol=1e-6)
    assert sums_to_one == (kind in ("binary", "multiclass"))
    inside = bool(((found >= 0) & (found <= 1)).all())
    assert inside == (kind != "regression")


def test_a_number_is_the_score_and_has_no_probabilities(tiny_backbone: str) -> None:
    whole = make("regression", 2, num_classes=1)
    found = whole.outputs(tf.constant(GREY))
    assert set(found) == {"score"} and found["score"].shape == (3,)
    cuts = whole.prefix(to_network(tf.constant(GREY), whole.pixels), training=False)
    numbers = [head(suffix([cuts], training=False)).numpy()[:, 0] for suffix, head in whole.members]
    assert found["score"].numpy() == pytest.approx(np.mean(numbers, axis=0), rel=1e-5)


def test_stages_have_probabilities_that_add_up_to_one(tiny_backbone: str) -> None:
    whole = make("ordinal", 2, num_classes=3)
    found = whole.outputs(tf.constant(GREY))
    assert set(found) == {"probabilities"} and found["probabilities"].shape == (3, 4)
    assert found["probabilities"].numpy().sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert found["probabilities"].numpy().min() >= 0


def test_every_variable_is_listed_once(tiny_backbone: str) -> None:
    whole = make("binary", 3)
    values = whole.variables()
    head = 2 * FEATURES + (FEATURES + 1) * 2  # mean and SD, kernel and bias
    assert all(isinstance(value, tf.Variable) for value in values)
    assert sum(int(np.prod(value.shape)) for value in values) == whole.prefix.count_params() + 3 * head


def test_frozen_folds_share_their_features(tiny_backbone: str) -> None:
    whole = make("binary", 3)
    base = build_base("Tiny", 32, seed=0)
    expected = base(to_network(GREY, convention("tf")), training=False)
    assert whole.features(tf.constant(GREY)).numpy() == pytest.approx(np.array(expected), abs=1e-5)


def test_tuned_folds_have_their_own_features(tiny_backbone: str) -> None:
    bases = [build_base("Tiny", 32, seed=seed) for seed in range(2)]
    members = [(split(base, "full").suffix, Head(FEATURES, 2)) for base in bases]
    prefix = split(bases[0], "full").prefix
    whole = Ensemble(prefix, members, "binary", convention("tf"), image_size=32, resize="pad")
    found = whole.features(tf.constant(GREY)).numpy()
    images = to_network(GREY, convention("tf"))
    expected = np.concatenate([np.array(base(images, training=False)) for base in bases], axis=1)
    assert found.shape == (3, 2 * FEATURES) and found == pytest.approx(expected, abs=1e-5)
