"""What every backbone must do in every tuning, measured on random weights and small images."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from radtl_tf.deploy import open_model
from radtl_tf.deploy.card.facts import write_facts
from radtl_tf.deploy.formats.table import FORMATS
from radtl_tf.deploy.formats.write import write
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.models.backbones import Backbone, backbone, draw_weights, network
from radtl_tf.models.cka import stages
from radtl_tf.models.folding import foldable, folded
from radtl_tf.models.gradcam import after_average, descent, opened
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import convention
from radtl_tf.models.tuning import split
from radtl_tf.training.layers.batch_norm import FusedBatchNormalization
from radtl_tf.training.layers.stochastic_depth import Depth
from radtl_tf.training.layers.training_copy import training_copy
from radtl_tf.training.pretraining.backbone_trainer import settle_batch_norms
from radtl_tf.training.trainer import copies

TUNINGS = ("frozen", "top10", "topK3", "full")
NUM_IMAGES, RATE = 3, 1.0
Arrays = list[NDArray[np.float32]]


@dataclass(frozen=True)
class Whole:
    """What holds for a backbone in every tuning.

    ``layers``: layers with weights. ``names``: equal in two builds. ``drawn``: the same seed gave the same weights.
    ``norms``, ``fused``: batch norms, and how many of them are one operation in training. ``folded``: those that a
    frozen prefix has no longer, and ``fold`` the difference that this makes, relative to the largest feature.
    ``depth``: layers of stochastic depth. ``map``: largest difference of the features from those computed from the
    last feature map, relative to the largest feature. ``descends``: the randomization of Grad-CAM reaches every layer
    once. ``stages``: layers that CKA compares.
    """

    layers: int
    names: bool
    drawn: bool
    norms: int
    fused: int
    folded: int
    fold: float
    depth: int
    map: float
    descends: bool
    stages: int


@dataclass(frozen=True)
class Tuned:
    """What holds for a backbone in one tuning.

    ``learning``: variables that learn; ``without``: those without a gradient, or with zeros only. ``moved``: variables
    below the cut that a training step changed; ``unmoved``: learning ones that it did not. ``compose``: largest
    difference of suffix(prefix(images)) from the whole network, relative to the largest feature. ``again``: the same
    step from the same start gave the same weights, bit for bit. ``order``: weights above the cut are in one order in
    training and elsewhere. ``export``: largest difference in probability between
    Keras and the SavedModel; ``nan`` without an export.
    """

    tuning: str
    learning: int
    without: int
    moved: int
    unmoved: int
    compose: float
    again: bool
    order: bool
    export: float


class Encoder:
    """A backbone of random weights with a copy for training, for images of its smallest size."""

    def __init__(self, name: str, size: int | None = None) -> None:
        """Build it for images of ``size`` pixels, or of the smallest possible size."""
        self.row: Backbone = backbone(name)
        self.size = size or self.row.min_size
        self.base = network(self.row, self.size)
        draw_weights(self.base, 1)
        self._spread()
        settle_batch_norms(self.base, [tf.constant(images) for images in self._images(8)])
        self.copy = training_copy(self.base)
        self.images = next(self._images(NUM_IMAGES))
        self.features = self.base(self.images, training=False).numpy()

    def _images(self, number: int) -> Iterator[NDArray[np.float32]]:
        yield np.random.default_rng(0).uniform(-1, 1, (number, self.size, self.size, 3)).astype(np.float32)

    def _spread(self) -> None:
        """Enlarge the scales of ConvNeXt's branches, which start at 1e-6, so that the branches count."""
        for layer in self.base.layers:
            if hasattr(layer, "init_values"):
                layer.set_weights([np.full_like(value, 0.1) for value in layer.get_weights()])

    def whole(self) -> Whole:
        """Return what holds in every tuning."""
        names = [[layer.name for layer in base.layers] for base in (self.base, network(self.row, self.size))]
        first, norms = copies(self.base.weights), self._norms(keras.layers.BatchNormalization)
        drawn = []
        for _ in range(2):
            draw_weights(self.base, 7)
            drawn.append(copies(self.base.weights))
        self.base.set_weights(first)
        steps = [layer for step in reversed(descent(self.base)) for layer in step.layers]
        return Whole(
            layers=sum(bool(layer.weights) for layer in self.base.layers),
            names=names[0] == names[1],
            drawn=_equal(*drawn) and not _equal(first, drawn[0]),
            norms=norms,
            fused=self._norms(FusedBatchNormalization),
            folded=len(foldable(self.base)),
            fold=_difference(folded(self.base)(self.images, training=False).numpy(), self.features),
            depth=len(Depth(self.copy).rates),
            map=self._from_map(),
            descends=steps == [layer for layer in self.base.layers if layer.weights],
            stages=len(stages(self.base)),
        )

    def _norms(self, kind: type[keras.Layer]) -> int:
        return sum(isinstance(layer, kind) for layer in self.copy.layers)

    def _from_map(self) -> float:
        """Return 0 for a vision transformer, whose features come from no map."""
        if self.row.transformer:
            return 0.0
        features = opened(self.base)(self.images, training=False).numpy().mean(axis=(1, 2))
        for layer in after_average(self.base):
            features = layer(features).numpy()
        return _difference(features, self.features)

    def tuned(self, tuning: str, *, export: bool = False) -> Tuned:
        """Return what holds in one tuning."""
        parts = split(self.base, tuning)
        found = parts.suffix(parts.prefix(self.images, training=False), training=False).numpy()
        written = self._exported(tuning) if export else np.nan
        step = _Step(self.copy, tuning, self.images)
        ends = [step.take() for _ in range(2)]
        return Tuned(
            tuning=tuning,
            learning=step.learning,
            without=step.without,
            moved=step.moved(ends[0], below=True),
            unmoved=step.learning - step.moved(ends[0], below=False),
            compose=_difference(found, self.features),
            again=_equal(*ends),
            order=_equal(copies(parts.suffix.weights), step.suffix_start),
            export=written,
        )

    def _exported(self, tuning: str, format: str = "saved_model") -> float:
        ensemble, random = self._ensemble(tuning), np.random.default_rng(1)
        grey = random.random((NUM_IMAGES, self.size, self.size, 1), np.float32)
        expected = ensemble.outputs(tf.constant(grey))["probabilities"].numpy()
        facts = {"classes": ["no", "yes"], "image_size": self.size, "resize": "stretch", "pixels": self.row.pixels}
        with tempfile.TemporaryDirectory() as folder:
            place = FORMATS[format].folder(Path(folder), 1)
            place.mkdir(parents=True)
            write(FORMATS[format], ensemble, place, facts)
            write_facts(place, facts)
            return float(np.abs(open_model(place).scores(grey) - expected).max())

    def exports(self) -> Iterator[tuple[str, float]]:
        """Yield each format with the largest difference in probability of a frozen network from Keras."""
        for format in FORMATS:
            yield format, self._exported("frozen", format)

    def _ensemble(self, tuning: str) -> Ensemble:
        parts, (mean, sd) = split(self.base, tuning), (self.features.mean(axis=0), self.features.std(axis=0))
        head = Head(num_features=len(mean), num_classes=2)
        kernel = np.random.default_rng(0).normal(size=(len(mean), 2)) / np.sqrt(len(mean))
        head.reset(kernel, np.zeros(2), mean, np.maximum(sd, 1e-3))
        return Ensemble(
            parts.prefix, [(parts.suffix, head)], "binary", convention(self.row.pixels), self.size, "stretch"
        )


