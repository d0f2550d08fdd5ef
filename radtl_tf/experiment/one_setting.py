"""Make an experiment with one setting: one backbone, one set of weights, one tuning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from radtl_tf.errors import ExperimentError
from radtl_tf.records.experiment import Experiment, Task
from radtl_tf.records.reader import as_dict, experiment_from

NATIVE = "native"  # each weights' own pixel convention


def one_setting(
    task: Task,
    *,
    backbone: str,
    weights: str,
    learning_rates: Sequence[float],
    pixels: str = NATIVE,
    tuning: str = "frozen",
    layers: int | None = None,
    folds: int = 5,
    epochs: int = 30,
    image_size: int | str = 224,
    batch_size: int = 32,
    seed: int = 726,
) -> Experiment:
    """Return an experiment on ``task`` whose grid has only this backbone, these weights and this tuning.

    ``weights`` is a name, or the path of an ``.h5`` file, whose pixel convention is then ``pixels``; ``layers`` is the
    K of the tuning ``topK``.

    Raises:
        ExperimentError: a value is out of range or contradicts another one.
    """
    declared = {}
    if weights.endswith(".h5"):
        if pixels == NATIVE:
            raise ExperimentError(
                f"{weights}: no pixel convention is given. Give the one the weights were trained with."
            )
        declared = {Path(weights).stem: {"files": {backbone: weights}, "pixels": pixels}}
        weights, pixels = Path(weights).stem, NATIVE
    axis = {"mode": tuning, "learning_rates": list(learning_rates), "layers": layers}
    content = {
        "name": f"{backbone} {weights} {tuning}",
        "seed": seed,
        "task": as_dict(task),
        "folds": {"count": folds},
        "grid": {"backbones": [backbone], "weights": [weights], "pixels": [pixels], "tunings": [axis]},
        "weights": declared,
        "training": {"epochs": epochs, "image_size": image_size, "batch_size": batch_size},
    }
    return experiment_from(content, Path.cwd())
