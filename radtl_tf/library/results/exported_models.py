"""Test exported models on new patients: ``radtl_tf.test``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from radtl_tf.data.manifest.reader import Manifest
from radtl_tf.errors import ExperimentError
from radtl_tf.experiment.external_test import Tested, assess
from radtl_tf.library.bars import bars
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.results.score_sources import manifest_behind
from radtl_tf.records.experiment import Task
from radtl_tf.records.reader import normal_task
from radtl_tf.report.pages.external import as_text

TEST_FRAMES = ("estimates", "comparisons")


class ExternalTest:
    """The results of a test of one or two models on other patients. Its ``repr`` is the answer with its tables.

    Attributes:
        results: all numbers as plain values, as in ``results.json``.
        folder: folder of ``scores.csv``, ``results.json`` and ``external.html``; ``None`` if nothing was kept.
    """

    def __init__(self, tested: Tested, folder: Path | None) -> None:
        self._tested, self.folder = tested, folder
        self.results: dict[str, Any] = tested.results

    def frame(self, name: str = "estimates") -> pd.DataFrame:
        """Return ``estimates`` (one metric of a model per row, with 95 % interval) or ``comparisons`` of two models.

        Raises:
            ExperimentError: ``name`` is unknown.
        """
        if name not in TEST_FRAMES:
            raise ExperimentError(f"No frame {name!r}: use one of {', '.join(TEST_FRAMES)}.")
        return pd.DataFrame([asdict(row) for row in getattr(self._tested.external, name)])

    def __repr__(self) -> str:
        return as_text(*self._tested.shown)


def external_test(
    models: Sequence[Path],
    data: Dataset | str | os.PathLike[str],
    out: Path | None,
    threshold: float | None,
    **columns: Any,
) -> ExternalTest:
    """Test one model, or compare two, on ``data``; without ``out`` nothing is kept on disk.

    ``data`` is a Dataset or a CSV file. ``columns`` names a CSV file's columns as in a Task; ``None`` is a default.

    Raises:
        DataError, OutputError: as ``assess``; or ``data`` is not a table of files.
        ExperimentError: ``columns`` is given with a Dataset, which has its own, or contradicts itself.
    """
    given = {name: value for name, value in columns.items() if value is not None}
    task, manifest = _of_dataset(data, given) if isinstance(data, Dataset) else _of_file(Path(data), given)
    with bars() as watch, tempfile.TemporaryDirectory() as scratch:
        place = out or Path(scratch) / "test"
        tested = assess(models, task, place, manifest=manifest, threshold=threshold, watch=watch)
    return ExternalTest(tested, out)


def _of_dataset(data: Dataset, given: dict[str, Any]) -> tuple[Task, Manifest | None]:
    if given:
        raise ExperimentError(f"{next(iter(given))} is only valid with a CSV file; a Dataset has its own. Remove it.")
    return data.task, manifest_behind(data)


def _of_file(file: Path, given: dict[str, Any]) -> tuple[Task, Manifest | None]:
    return normal_task(Task(manifest=file.expanduser().resolve(), **given)), None
