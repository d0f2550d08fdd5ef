"""Make a native weights file: train a whole backbone on a source task and keep the layers below the head."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from radtl_tf.data.tfds.stream import SHUFFLE_BYTES, Stream
from radtl_tf.errors import ExperimentError, OutputError
from radtl_tf.experiment.plan.context import context
from radtl_tf.experiment.plan.ownership import refuse_other
from radtl_tf.experiment.weights.labeled import labeled_stream
from radtl_tf.experiment.weights.unlabeled import unlabeled_stream
from radtl_tf.models.backbones import backbone, build_base
from radtl_tf.models.pixels import convention
from radtl_tf.models.weights.catalogue import sha256_of
from radtl_tf.models.weights.file import write_weights
from radtl_tf.models.weights.preset_folder import CONFIG, preset_config
from radtl_tf.models.weights.preset_folder import WEIGHTS as PRESET_WEIGHTS
from radtl_tf.models.weights.sources import WeightsRecord, initialize, resolve
from radtl_tf.models.weights.transformer_writer import write_transformer
from radtl_tf.records.disk import read_json, rename, write_json
from radtl_tf.records.pretraining import SIDECAR_FORMAT, Place, Pretraining, portable, read_sidecar
from radtl_tf.records.self_supervised import SelfSupervised
from radtl_tf.training.device import Device
from radtl_tf.training.layers.training_copy import training_copy
from radtl_tf.training.pretraining.backbone_trainer import Learner, loss_of
from radtl_tf.training.pretraining.epochs import Board, finish, first_images, train_source, validation_row
from radtl_tf.training.pretraining.siamese_trainer import SiameseLearner
from radtl_tf.training.pretraining.snapshots import Row, remove_snapshot
from radtl_tf.training.randomness import backbone_seed, head_kernel
from radtl_tf.training.trial_step import one_line_when_full

METHOD = "simsiam"  # of training without labels
_TIMED_STEPS = 5
_UNTIMED_STEPS = 2  # the first step traces, the second still warms up


@dataclass(frozen=True)
class PreparedPretraining:
    """A prepared pre-training: the data stream, the initial backbone, and the record of both."""

    pretraining: Pretraining | SelfSupervised
    place: Place
    device: Device
    stream: Stream
    base: keras.Model
    weights: WeightsRecord
    data: dict[str, Any]

    @property
    def is_labeled(self) -> bool:
        """Tell whether the backbone learns labels."""
        return isinstance(self.pretraining, Pretraining)

    @property
    def class_weights(self) -> str:
        """Return the policy of the loss, which only labels have."""
        return self.pretraining.training.class_weights if isinstance(self.pretraining, Pretraining) else "none"


def finished(pretraining: Pretraining | SelfSupervised, place: Place) -> dict[str, Any] | None:
    """Return the sidecar of this pre-training's finished weights file, or None if the file does not exist.

    Raises:
        ExperimentError: a vision transformer is to be trained without labels.
        OutputError: Keras cannot read a file of this name, or another file is in this place.
    """
    file = place.weights
    _check_name(file, pretraining)
    if not file.exists():
        return None
    sidecar = read_sidecar(file)
    if sidecar is None:
        raise OutputError(f"{file} exists without its record {place.sidecar.name}: choose another output file.")
    if sha256_of(file) != sidecar.get("sha256"):
        raise OutputError(f"{file} is not the file that {place.sidecar.name} describes: choose another output file.")
    _refuse_other(place, pretraining)
    if sidecar.get("source") != portable(pretraining):
        raise OutputError(
            f"{file} was made from another source file (see {place.sidecar.name}): choose another output file."
        )
    return sidecar


def _check_name(file: Path, pretraining: Pretraining | SelfSupervised) -> None:
    name = pretraining.model.backbone
    if backbone(name).transformer:
        if isinstance(pretraining, SelfSupervised):
            raise ExperimentError(
                f"{name} is a vision transformer, and training without labels is only available for convolutional "
                "backbones: choose one of them, or train with labels."
            )
        if file.name != PRESET_WEIGHTS:
            raise OutputError(
                f"{file}: {name} is written as a Hugging Face folder: name the file {PRESET_WEIGHTS} in a new folder."
            )
    elif file.suffix != ".h5" or file.name.endswith(".weights.h5"):
        raise OutputError(
            f"{file}: name the weights file *.h5, not *.weights.h5, for which Keras expects another layout."
        )


def prepare_pretraining(
    pretraining: Pretraining | SelfSupervised,
    place: Place,
    *,
    device: Device,
    weights_folder: Path,
    data_dir: Path | None = None,
) -> PreparedPretraining:
    """Check and prepare a pre-training, cheapest checks first; the TFDS data set is built in ``data_dir``.

    Raises:
        DataError, WeightsError, ExperimentError: the input is wrong; nothing has been trained.
        OutputError: the place cannot be written or holds another pre-training.
    """
    _refuse_other(place, pretraining)
    model, settings, seed = pretraining.model, pretraining.training, pretraining.seed
    weights = resolve(
        model.weights, model.backbone, entries=pretraining.weights, pixels=model.pixels, folder=weights_folder
    )
    base = training_copy(build_base(model.backbone, settings.image_size, seed=0), fused=False)
    initialize(base, weights, backbone_seed(seed, 0))
    data_dir = data_dir or place.files.data
    if isinstance(pretraining, Pretraining):
        stream, data = labeled_stream(pretraining, data_dir)
    else:
        stream, data = unlabeled_stream(pretraining, data_dir)
    return PreparedPretraining(pretraining, place, device, stream, base, weights, data)


def pretrain(prepared: PreparedPretraining) -> dict[str, Any]:
    """Train, write the weights file and its sidecar, and return the sidecar. Call again to resume.

    Raises:
        ExperimentError: the training diverged, or the device ran out of memory.
        OutputError: the place cannot be written or holds another pre-training.
    """
    place = prepared.place
    _claim(prepared)
    board = Board(place.files.tensorboard)
    with _one_line_when_full(prepared):
        history, metrics = (_supervised if prepared.is_labeled else _self_supervised)(prepared, board)
    sidecar = _write(prepared, history, metrics)
    remove_snapshot(place.work)
    return sidecar


def _supervised(prepared: PreparedPretraining, board: Board) -> tuple[list[Row], dict[str, float]]:
    """Train on the labels; return a row per epoch and the validation metrics."""
    learner, stream, settings = _learner(prepared), prepared.stream, prepared.pretraining.training
    measure = partial(validation_row, learner, stream)
    history = train_source(learner, stream, settings, prepared.place.work, measure=measure, on_epoch=board)
    return history, finish(learner, stream, settings.epochs)


def _self_supervised(prepared: PreparedPretraining, board: Board) -> tuple[list[Row], dict[str, float]]:
    """Train without labels; return a row per epoch and no metrics, since nothing is held out."""
    learner, stream, settings = _siamese(prepared), prepared.stream, prepared.pretraining.training
    work = prepared.place.work
    history = train_source(learner, stream, settings, work, measure=learner.spread, on_epoch=board)
    learner.settle(first_images(stream, settings.epochs))
    learner.check_features(first_images(stream, settings.epochs))
    return history, {}


def price_pretraining(prepared: PreparedPretraining) -> list[str]:
    """Time some steps on real batches; return the cost of the pre-training as lines. The steps' results are dropped."""
    stream, epochs = prepared.stream, prepared.pretraining.training.epochs
    learner = _learner(prepared) if prepared.is_labeled else _siamese(prepared)
    times = [time.monotonic()]
    with _one_line_when_full(prepared):
        for (images, targets, _), _ in zip(stream.training(1), range(_UNTIMED_STEPS + _TIMED_STEPS), strict=False):
            float(learner.step(images, targets, 0.0))
            times.append(time.monotonic())
    step = float(np.median(np.diff(times)[min(_UNTIMED_STEPS, len(times) - 2) :]))
    held_out = len(stream.held_out) - stream.num_training
    epoch = step * (stream.steps + held_out / stream.batch_size / 3)  # a forward pass takes a third of a training step
    state = sum(value.nbytes for value in learner.state())
    buffer = min(SHUFFLE_BYTES, stream.index.num_bytes)
    return [
        _numbers_of(prepared),
        f"disk    {stream.index.num_bytes / 1e9:9.2f} GB data set, {state / 1e9:.2f} GB state until the end",
        f"memory  {buffer / 1e9:9.2f} GB of encoded images at most",
        f"step    {step:9.3f} s for {stream.batch_size} images, {stream.batch_size / step:.0f} images per second",
        f"epoch   {epoch / 60:9.1f} minutes for {stream.steps} steps and the validation part",
        f"total   {epoch * epochs / 3600:9.1f} hours for {epochs} epochs",
    ]


