"""A pre-training as frozen records: the keys of its source file (TOML), and the sidecar of its weights file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from radtl_tf.errors import ExperimentError
from radtl_tf.records.disk import read_json
from radtl_tf.records.experiment import Augmentation, Precision, Resize, Task, WeightsEntry
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.limits import Limits
from radtl_tf.records.reader import absolute_task, absolute_weights, as_dict, read_toml, record_from
from radtl_tf.records.task_rules import check_task

SIDECAR_FORMAT = 1


class Strict:
    """A record that forbids unknown keys."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class SourceModel(Strict):
    """The backbone, its initial weights (``random`` or a name), and the pixel convention of its images."""

    backbone: str
    weights: str = "random"
    pixels: str = "native"


@dataclass(frozen=True, kw_only=True)
class BackboneTraining(Strict):
    """How a whole backbone is trained, with or without labels."""

    image_size: Annotated[int, Limits(ge=32, le=2048)] = 224
    resize: Resize = "pad"
    batch_size: Annotated[int, Limits(ge=2)] = 32  # batch normalization needs two images
    epochs: Annotated[int, Limits(ge=1)] = 30
    learning_rate: Annotated[float, Limits(gt=0)] = 1e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    precision: Precision = "auto"
    determinism: Literal["off", "seeded", "strict"] = "seeded"


@dataclass(frozen=True, kw_only=True)
class SourceTraining(BackboneTraining):
    """How the backbone is trained; ``validation`` is the share of patients (not images) that is held out."""

    augmentation: Augmentation = "none"
    validation: Annotated[float, Limits(ge=0, le=0.5)] = 0.1
    class_weights: Literal["none", "balanced"] = "none"


@dataclass(frozen=True, kw_only=True)
class Rights(Strict):
    """What users of the file must know: the license of the weights and what to cite."""

    license: Annotated[str, Limits(min_length=1)]
    citation: str = ""


@dataclass(frozen=True, kw_only=True)
class Source(Strict):
    """What every source file has: a name, the backbone and its start, the rights to the result."""

    name: Annotated[str, Limits(min_length=1)]
    model: SourceModel
    record: Rights
    seed: Annotated[int, Limits(ge=0, lt=2**31)] = 726
    note: str = ""
    weights: dict[str, WeightsEntry] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Pretraining(Source):
    """The content of one source file: a source task and the backbone that is trained on it."""

    task: Task
    training: SourceTraining = SourceTraining()


def read_pretraining(path: Path) -> Pretraining:
    """Read the source file ``path``; paths in it are relative to the file, ``${NAME}`` is an environment variable.

    Raises:
        ExperimentError: the file is missing, not TOML, or not a valid source file.
    """
    return read_toml(path, pretraining_from)


def pretraining_from(raw: dict[str, Any], folder: Path) -> Pretraining:
    """Return ``raw``, the content of a source file in ``folder``, as checked records with absolute paths."""
    if "data" in raw and "task" not in raw:
        raise ExperimentError(
            "[data] without [task] is only valid for self-supervised pre-training: ask for that, or write a [task]."
        )
    pretraining = record_from(raw, Pretraining)
    check_task(pretraining.task)
    if pretraining.task.kind in ("regression", "ordinal"):
        raise ExperimentError(
            f"task.kind = {pretraining.task.kind!r}, but pre-training needs classes: use 'binary', 'multiclass' or "
            "'multilabel'."
        )
    check_source(pretraining)
    task, weights = absolute_task(pretraining.task, folder), absolute_weights(pretraining.weights, folder)
    return replace(pretraining, task=task, weights=weights)


def check_source(source: Source) -> None:
    """Refuse weights without a network, and a name that does not fit on a line.

    Raises:
        ExperimentError: one of them was found.
    """
    for name, entry in source.weights.items():
        if entry.embeddings:
            raise ExperimentError(f"[weights.{name}] has embeddings, but pre-training needs a network: remove it.")
    if not source.name.isprintable():
        raise ExperimentError("'name' contains a line break or another control character: remove it.")


def portable(source: Source) -> dict[str, Any]:
    """Return the source file as plain values, with each path reduced to its file name."""
    key = "task" if isinstance(source, Pretraining) else "data"
    data = getattr(source, key)
    weights = {
        name: replace(entry, files={backbone: Path(path.name) for backbone, path in entry.files.items()})
        for name, entry in source.weights.items()
    }
    short = replace(data, manifest=_name(data.manifest), images=_name(data.images))
    return as_dict(source) | {key: as_dict(short), "weights": {name: as_dict(one) for name, one in weights.items()}}


def _name(path: Path | None) -> Path | None:
    return None if path is None else Path(path.name)


@dataclass(frozen=True)
class Place:
    """The files of one pre-training, all next to the weights file ``weights``, which is written last."""

    weights: Path

    @property
    def sidecar(self) -> Path:
        """The record of how the weights file was made."""
        return self.weights.with_name(f"{self.weights.name}.json")

    @property
    def work(self) -> Path:
        """The folder from which a stopped pre-training resumes."""
        return self.weights.with_name(f"{self.weights.name}.work")

    @property
    def files(self) -> OutputFolder:
        """The files in ``work`` that an experiment also has: the record, the data set, TensorBoard's events."""
        return OutputFolder(self.work)

    @property
    def complete(self) -> Path:
        """The finished weights before they get their final name."""
        return self.work / "weights.h5"


def read_sidecar(weights: Path) -> dict[str, Any] | None:
    """Return the record next to a weights file made by ``radtl pretrain``, or None without a record.

    Raises:
        OutputError: the record is damaged.
    """
    file = Place(weights).sidecar
    return read_json(file) if file.is_file() else None
