"""Use exported models on new images: ``radtl_tf.test`` and ``radtl_tf.predict``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from radtl_tf.data.manifest.folders import image_files
from radtl_tf.data.manifest.reader import Manifest
from radtl_tf.deploy.class_check import target_of
from radtl_tf.deploy.predict import Score, load_model
from radtl_tf.deploy.predict import predict as scores_of
from radtl_tf.deploy.structured_report import structured_reports
from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.experiment.external_test import Tested, assess
from radtl_tf.library.bars import bars
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.progress import counted
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
        return as_text(self._tested.external, self._tested.drifts)


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
    return data.task, _manifest(data)


def _of_file(file: Path, given: dict[str, Any]) -> tuple[Task, Manifest | None]:
    return normal_task(Task(manifest=file.expanduser().resolve(), **given)), None


def predictions(
    model: Path,
    images: Dataset | str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    dicom_sr: Path | None = None,
) -> pd.DataFrame:
    """Return a row per image: its ``path`` (``row`` for a Dataset), its scores, and the reason if it has no scores.

    ``dicom_sr`` is a new folder for a structured report of each DICOM image.

    Raises:
        DataError: a path does not exist, or a Dataset has no files.
        OutputError: ``model`` is not the folder of a model, or the model is damaged; or ``dicom_sr`` exists.
        RadtlError: highdicom, which writes structured reports, is not installed.
    """
    if isinstance(images, Dataset):
        files = [source.path for source in _manifest(images).images]
        names: dict[str, Any] = {"row": range(len(files))}
    else:
        paths = [images] if isinstance(images, (str, os.PathLike)) else images
        files = image_files([Path(path).expanduser() for path in paths])
        names = {"path": [str(file) for file in files]}
    loaded = load_model(model)
    columns = target_of(loaded.card).score
    reporting = nullcontext(_report_nothing) if dicom_sr is None else structured_reports(loaded.card, dicom_sr)
    found: list[Score] = []
    with reporting as report, bars() as watch:
        for score in counted(scores_of(loaded, files), watch, "Scores", len(files)):
            found.append(score)
            report(len(found), score)
    none = (float("nan"),) * len(columns)
    scores = pd.DataFrame([one.scores or none for one in found], columns=list(columns))
    return (
        pd.DataFrame(names)
        .join(scores.astype(float))
        .assign(error=pd.Series([one.error for one in found], dtype=object))
    )


def _report_nothing(number: int, score: Score) -> None:
    """Write nothing: no structured reports were requested."""


def _manifest(data: Dataset) -> Manifest:
    """Return the table of files behind ``data``.

    Raises:
        DataError: it is a TFDS data set.
    """
    source = data.source
    if not isinstance(source, Manifest):
        raise DataError("a model is tested on a table of image files, not on a TFDS data set: use Dataset.from_csv.")
    return source
