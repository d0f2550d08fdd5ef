"""From the arguments of ``radtl_tf.compare`` to an Experiment and its data."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.data.patient_folds import PatientFolds
from radtl_tf.library.data.task import without_source
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.reader import as_dict, experiment_from

if TYPE_CHECKING:
    import pandas as pd

File = str | os.PathLike[str]
# Names; or by name None (the name says all), or a file (a file per backbone) and its pixel convention.
WeightsArgument = Sequence[str] | Mapping[str, tuple[File | Mapping[str, File], str] | None]
_PLACEHOLDER = "DataFrame"  # an experiment from a file needs a manifest; this one is given its data


@dataclass(frozen=True)
class Asked:
    """The arguments of ``compare`` beside the data, as they were given."""

    weights: WeightsArgument
    backbones: Sequence[str]
    cv: PatientFolds | int
    margin: float
    tunings: Sequence[str]
    learning_rates: Sequence[float]
    epochs: int
    image_size: int
    batch_size: int
    seed: int
    name: str


def dataset_from(data: Dataset | pd.DataFrame, **columns: Any) -> Dataset:
    """Return ``data``, or the Dataset that a DataFrame becomes; ``columns`` say what its columns are.

    Raises:
        DataError: the table is wrong, or ``data`` is neither.
        ExperimentError: ``columns`` are given for a Dataset, which has its own.
    """
    given = {name: value for name, value in columns.items() if value is not None}
    if not isinstance(data, Dataset):
        return Dataset.from_frame(data, **given)
    if given:
        raise ExperimentError(f"{next(iter(given))} is only valid for a DataFrame: a Dataset has its own. Remove it.")
    return data


def experiment_of(data: Dataset, asked: Asked) -> Experiment:
    """Return the experiment that compares the first two weights on ``data``.

    Raises:
        ExperimentError: a value is out of range, unknown, or contradicts another one.
    """
    names = list(asked.weights)
    folds = asked.cv if isinstance(asked.cv, PatientFolds) else PatientFolds(asked.cv, seed=asked.seed)
    content = {
        "name": asked.name,
        "seed": folds.seed,
        "task": {**as_dict(data.task), **({} if _is_named(data) else {"manifest": _PLACEHOLDER})},
        "question": {"compare": names[:2], "margin": asked.margin} if len(names) > 1 else None,
        "folds": {"count": folds.count, "repeats": folds.repeats, "inner": folds.inner},
        "grid": {
            "backbones": list(asked.backbones),
            "weights": names,
            "tunings": [{**_mode(tuning), "learning_rates": list(asked.learning_rates)} for tuning in asked.tunings],
        },
        "weights": _declared(asked.weights, asked.backbones),
        "training": {"epochs": asked.epochs, "image_size": asked.image_size, "batch_size": asked.batch_size},
    }
    experiment = experiment_from(content, Path.cwd())
    return experiment if _is_named(data) else replace(experiment, task=without_source(experiment.task))


def source_of(data: Dataset) -> Any:
    """Return what the experiment reads: ``None`` where its task names the data, else the data themselves.

    Raises:
        DataError: it is a part of a TFDS data set.
    """
    return None if _is_named(data) else data.source


def _is_named(data: Dataset) -> bool:
    return data.task.manifest is not None or data.task.dataset is not None


def _mode(tuning: str) -> dict[str, Any]:
    """Return a tuning as an experiment file says it: ``topK25`` has its number apart."""
    match = re.fullmatch(r"topK(\d+)", tuning)
    return {"mode": "topK", "layers": int(match[1])} if match else {"mode": tuning}


def _declared(weights: WeightsArgument, backbones: Sequence[str]) -> dict[str, Any]:
    """Return the weights that are given by file, as an experiment file declares them."""
    if not isinstance(weights, Mapping):
        return {}
    return {name: _entry(name, given, backbones) for name, given in weights.items() if given is not None}


def _entry(name: str, given: Any, backbones: Sequence[str]) -> dict[str, Any]:
    if not isinstance(given, tuple) or len(given) != 2:
        raise DataError(f"weights[{name!r}] must be None or (file, pixel convention), not {given!r}.")
    files, pixels = given
    if not isinstance(files, Mapping):
        if len(backbones) > 1:
            raise ExperimentError(f"weights[{name!r}] is one file for {len(backbones)} backbones: give one for each.")
        files = {backbones[0]: files}
    paths = {backbone: str(Path(file).expanduser().resolve()) for backbone, file in files.items()}
    return {"files": paths, "pixels": pixels}