def _numbers_of(prepared: PreparedPretraining) -> str:
    stream = prepared.stream
    if not prepared.is_labeled:
        return f"{stream.num_training} films to train on, without labels"
    held_out = len(stream.held_out) - stream.num_training
    return f"{stream.num_training} images to train on, {held_out} to validate on, {len(stream.cases.classes)} classes"


def _refuse_other(place: Place, pretraining: Pretraining | SelfSupervised, **facts: Any) -> None:
    refuse_other(place.files, {"experiment": portable(pretraining), **facts})


def _claim(prepared: PreparedPretraining) -> None:
    """Record which pre-training owns the working folder, or check that an earlier call was for the same one."""
    facts = {
        "data": prepared.data,
        "weights": {"sha256": prepared.weights.sha256, "pixels": prepared.weights.pixels},
        "precision": prepared.device.precision,
    }
    _refuse_other(prepared.place, prepared.pretraining, **facts)
    record = prepared.place.files.experiment
    if not record.exists():
        write_json(record, {"experiment": portable(prepared.pretraining), **facts})


def _one_line_when_full(prepared: PreparedPretraining) -> AbstractContextManager[None]:
    size = prepared.stream.batch_size
    wanted = "a smaller training.batch_size or training.image_size, and another output file"
    return one_line_when_full(f"with {size} images per step: set {wanted}")


