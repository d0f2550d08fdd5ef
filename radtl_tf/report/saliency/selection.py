"""The cases of a finished experiment that a report shows on request, and the images they were."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.data.tfds.pixel_cache import read_pixels
from radtl_tf.errors import ExperimentError
from radtl_tf.evaluation.question.inner_choice import run_values
from radtl_tf.evaluation.results.experiment_record import ExperimentRecord, read_record
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.evaluation.results.units import fold_values
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder
from radtl_tf.report.saliency.case_choice import Case, choose_cases, held_out_scores


@dataclass(frozen=True)
class Finished:
    """A finished experiment in its folder; ``pixels`` (N, H, W, 1) are its images as networks see them."""

    record: ExperimentRecord
    experiment: Experiment
    folder: OutputFolder
    pixels: NDArray[np.float32]

    def pixels_at(self, image_size: int | str | None) -> NDArray[np.float32]:
        """Return the images (N, H, W, 1) at the image size of a setting.

        Raises:
            DataError: they are missing or damaged.
        """
        return self.pixels if image_size is None else _pixels(self.record, self.folder, image_size)


class Selected(NamedTuple):
    """The ``cases`` to show, and per weights the scenario ``chosen`` in every (repeat, fold).

    ``scores`` is the table of ``held_out_scores``, from which the cases were chosen.
    """

    finished: Finished
    weights: tuple[str, ...]
    chosen: list[pd.Series]
    scores: pd.DataFrame
    cases: list[Case]


def select(folder: Path, per_kind: int) -> Selected:
    """Return up to ``per_kind`` cases of each kind, under both weights of the question.

    Without a question, under the first weights.

    Raises:
        ExperimentError: the task is not binary.
        DataError: predictions are missing or damaged, or the images are missing.
    """
    finished = _read(folder)
    question = finished.experiment.question
    weights = question.compare if question else finished.experiment.grid.weights[:1]
    predictions = read_predictions(finished.folder.predictions)
    values = run_values(finished.record, fold_values(predictions, finished.record.data.unit))
    chosen = [values.choose(finished.record.family(name)) for name in weights]
    scores = held_out_scores(predictions, chosen)
    return Selected(finished, tuple(weights), chosen, scores, choose_cases(scores, per_kind))


def _read(folder: Path) -> Finished:
    record, output = read_record(folder), OutputFolder(folder)
    experiment = record.experiment
    if experiment.task.kind != "binary":
        raise ExperimentError(
            f"example images and saliency maps need a binary task; this task is {experiment.task.kind}."
        )
    return Finished(record, experiment, output, _pixels(record, output, experiment.training.image_size))


def _pixels(record: ExperimentRecord, output: OutputFolder, size: int | str) -> NDArray[np.float32]:
    data, resize = record.data, record.experiment.training.resize
    return read_pixels(output.pixels(size), data.examples, size, resize, data.sha256)
