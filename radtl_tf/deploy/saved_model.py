"""Export a Setting as a SavedModel: image bytes or pixels in, the mean probability of the folds out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from radtl_tf import __version__
from radtl_tf.data.decoding.grey import GREY_WEIGHTS
from radtl_tf.data.tfds.pipeline import preprocess
from radtl_tf.errors import ExperimentError, OutputError, nearest
from radtl_tf.models.backbones import build_base
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import PixelConvention, convention, to_network
from radtl_tf.models.tuning import Split, split
from radtl_tf.models.weights.sources import initialize, resolve
from radtl_tf.records.experiment import Experiment, Kind
from radtl_tf.records.folder import OutputFolder, read_json, write_json
from radtl_tf.records.reader import experiment_from
from radtl_tf.records.runs import PROBE, Run, Scenario, Setting, Target
from radtl_tf.training.learned_weights import Learned, read_learned
from radtl_tf.training.randomness import backbone_seed

CARD = "radtl.json"  # beside the graph: what a caller has to know
JPEG_START = b"\xff\xd8"
EXPORTED_REPEAT = 0
_ACTIVATIONS: dict[Kind, Callable[[tf.Tensor], tf.Tensor]] = {
    "binary": tf.nn.softmax,
    "multiclass": tf.nn.softmax,
    "multilabel": tf.nn.sigmoid,
}


@dataclass(frozen=True)
class Member:
    """One fold's run of the exported Setting, at the learning rate of lowest inner loss."""

    run: Run
    learned: Learned