def _learner(prepared: PreparedPretraining) -> Learner:
    stream, pretraining = prepared.stream, prepared.pretraining
    shape = int(prepared.base.output_shape[-1]), len(stream.cases.classes)
    kernel = head_kernel((pretraining.seed, 0, 0), *shape, "standardized")
    loss = loss_of(stream.cases, ~stream.held_out, prepared.class_weights)
    return Learner(prepared.base, kernel, convention(prepared.weights.pixels), loss)


def _siamese(prepared: PreparedPretraining) -> SiameseLearner:
    return SiameseLearner(prepared.base, convention(prepared.weights.pixels), prepared.pretraining.seed)


def _write(prepared: PreparedPretraining, history: Sequence[Row], metrics: dict[str, float]) -> dict[str, Any]:
    """Write the weights under a temporary name, then the sidecar with their sha256; rename the weights last."""
    place, size = prepared.place, backbone(prepared.weights.backbone).transformer
    if size:
        config = preset_config(size, prepared.pretraining.training.image_size)
        write_json(place.weights.with_name(CONFIG), config)
        write_transformer(place.complete, prepared.base, size)
    else:
        write_weights(place.complete, prepared.base)
    write_json(place.sidecar, _sidecar(prepared, history, metrics, sha256_of(place.complete)))
    rename(place.complete, place.weights)
    return read_json(place.sidecar)


def _sidecar(
    prepared: PreparedPretraining, history: Sequence[Row], metrics: dict[str, float], sha256: str
) -> dict[str, Any]:
    pretraining, weights = prepared.pretraining, prepared.weights
    return {
        "format": SIDECAR_FORMAT,
        "name": pretraining.name,
        "note": pretraining.note,
        "file": prepared.place.weights.name,
        "sha256": sha256,
        "method": "supervised" if prepared.is_labeled else METHOD,
        "backbone": weights.backbone,
        "pixels": weights.pixels,
        "image_size": pretraining.training.image_size,
        "license": pretraining.record.license,
        "citation": pretraining.record.citation,
        "start": {"weights": weights.name, "source": weights.source, "sha256": weights.sha256},
        "data": prepared.data,
        "epochs": len(history),
        **({"validation": metrics} if prepared.is_labeled else {}),
        "history": list(history),
        "source": portable(pretraining),
        **context(prepared.device),
    }
