"""Put radiographs of a finished experiment into its report, on request: example images, or saliency maps."""

from __future__ import annotations

from pathlib import Path

from radtl_tf.logs import get_logger
from radtl_tf.places import weights_folder
from radtl_tf.report.saliency.draw import write_saliency
from radtl_tf.report.saliency.examples import write_examples
from radtl_tf.training.trial_step import WITHOUT_GPU, one_line_when_full

_log = get_logger(__name__)


def draw_saliency(folder: Path, per_kind: int) -> Path:
    """Draw ``per_kind`` cases of each kind for the experiment's next report; return the folder of the maps.

    Raises:
        ExperimentError: the task is not binary, or the device ran out of memory.
        DataError, WeightsError, OutputError: the experiment's images, weights or runs are missing, changed or damaged.
    """
    with one_line_when_full(WITHOUT_GPU):
        place = write_saliency(folder, per_kind, weights_folder=weights_folder())
    _log.info(f"Saliency: {place} and the report show patients' radiographs: do not share them.")
    return place


def show_images(folder: Path, per_kind: int) -> Path:
    """Put the radiographs of ``per_kind`` cases of each kind into the experiment's next report; return their folder.

    Raises:
        ExperimentError: the task is not binary.
        DataError, OutputError: the experiment's images or predictions are missing, changed or damaged.
    """
    place = write_examples(folder, per_kind)
    _log.info(f"Images: {place} and the report show patients' radiographs: do not share them.")
    return place