class Ensemble(tf.Module):
    """Preprocessing, shared prefix and one suffix and head per fold, with two signatures.

    ``serving_default`` takes ``image_bytes`` (B,) PNG or JPEG files; ``pixels`` takes (B, H, W, 1) uint16 grey. Both
    give ``probabilities`` (B, K) as the mean over the folds, those of a ``multilabel`` model each for itself; a
    ``binary`` one also ``score`` (B,), the probability of the positive class.
    """

    def __init__(
        self,
        prefix: keras.Model,
        members: Sequence[tuple[keras.Model, Head]],
        *,
        kind: Kind,
        pixels: PixelConvention,
        image_size: int,
        resize: str,
    ) -> None:
        super().__init__()
        self._prefix, self._members, self._kind = prefix, list(members), kind
        self._convention, self._size, self._resize = pixels, image_size, resize

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="image_bytes")])
    def from_bytes(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score encoded images."""
        return self._scores(self._each(lambda data: self._prepared(decode_grey(data)), image_bytes))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.uint16, name="pixels")])
    def from_pixels(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score decoded grey images of one size."""
        return self._scores(self._each(self._prepared, pixels))

    def _each(self, prepare: Any, batch: tf.Tensor) -> tf.Tensor:
        shape = tf.TensorSpec((self._size, self._size, 1), tf.float32)
        return tf.map_fn(prepare, batch, fn_output_signature=shape)

    def _prepared(self, image: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(preprocess(image, self._size, self._resize), (self._size, self._size, 1))

    def _scores(self, grey: tf.Tensor) -> dict[str, tf.Tensor]:
        cuts = self._prefix(to_network(grey, self._convention), training=False)
        cuts = cuts if isinstance(cuts, list) else [cuts]
        logits = [head(suffix(cuts, training=False)) for suffix, head in self._members]
        probabilities = tf.reduce_mean(_ACTIVATIONS[self._kind](tf.stack(logits)), axis=0)  # (B, K)
        found = {"probabilities": probabilities}
        return found | {"score": probabilities[:, 1]} if self._kind == "binary" else found


def decode_grey(data: tf.Tensor) -> tf.Tensor:
    """Return uint16 grey (H, W, 1) of a PNG or JPEG, equal to ``data.decoding.images.decode`` of the same file.

    Two things are beyond the graph: an EXIF orientation is not applied, and transparency is dropped, not refused.
    """
    color = tf.cond(
        tf.strings.substr(data, 0, len(JPEG_START)) == JPEG_START,
        lambda: tf.cast(tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE"), tf.uint16) * 257,
        lambda: tf.io.decode_png(data, channels=3, dtype=tf.uint16),
    )
    weighted = tf.reduce_sum(tf.cast(color, tf.int32) * tf.constant(GREY_WEIGHTS, tf.int32), axis=-1, keepdims=True)
    total = sum(GREY_WEIGHTS)
    return tf.cast((weighted + total // 2) // total, tf.uint16)


def export(folder: OutputFolder, setting: str | None, out: Path, *, weights_folder: Path) -> Setting:
    """Write the ensemble of the folds of one Setting of a finished experiment to ``out``; return the Setting.

    Without ``setting`` it is the one of lowest mean inner loss: the test folds choose nothing.

    Raises:
        ExperimentError: no such Setting, or runs of it are missing.
        OutputError: ``out`` exists or cannot be written.
    """
    if out.exists():
        raise OutputError(f"{out} exists already: choose another --out or delete it.")
    record = read_json(folder.experiment)
    experiment = experiment_from(record["experiment"], folder.root)
    chosen, scenarios = choose_setting(folder, record, setting)
    members = [_member(folder, runs) for runs in _runs_by_fold(folder, experiment, scenarios)]
    keras.config.set_dtype_policy("float32")
    ensemble = _assemble(experiment, chosen, members, weights_folder)
    _save(ensemble, out, _card(record, chosen, members) | {"inputs": _inputs(folder)})
    return chosen


def choose_setting(folder: OutputFolder, record: Mapping[str, Any], name: str | None) -> tuple[Setting, list[Scenario]]:
    """Return the Setting called ``name``, or the one of lowest mean inner loss, with its scenarios."""
    scenarios = [Scenario.from_dict(entry) for entry in record["scenarios"]]
    by_name: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        by_name.setdefault(scenario.setting.name, []).append(scenario)
    if name is None:
        name = _lowest_inner_loss(folder)
    if name not in by_name:
        raise ExperimentError(f"No setting {name!r}{nearest(name, by_name)}; there are: {', '.join(by_name)}.")
    return by_name[name][0].setting, by_name[name]


def _lowest_inner_loss(folder: OutputFolder) -> str:
    losses: dict[Scenario, list[float]] = {}
    for run in folder.run_records():
        if run["tuning"] != PROBE and run["train_fraction"] == 1:
            losses.setdefault(Scenario.from_dict(dict(run)), []).append(run["inner_loss"])
    if not losses:
        raise ExperimentError(f"{folder.root} has no finished run: run the experiment first.")
    return min(losses, key=lambda scenario: float(np.mean(losses[scenario]))).setting.name


def _runs_by_fold(folder: OutputFolder, experiment: Experiment, scenarios: list[Scenario]) -> list[list[Run]]:
    folds = [[Run(scenario, EXPORTED_REPEAT, fold) for scenario in scenarios] for fold in range(experiment.folds.count)]
    missing = [run.name for runs in folds for run in runs if not folder.is_done(run)]
    if missing:
        raise ExperimentError(f"{len(missing)} runs are missing, the first is {missing[0]}: run the experiment again.")
    return folds


def _member(folder: OutputFolder, runs: list[Run]) -> Member:
    """Return the run of lowest inner loss among the learning rates of one fold."""
    best = min(runs, key=lambda run: read_json(folder.run(run) / "run.json")["inner_loss"])
    return Member(best, read_learned(folder.run(best) / "weights.h5"))


def _assemble(experiment: Experiment, setting: Setting, members: list[Member], weights_folder: Path) -> Ensemble:
    """Build the network of every fold around one prefix."""
    training = experiment.training
    entry = resolve(
        setting.weights, setting.backbone, entries=experiment.weights, pixels=setting.pixels, folder=weights_folder
    )
    base = build_base(setting.backbone, training.image_size, seed=0)
    initialize(base, entry, backbone_seed(experiment.seed, EXPORTED_REPEAT))
    return Ensemble(
        _cut(base, setting).prefix,
        [_network(setting, training.image_size, member.learned) for member in members],
        kind=experiment.task.kind,
        pixels=convention(setting.pixels),
        image_size=training.image_size,
        resize=training.resize,
    )


def _cut(base: keras.Model, setting: Setting) -> Split:
    return split(base, "frozen" if setting.tuning == PROBE else setting.tuning)


def _network(setting: Setting, image_size: int, learned: Learned) -> tuple[keras.Model, Head]:
    """Return the suffix and the head of one fold with what it has learned."""
    suffix = _cut(build_base(setting.backbone, image_size, seed=0), setting).suffix
    for variable, value in zip(suffix.weights, learned.suffix, strict=True):
        variable.assign(value)
    head = Head(num_features=learned.kernel.shape[0], num_classes=learned.kernel.shape[1])
    head.reset(kernel=learned.kernel, bias=learned.bias, mean=learned.mean, sd=learned.sd)
    return suffix, head


def _card(record: Mapping[str, Any], setting: Setting, members: list[Member]) -> dict[str, Any]:
    """Return what a caller of the model has to know."""
    experiment = record["experiment"]
    target = Target(experiment["task"]["kind"], tuple(record["data"]["classes"]))
    return {
        "format": 1,
        "radtl_tf": __version__,
        "experiment": experiment["name"],
        "note": experiment["note"],
        "use": "For research. Not a medical device; not for diagnosis.",
        "setting": setting.name,
        "kind": target.kind,
        "classes": list(target.classes),
        **({"positive": target.classes[1]} if target.is_binary else {}),
        "pixels": setting.pixels,
        "image_size": experiment["training"]["image_size"],
        "resize": experiment["training"]["resize"],
        "class_weights": experiment["training"]["class_weights"],
        "members": [member.run.name for member in members],
        "weights": [entry for entry in record["weights"] if entry["name"] == setting.weights],
        "data_sha256": record["data"]["sha256"],
    }


def _inputs(folder: OutputFolder) -> dict[str, Any] | None:
    """Return the summary of the training images; ``None`` where an earlier version planned the experiment."""
    return read_json(folder.inputs) if folder.inputs.exists() else None


def _save(ensemble: Ensemble, out: Path, card: dict[str, Any]) -> None:
    """Write the SavedModel whole or not at all."""
    temporary = out.with_name(f".{out.name}.{os.getpid()}.part")
    signatures = {"serving_default": ensemble.from_bytes, "pixels": ensemble.from_pixels}
    try:
        tf.saved_model.save(ensemble, str(temporary), signatures=signatures)
        write_json(temporary / "assets.extra" / CARD, card)
        os.replace(temporary, out)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
