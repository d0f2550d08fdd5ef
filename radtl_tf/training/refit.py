"""Train one network on all patients, with the choices that the folds made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.folds.draw import Fold
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.errors import ExperimentError
from radtl_tf.models.pixels import convention
from radtl_tf.models.tuning import split
from radtl_tf.models.weights.sources import WeightsRecord
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.runs import PROBE, Scenario
from radtl_tf.training.features.array_cache import GIGABYTE, cache_in
from radtl_tf.training.features.prefix_features import POOLED, FeatureStore, PrefixPass, choose_kept, cut_bytes
from radtl_tf.training.heads.together import train_heads
from radtl_tf.training.learned_weights import Learned
from radtl_tf.training.linear.probe import train_probe
from radtl_tf.training.run import Outcome, RunData, train_run
from radtl_tf.training.trainer import Trainer, copies


@dataclass(frozen=True)
class Recipe:
    """What the folds chose: the scenario with its learning rate, the epochs, and for a linear probe its C."""

    scenario: Scenario
    epochs: int
    strength: float | None = None


def train_on_all(
    base: keras.Model,
    weights: WeightsRecord,
    recipe: Recipe,
    experiment: Experiment,
    cases: Cases,
    pixels: NDArray[np.float32],
    scratch: Path,
) -> Learned:
    """Train on all ``cases`` as a run of ``experiment`` does, for a fixed number of epochs; return what was learned.

    ``base`` has the starting weights. ``pixels`` (N, H, W, 1) are in 0..1. Features are kept in a temporary folder in
    ``scratch``. Kernel, order and dropout depend on the seed only, and differ from those of every fold.

    Raises:
        ExperimentError: the training diverged.
        OutputError: ``scratch`` cannot be written.
    """
    training = replace(experiment.training, epochs=recipe.epochs)
    tuning = POOLED if recipe.scenario.is_reference else recipe.scenario.setting.tuning
    suffix = copies(split(base, tuning).suffix.weights)
    with _features(base, weights, tuning, experiment, pixels, scratch) as store:
        data = RunData(cases, store, suffix if tuning != POOLED else [], experiment.seed, training)
        outcome = _trained(data, recipe, _all(len(cases.truth), experiment.folds.count))
    if outcome.diverged:
        raise ExperimentError(
            f"The training of {recipe.scenario.name} on all patients diverged. Export the mean of the folds, or name "
            "another setting."
        )
    return outcome.learned


def _all(number: int, fold: int) -> Fold:
    """Return all examples as training part.

    They are also the inner and the test part, since both must have every class. Nothing is chosen or measured on them.
    """
    every = np.arange(number)
    return Fold(0, fold, train=every, inner=every, test=every, fixed_epochs=True)


def _trained(data: RunData, recipe: Recipe, fold: Fold) -> Outcome:
    setting, rate = recipe.scenario.setting, recipe.scenario.learning_rate
    if setting.tuning == PROBE:
        return train_probe(data, fold, strength=recipe.strength)[0]
    if rate is None:
        raise ValueError(f"{recipe.scenario.name} has no learning rate")
    if setting.tuning == POOLED:
        return train_heads(data, [fold], [rate])[0][0]
    outputs, kind = data.cases.num_outputs, data.cases.kind
    trainer = Trainer(setting.backbone, setting.tuning, data.training.image_size, num_outputs=outputs, kind=kind)
    return train_run(trainer, data, fold, setting.tuning, rate)


@contextmanager
def _features(
    base: keras.Model,
    weights: WeightsRecord,
    tuning: str,
    experiment: Experiment,
    pixels: NDArray[np.float32],
    scratch: Path,
) -> Iterator[FeatureStore]:
    """Yield the features of ``pixels``; they are removed at the end."""
    training = experiment.training
    with TemporaryDirectory(prefix=".refit-", suffix=".part", dir=scratch) as folder:
        yield FeatureStore(
            {tuning: PrefixPass(base, [tuning])},
            pixels,
            convention=convention(weights.pixels),
            augmentation=training.augmentation,
            seed=experiment.seed,
            cache=cache_in(Path(folder), training),
            key={"refit": tuning},
            kept=_kept(base, tuning, 1 + training.num_views, len(pixels), training.cache_gb * GIGABYTE),
            name=f"{weights.backbone} with the weights {weights.name!r}",
        )


def _kept(base: keras.Model, tuning: str, renderings: int, number: int, limit: float) -> dict[str, int]:
    """Return how many renderings of the features are kept; the images themselves are the features of ``full``."""
    if tuning == "full":
        return {}
    shapes = [tensor.shape[1:] for tensor in split(base, tuning).prefix.outputs]
    return choose_kept({tuning: cut_bytes(shapes, number)}, renderings, limit)
