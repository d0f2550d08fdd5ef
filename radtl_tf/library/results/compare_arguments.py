"""Turn the arguments of ``radtl_tf.compare`` into an Experiment and its data."""

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radtl_tf.data.embeddings.matching import row_name
from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.data.patient_folds import PatientFolds
from radtl_tf.library.data.task import without_source
from radtl_tf.library.read_embeddings import embeddings_of
from radtl_tf.records.disk import write_bytes
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.reader import as_dict, experiment_from

if TYPE_CHECKING:
    import pandas as pd

File = str | os.PathLike[str]
# Names; or a mapping from names to None (a known name) or to a file (or a file per backbone) and a pixel convention.
WeightsArgument = Sequence[str] | Mapping[str, tuple[File | Mapping[str, File], str] | None]
_BACKBONE = "ResNet50"  # if none is given
_PLACEHOLDER = "DataFrame"  # the task needs a manifest's name, although the data come from memory


@dataclass(frozen=True)
class Asked:
    """The arguments of ``compare`` except the data, as given; ``training`` are keys of that section of the file."""

    weights: WeightsArgument
    backbones: Sequence[str] | None
    tunings: Sequence[str]
    learning_rates: Sequence[float]
    training: Mapping[str, int | str]
    cv: PatientFolds | int
    margin: float | None
    seed: int
    name: str
    features: Mapping[str, Path] = field(default_factory=dict)  # files of embeddings by name

    @property
    def networks(self) -> Sequence[str]:
        """Return the backbones: as given, or one if there are weights for it."""
        if self.backbones is not None:
            return self.backbones
        return (_BACKBONE,) if self.weights else ()


def features_of(
    data: Dataset, features: Mapping[str, ArrayLike | File] | None, taken: Collection[str], folder: Path
) -> dict[str, Path]:
    """Return a file of embeddings for each name of ``features``.

    An array, and a file for data that no experiment file could name, is written to ``folder`` in the order of ``data``,
    under a name that is its content.

    Raises:
        DataError: an array is not (N, C), or a file does not fit the images.
        ExperimentError: a name is among the names ``taken`` by weights.
        OutputError: ``folder`` cannot be written.
    """
    files = {}
    for name, given in (features or {}).items():
        if name in taken:
            raise ExperimentError(f"{name!r} is in weights and in features: give it another name in one of them.")
        if isinstance(given, (str, os.PathLike)):
            path = Path(given).expanduser().resolve()
            files[name] = path if _is_named(data) else _written(embeddings_of(data, path), folder)
        else:
            files[name] = _written(vectors_from(name, given, len(data)), folder)
    return files


def vectors_from(name: str, given: ArrayLike, number: int) -> NDArray[np.float32]:
    """Return the embeddings of ``features`` called ``name`` as (N, C) float32, for ``number`` images.

    Raises:
        DataError: it is not such an array.
    """
    try:
        values = np.asarray(given, np.float32)
    except (TypeError, ValueError):
        raise DataError(
            f"features[{name!r}] must be a file or an array of numbers, not {type(given).__name__}."
        ) from None
    if values.ndim != 2 or len(values) != number:
        raise DataError(
            f"features[{name!r}] has the shape {values.shape}; expected ({number}, C): one vector per image, in the "
            "order of the data."
        )
    return values


def _written(values: NDArray[np.float32], folder: Path) -> Path:
    """Write vectors in the order of the images; return their file, whose name is their content."""
    with io.BytesIO() as file:
        np.savez(file, names=np.array(list(map(row_name, range(len(values))))), vectors=values)
        content = file.getvalue()
    path = folder / f"embeddings-{hashlib.sha256(content).hexdigest()[:16]}.npz"
    if not path.is_file() or path.read_bytes() != content:
        write_bytes(path, content)
    return path.resolve()


def dataset_from(data: Dataset | pd.DataFrame, **columns: Any) -> Dataset:
    """Return ``data`` as a Dataset; ``columns`` says what the columns of a DataFrame mean.

    Raises:
        DataError: the table is wrong, or ``data`` is neither.
        ExperimentError: ``columns`` is given with a Dataset, which has its own.
    """
    given = {name: value for name, value in columns.items() if value is not None}
    if not isinstance(data, Dataset):
        return Dataset.from_frame(data, **given)
    if given:
        raise ExperimentError(f"{next(iter(given))} is only valid with a DataFrame; a Dataset has its own. Remove it.")
    return data


def experiment_of(data: Dataset, asked: Asked) -> Experiment:
    """Return the experiment that compares the first two weights on ``data``.

    Raises:
        ExperimentError: a value is out of range, unknown, or contradicts another one.
    """
    names = [*asked.weights, *asked.features]
    folds = asked.cv if isinstance(asked.cv, PatientFolds) else PatientFolds(asked.cv, seed=asked.seed)
    content = {
        "name": asked.name,
        "seed": folds.seed,
        "task": {**as_dict(data.task), **({} if _is_named(data) else {"manifest": _PLACEHOLDER})},
        "question": _question(names, data.task.kind, asked.margin),
        "folds": {"count": folds.count, "repeats": folds.repeats, "inner": folds.inner},
        "grid": {
            "backbones": list(asked.networks),
            "weights": names,
            "tunings": [{**_mode(tuning), "learning_rates": list(asked.learning_rates)} for tuning in asked.tunings],
        },
        "weights": _declared(asked.weights, asked.networks)
        | {name: {"embeddings": str(file)} for name, file in asked.features.items()},
        "training": dict(asked.training),
    }
    experiment = experiment_from(content, Path.cwd())
    return experiment if _is_named(data) else replace(experiment, task=without_source(experiment.task))


def _question(names: Sequence[str], kind: str, margin: float | None) -> dict[str, Any] | None:
    """Return the question about the first two weights, whose margin has a default for an AUROC only."""
    if len(names) < 2:
        return None
    metric = {"metric": "mae"} if kind == "regression" else {}
    return {"compare": list(names[:2]), **metric, **({} if margin is None else {"margin": margin})}


def source_of(data: Dataset) -> Any:
    """Return the data of the experiment, or ``None`` if its task names them.

    Raises:
        DataError: it is a part of a TFDS data set.
    """
    return None if _is_named(data) else data.source


def _is_named(data: Dataset) -> bool:
    return data.task.manifest is not None or data.task.dataset is not None


def _mode(tuning: str) -> dict[str, Any]:
    """Return a tuning as in an experiment file, where ``topK25`` is a mode and a number of layers."""
    match = re.fullmatch(r"topK(\d+)", tuning)
    return {"mode": "topK", "layers": int(match[1])} if match else {"mode": tuning}


def _declared(weights: WeightsArgument, backbones: Sequence[str]) -> dict[str, Any]:
    """Return the declarations, as in an experiment file, of weights given by file."""
    if not isinstance(weights, Mapping):
        return {}
    return {name: _entry(name, given, backbones) for name, given in weights.items() if given is not None}


def _entry(name: str, given: Any, backbones: Sequence[str]) -> dict[str, Any]:
    if not isinstance(given, tuple) or len(given) != 2:
        raise DataError(f"weights[{name!r}] must be None or (file, pixel convention), not {given!r}.")
    files, pixels = given
    if not isinstance(files, Mapping):
        if len(backbones) > 1:
            raise ExperimentError(
                f"weights[{name!r}] is one file for {len(backbones)} backbones: give one file per backbone."
            )
        files = {backbones[0]: files}
    paths = {backbone: str(Path(file).expanduser().resolve()) for backbone, file in files.items()}
    return {"files": paths, "pixels": pixels}
