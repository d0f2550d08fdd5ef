"""The result of a screen: the candidates in order, their scores, and the experiment that the best ones deserve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

import pandas as pd

from radtl_tf.errors import OutputError
from radtl_tf.evaluation.metrics.metric_table import Metric
from radtl_tf.evaluation.screen.scores import Scores, deserving
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.screen.candidates import Candidate
from radtl_tf.library.screen.experiment_file import experiment_text
from radtl_tf.records.disk import write_text
from radtl_tf.records.experiment import Training

_WIDTH = 100  # characters of a line of text below the table
NO_TEST = (
    "A screen without a test: its numbers rank candidates and prove nothing. It used the labels of all patients, so an "
    "experiment on the same patients is optimistic for the candidates that it chose."
)


@dataclass(frozen=True)
class Row:
    """A candidate with its scores; ``seconds`` for features and scores, ``computed`` if the cache had no features."""

    candidate: Candidate
    scores: Scores
    num_features: int
    seconds: float
    computed: bool


class Screen:
    """Candidates ranked without training. Its ``repr`` is the table, and what it does not show.

    Attributes:
        rows: a row per candidate, the best first.
    """

    def __init__(
        self, rows: tuple[Row, ...], *, metric: Metric, data: Dataset, training: Training, k: int, seed: int
    ) -> None:
        self.rows = rows
        self._metric, self._data, self._training, self._k, self._seed = metric, data, training, k, seed

    def frame(self) -> pd.DataFrame:
        """Return a row per candidate, the best first.

        Columns: ``rank``; ``backbone``, ``weights`` and ``pixels``; ``features``, their number; ``log_me`` (nats per
        image, higher is better); ``neighbors_auroc`` (0..1), of a regression ``neighbors_mae`` (in the unit of the
        label, lower is better); ``seconds``; and ``computed``: False if the cache had the features.
        """
        return pd.DataFrame([self._cells(rank, row) for rank, row in enumerate(self.rows, 1)])

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values for JSON."""
        cases = self._data.cases
        return {
            "note": NO_TEST,
            "images": len(self._data),
            "patients": len(cases.patient_ids),
            "unit": cases.unit,
            "k": self._k,
            "image_size": self._training.image_size,
            "candidates": [self._cells(rank, row) for rank, row in enumerate(self.rows, 1)],
            "deserve_an_experiment": self.num_deserving,
        }

    @property
    def num_deserving(self) -> int:
        """How many of the best deserve an experiment: two, or three if the third leads the second in one score."""
        return deserving([row.scores for row in self.rows], lower_is_better=self._metric.lower_is_better)

    def write_experiment(self, path: str | Path, margin: float | None = None, overwrite: bool = False) -> Path:
        """Write the experiment file of the best two or three candidates, for ``radtl_tf.run``; return its path.

        Args:
            path: the file, which must not exist.
            margin: differences up to this size are irrelevant: of AUROCs (default: 0.02), or of the mean absolute error
                in the unit of the label, where it is required.
            overwrite: replace a file that exists.

        Raises:
            DataError: the data set is in memory, so no file can name it.
            ExperimentError: the margin is missing or out of range, or a candidate is an array without a file.
            OutputError: the file exists or cannot be written.
        """
        file = Path(path).expanduser()
        if file.exists() and not overwrite:
            raise OutputError(f"{file} exists already: choose another file or delete it.")
        chosen = [row.candidate for row in self.rows[: self.num_deserving]]
        count = len(self.rows)
        text = experiment_text(chosen, count, self._data.task, self._training, self._seed, margin, file)
        write_text(file, text)
        return file

    def _cells(self, rank: int, row: Row) -> dict[str, Any]:
        candidate, scores = row.candidate, row.scores
        return {
            "rank": rank,
            "backbone": candidate.backbone,
            "weights": candidate.name,
            "pixels": candidate.pixels,
            "features": row.num_features,
            "log_me": _or_none(scores.log_me),
            f"neighbors_{self._metric.key}": _or_none(scores.neighbors),
            "seconds": round(row.seconds, 2),
            "computed": row.computed,
        }

    def __repr__(self) -> str:
        cases, unit = self._data.cases, self._data.task.label_unit
        measured = self._metric.name + (f" ({unit})" if self._metric.has_unit and unit else "")
        title = f"{len(self.rows)} candidates on {len(self._data)} images of {len(cases.patient_ids)} patients"
        better = "lower" if self._metric.lower_is_better else "higher"
        notes = (
            f"LogME: log evidence per image of a linear model, higher is better. kNN: {self._metric.name} per "
            f"{cases.unit} of the {self._k} nearest images of other patients, {better} is better.",
            NO_TEST,
        )
        return "\n".join([f"Screen: {title}", *self._table(measured), *(fill(note, _WIDTH) for note in notes)])

    def _table(self, measured: str) -> list[str]:
        head = ("", "backbone", "weights", "pixels", "features", "LogME", f"kNN {measured}")
        rows = [head]
        for rank, row in enumerate(self.rows, 1):
            one, scores = row.candidate, row.scores
            numbers = str(row.num_features), f"{scores.log_me:.3f}", f"{scores.neighbors:.3f}"
            rows.append((str(rank), one.backbone, one.name, one.pixels, *numbers))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        words = len(head) - 3  # the rest are numbers
        return [
            "  ".join(
                cell.ljust(width) if at < words else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]


def _or_none(value: float) -> float | None:
    """Return a number that JSON has."""
    return None if math.isnan(value) else value
