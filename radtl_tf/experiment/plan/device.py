"""Choose the batch size of an experiment by trial steps on its device if ``batch_size`` is "auto"."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from radtl_tf.experiment.plan.ownership import is_begun
from radtl_tf.logs import get_logger
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.experiment_facts import read_facts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import image_sizes
from radtl_tf.training.device import Device
from radtl_tf.training.features.prefix_features import POOLED
from radtl_tf.training.trainer import Trainer
from radtl_tf.training.trial_step import BATCH_SIZES, largest_batch, trial_step

_log = get_logger(__name__)


def with_batch_size(experiment: Experiment, folder: OutputFolder, device: Device) -> Experiment:
    """Return the experiment with ``batch_size = "auto"`` replaced by a number; finished runs keep theirs.

    Raises:
        ExperimentError: not even one image fits into the device's memory.
    """
    if experiment.training.batch_size != "auto":
        return experiment
    if is_begun(folder):
        size = read_facts(folder.experiment).experiment.training.batch_size
    else:
        size = largest_batch(lambda number: _try(experiment, number)) if device.gpus else BATCH_SIZES[0]
        _log.info(f"batch_size = 'auto': {size}" + " (no GPU, so no memory limit to test)" * (not device.gpus))
    return replace(experiment, training=replace(experiment.training, batch_size=size))


def _try(experiment: Experiment, num_images: int) -> None:
    """Take one step of each backbone, tuning and image size that trains a part of the backbone."""
    grid = experiment.grid
    for backbone, axis, size in product(grid.backbones, grid.tunings, image_sizes(experiment)):
        if axis.name != POOLED:
            trial_step(Trainer(backbone, axis.name, size, num_outputs=2), num_images)
