"""Held-out images of a finished experiment, as training read them, with the predictions that the runs recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.data.decoding.depth import WHITE
from radtl_tf.data.tfds.chosen_images import built_in, images_at
from radtl_tf.deploy.parity import table
from radtl_tf.errors import DataError, OutputError
from radtl_tf.records.experiment_facts import ExperimentFacts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Target, at_size

RUN = "run"  # column: the position of the run in the list of runs


class NoImagesError(DataError):
    """The output folder of an experiment has no images."""


@dataclass(frozen=True)
class HeldOut:
    """The rows of the runs' predictions for the chosen images, and where the images are.

    ``rows`` has the columns of predictions.csv and ``run``, the position of the run that tested the image.
    ``image_size`` is the size of the runs' images.
    """

    rows: pd.DataFrame
    folder: OutputFolder
    facts: ExperimentFacts
    image_size: int | str

    def images(self) -> Iterator[NDArray[np.uint16]]:
        """Yield uint16 grey (H, W) of each row; if the data set is gone, as the experiment keeps it in network size.

        Raises:
            NoImagesError: the output folder has none.
            DataError: the data set is damaged.
        """
        numbers = self.rows["example"].tolist()
        builder = built_in(self.folder.data, self.facts.data.examples)
        if builder is not None:
            yield from images_at(builder, numbers)
            return
        try:
            kept = np.load(self.folder.pixels(self.image_size), mmap_mode="r")
        except (OSError, ValueError) as error:
            raise NoImagesError("the output folder of the experiment has no images") from error
        for number in numbers:
            yield np.round(kept[number, ..., 0] * WHITE).astype(np.uint16)


def held_out(folder: OutputFolder, facts: ExperimentFacts, runs: Sequence[Run]) -> HeldOut:
    """Choose up to ``table.MOST`` images of the test parts of ``runs``, spread over runs and labels.

    Raises:
        OutputError: the predictions of a run are missing.
    """
    parts = [_tested(folder.files(run).predictions).assign(**{RUN: at}) for at, run in enumerate(runs)]
    rows = pd.concat(parts, ignore_index=True).sample(frac=1, random_state=0)
    groups = _spread(rows[list(facts.target.truth)], facts.target).assign(**{RUN: rows[RUN]})
    turn = groups.groupby([RUN, *facts.target.truth]).cumcount()
    chosen = rows.loc[turn.sort_values(kind="stable").index[: table.MOST]]
    size = at_size(facts.experiment, runs[0].scenario.setting.image_size).training.image_size
    return HeldOut(chosen.sort_values("example").reset_index(drop=True), folder, facts, size)


def _spread(truth: pd.DataFrame, target: Target) -> pd.DataFrame:
    """Return what the images are spread over: their classes, or the fifth of the numbers to which each belongs."""
    return (truth.rank(pct=True) * 5).apply(np.ceil) if target.is_number else truth.fillna(-1)


def _tested(path: Path) -> pd.DataFrame:
    try:
        rows = pd.read_csv(path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be read ({error.strerror}). Run the experiment again.") from error
    return rows[rows["part"] == "test"]
