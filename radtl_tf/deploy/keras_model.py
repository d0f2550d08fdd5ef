"""A finished setting as one plain Keras model of stock layers, for further training and for use without radtl_tf."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import keras
import numpy as np

from radtl_tf.deploy.choice import Folds, best_runs, choose_setting, numbers_of
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.outputs import main_output
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import convention
from radtl_tf.models.precision import FLOAT32, borrowed_precision
from radtl_tf.models.preprocessing_layers import preprocessing_layers
from radtl_tf.records.experiment import Experiment, Kind
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.folder_checksums import refuse_damaged_files
from radtl_tf.records.integrity.run_checksums import refuse_damaged_runs
from radtl_tf.records.runs import Run, at_size
from radtl_tf.training.finished_networks import FinishedRuns, Network, find_weights
from radtl_tf.training.randomness import DROPOUT


def keras_model(folder: OutputFolder, setting: str | None, folds: Folds, *, weights_folder: Path) -> keras.Model:
    """Return one setting of a finished experiment, from grey images (B, H, W, 1) in 0..1 to its outputs.

    The outputs are P(positive) (B, 1), the probabilities of K classes (B, K), P(above a stage) of the K - 1 lower
    stages (B, K - 1), or the number of a regression (B, 1), in the unit of the label.

    Without ``setting`` it is the setting of lowest mean inner loss. ``folds`` is the number of a fold of the first
    repeat, or ``all`` for the mean of the folds' outputs; each fold uses its learning rate of lowest inner loss.
    Layers below the tuning boundary do not learn.

    Raises:
        ExperimentError: the setting or fold does not exist, two settings are tied, or runs are missing.
        WeightsError: the weights file is missing or is not the one that the experiment recorded.
        OutputError: a file of the folder is missing or damaged.
    """
    facts = read_facts(folder.experiment)
    refuse_damaged_runs(folder)
    refuse_damaged_files(folder)
    experiment = facts.experiment
    choice = choose_setting(folder, facts.scenarios, setting)
    runs = best_runs(folder, choice.scenarios, numbers_of(folds, experiment.folds.count))
    with borrowed_precision(FLOAT32):
        finished, weights = FinishedRuns(folder, facts), find_weights(experiment, choice.setting, weights_folder)
        networks = (finished.network(run, weights) for run in runs)  # one at a time: only the first prefix is kept
        return _model(experiment, runs, networks, name=f"fold_{folds}")


def _model(experiment: Experiment, runs: Sequence[Run], networks: Iterator[Network], name: str) -> keras.Model:
    """Return preprocessing, backbone and head of each network as one model; layers below the cut are shared."""
    setting, kind = runs[0].scenario.setting, experiment.task.kind
    training = at_size(experiment, setting.image_size).training
    first = next(networks)
    if len(runs) == 1:
        images = keras.Input((None, None, 1), dtype=FLOAT32, name="grey")
        shown = preprocessing_layers(setting.pixels, training.image_size, training.resize)(images)
        return keras.Model(images, _head(first.head, kind, _output(kind))(first.base(shown)), name=name)
    members = [(network.parts.suffix, network.head) for network in chain([first], networks)]
    pixels, size = convention(setting.pixels), training.image_size
    return mean_model(Ensemble(first.parts.prefix, members, kind, pixels, size, training.resize), name)


def mean_model(ensemble: Ensemble, name: str) -> keras.Model:
    """Return the mean outputs of an ensemble as a model of stock layers, which shares its prefix and suffixes.

    It takes grey (B, H, W, 1) in 0..1; its outputs are those of ``keras_model``.
    """
    output = _output(ensemble.kind)
    images = keras.Input((None, None, 1), dtype=FLOAT32, name="grey")
    shown = preprocessing_layers(ensemble.pixels.name, ensemble.image_size, ensemble.resize)(images)
    cuts = keras.Model(ensemble.prefix.inputs, ensemble.prefix.outputs, name="prefix")(shown)
    members = []
    for number, (suffix, head) in enumerate(ensemble.members):
        of_fold = keras.Model(suffix.inputs, suffix.output, name=f"suffix_{number}")
        members.append(_head(head, ensemble.kind, f"{output}_{number}")(of_fold(cuts)))
    if len(members) == 1:
        return keras.Model(images, members[0], name=name)
    return keras.Model(images, keras.layers.Average(name=output, dtype=FLOAT32)(members), name=name)


def _output(kind: Kind) -> str:
    """Return the name of the last layer; in an ordinal model it gives P(above a stage), not of a stage."""
    return "above" if kind == "ordinal" else main_output(kind)


def _head(head: Head, kind: Kind, name: str) -> Callable[[Any], Any]:
    """Return a function from pooled features (B, C) to the outputs of ``keras_model``."""
    mean, sd = head.mean.numpy().astype(float), head.sd.numpy().astype(float)
    kernel, bias = head.kernel.numpy(), head.bias.numpy()
    if kind == "binary":  # the softmax of two logits is the sigmoid of their difference
        kernel, bias = kernel[:, 1:] - kernel[:, :1], bias[1:] - bias[:1]
    # keras.layers.Normalization divides by at least 1e-7, but features of random weights may vary less.
    scale = np.divide(1, sd, out=np.zeros_like(sd), where=sd > 0)  # a constant feature counts as 0, as in ``Head``
    center = keras.layers.Rescaling([1.0] * len(mean), (-mean).tolist(), dtype=FLOAT32)
    standardize = keras.layers.Rescaling(scale.tolist(), [0.0] * len(mean), dtype=FLOAT32)
    dropout = keras.layers.Dropout(DROPOUT, dtype=FLOAT32)
    activation = {"multiclass": "softmax", "regression": "linear"}.get(kind, "sigmoid")
    dense = keras.layers.Dense(kernel.shape[1], activation=activation, dtype=FLOAT32, name=name)
    dense.build((None, kernel.shape[0]))
    dense.set_weights([kernel, bias])
    return lambda features: dense(dropout(standardize(center(features))))
