"""Export a Setting as a SavedModel: image bytes or pixels in, the mean probability of the folds out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from radtl_tf import __version__
from radtl_tf.data.decoding.grey import GREY_WEIGHTS
from radtl_tf.data.preprocessing.resizing import preprocess
from radtl_tf.deploy.setting_runs import best_runs, choose_setting
from radtl_tf.errors import OutputError
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import PixelConvention, convention, to_network
from radtl_tf.models.precision import FLOAT32, borrowed_precision
from radtl_tf.records.disk import read_json, temporary_folder, write_json
from radtl_tf.records.experiment import Kind
from radtl_tf.records.experiment_facts import ExperimentFacts, read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Setting
from radtl_tf.training.finished_networks import FinishedRuns, find_weights

CARD = "radtl.json"  # next to the graph: facts for the caller
JPEG_START = b"\xff\xd8"
_ACTIVATIONS: dict[Kind, Callable[[tf.Tensor], tf.Tensor]] = {
    "binary": tf.nn.softmax,
    "multiclass": tf.nn.softmax,
    "multilabel": tf.nn.sigmoid,
}


@dataclass(frozen=True)
class _Networks:
    """The shared prefix, and the suffix and head of each fold.

    It is not a ``tf.Module``, which would track the Keras variables: a SavedModel would hold every variable twice.
    """

    prefix: keras.Model
    members: Sequence[tuple[keras.Model, Head]]

    def variables(self) -> list[tf.Variable]:
        """Return the TensorFlow variable behind every Keras variable, each once."""
        models = [self.prefix, *chain.from_iterable(self.members)]
        return [variable.value for variable in {id(one): one for model in models for one in model.weights}.values()]


class Ensemble(tf.Module):
    """Preprocessing, shared prefix and one suffix and head per fold, with two signatures.

    ``serving_default`` takes ``image_bytes`` (B,) PNG or JPEG files; ``pixels`` takes (B, H, W, 1) uint16 grey. Both
    give ``probabilities`` (B, K) as the mean over the folds, independent of each other in a ``multilabel`` model; a
    ``binary`` model also gives ``score`` (B,), the probability of the positive class.

    ``tf_variables`` is what the SavedModel stores: loaders that read only the graph (``tf.compat.v1.saved_model.load``,
    ``saved_model_cli run``, TensorFlow Serving) do not restore variables that are tracked only by Keras.
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
        self._networks, self._kind = _Networks(prefix, members), kind
        self.tf_variables = self._networks.variables()
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
        cuts = self._networks.prefix(to_network(grey, self._convention), training=False)
        cuts = cuts if isinstance(cuts, list) else [cuts]
        logits = [head(suffix(cuts, training=False)) for suffix, head in self._networks.members]
        probabilities = tf.reduce_mean(_ACTIVATIONS[self._kind](tf.stack(logits)), axis=0)  # (B, K)
        found = {"probabilities": probabilities}
        return found | {"score": probabilities[:, 1]} if self._kind == "binary" else found


def decode_grey(data: tf.Tensor) -> tf.Tensor:
    """Return uint16 grey (H, W, 1) of a PNG or JPEG, equal to ``data.decoding.images.decode`` of the same file.

    The graph differs in two ways: it does not apply an EXIF orientation, and it drops transparency instead of refusing
    it.
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

    Without ``setting`` it is the setting of lowest mean inner loss: test parts take no part in the choice.

    Raises:
        ExperimentError: the Setting does not exist, two Settings are tied, or runs are missing.
        WeightsError: the weights file is missing or is not the one that the experiment recorded.
        OutputError: ``out`` exists or cannot be written.
    """
    if out.exists():
        raise OutputError(f"{out} already exists. Choose another output folder or delete it.")
    facts = read_facts(folder.experiment)
    chosen, scenarios = choose_setting(folder, facts.scenarios, setting)
    runs = best_runs(folder, scenarios, range(facts.experiment.folds.count))
    with borrowed_precision(FLOAT32):
        ensemble = _assemble(folder, facts, runs, weights_folder)
        _save(ensemble, out, _card(facts, chosen, runs) | {"inputs": _inputs(folder)})
    return chosen


def _assemble(folder: OutputFolder, facts: ExperimentFacts, runs: list[Run], weights_folder: Path) -> Ensemble:
    """Build the network of every fold on the prefix of the first fold, which all folds share."""
    finished, setting, training = FinishedRuns(folder, facts), runs[0].scenario.setting, facts.experiment.training
    weights = find_weights(facts.experiment, setting, weights_folder)
    first = finished.network(runs[0], weights)
    others = (finished.network(run, weights) for run in runs[1:])  # one at a time, so their prefixes are not kept
    return Ensemble(
        first.parts.prefix,
        [(network.parts.suffix, network.head) for network in chain([first], others)],
        kind=facts.target.kind,
        pixels=convention(setting.pixels),
        image_size=training.image_size,
        resize=training.resize,
    )


def _card(facts: ExperimentFacts, setting: Setting, runs: list[Run]) -> dict[str, Any]:
    """Return the facts that a caller of the model needs."""
    experiment, target = facts.experiment, facts.target
    return {
        "format": 1,
        "radtl_tf": __version__,
        "experiment": experiment.name,
        "note": experiment.note,
        "use": "For research only. Not a medical device and not for clinical use.",
        "setting": setting.name,
        "kind": target.kind,
        "classes": list(target.classes),
        **({"positive": target.classes[1]} if target.is_binary else {}),
        "pixels": setting.pixels,
        "image_size": experiment.training.image_size,
        "resize": experiment.training.resize,
        "class_weights": experiment.training.class_weights,
        "members": [run.name for run in runs],
        "weights": [entry.as_dict() for entry in facts.weights if entry.name == setting.weights],
        "data_sha256": facts.data.sha256,
    }


def _inputs(folder: OutputFolder) -> dict[str, Any] | None:
    """Return the summary of the training images; ``None`` if an earlier version planned the experiment."""
    return read_json(folder.inputs) if folder.inputs.exists() else None


def _save(ensemble: Ensemble, out: Path, card: dict[str, Any]) -> None:
    """Write the SavedModel completely or not at all."""
    signatures = {"serving_default": ensemble.from_bytes, "pixels": ensemble.from_pixels}
    with temporary_folder(out) as temporary:
        tf.saved_model.save(ensemble, str(temporary), signatures=signatures)
        write_json(temporary / "assets.extra" / CARD, card)