class _Step:
    """One training step of a backbone's copy in one tuning, from the same start each time."""

    def __init__(self, copy: keras.Model, tuning: str, images: NDArray[np.float32]) -> None:
        parts = split(copy, tuning)
        self._copy, self._suffix, self._depth = copy, parts.suffix, Depth(parts.suffix)
        self._start, self.suffix_start = copies(copy.weights), copies(parts.suffix.weights)
        self._cuts = parts.prefix(images, training=False)
        self._above = {id(weight) for weight in parts.suffix.weights}
        self.learning, self.without = len(parts.suffix.trainable_variables), 0

    def take(self) -> Arrays:
        """Return all weights after the step."""
        self._copy.set_weights(self._start)
        variables = self._suffix.trainable_variables
        if variables:
            gradients = self._gradients()
            self.without = sum(one is None or not np.any(one) for one in gradients)
            for variable, gradient in zip(variables, gradients, strict=True):
                variable.assign_sub(RATE * (0 * variable if gradient is None else gradient))
        end = copies(self._copy.weights)
        self._copy.set_weights(self._start)
        return end

    def _gradients(self) -> list[tf.Tensor | None]:
        masks = self._depth.masks((0, 0, 0, 1, 0), NUM_IMAGES)
        with tf.GradientTape() as tape, self._depth.given(masks):
            features = self._suffix(self._cuts, training=True)
            directions = np.random.default_rng(3).normal(size=features.shape).astype(np.float32)
            loss = tf.reduce_sum(tf.cast(features, tf.float32) * directions)
        return tape.gradient(loss, [variable.value for variable in self._suffix.trainable_variables])

    def moved(self, end: Arrays, *, below: bool) -> int:
        """Return how many variables changed: all below the cut, or the learning ones above it."""
        learning = {id(variable) for variable in self._suffix.trainable_variables}
        rows = zip(self._copy.weights, self._start, end, strict=True)
        changed = [weight for weight, old, new in rows if not np.array_equal(old, new)]
        return sum(id(weight) not in self._above if below else id(weight) in learning for weight in changed)


def _difference(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def _equal(first: Sequence[NDArray[np.float32]], second: Sequence[NDArray[np.float32]]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))
