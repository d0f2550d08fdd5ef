"""A pre-training without labels as frozen records: the keys of its source file (TOML)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from radtl_tf.errors import ExperimentError
from radtl_tf.records.experiment import Task
from radtl_tf.records.limits import Limits
from radtl_tf.records.pretraining import BackboneTraining, Source, Strict, check_source
from radtl_tf.records.reader import absolute_task, absolute_weights, read_toml, record_from

_OF_A_TABLE = ("patient", "path_column", "suffix", "encoding")
_OF_FILES = ("images", "patient_pattern", "depth")


@dataclass(frozen=True, kw_only=True)
class Films(Strict):
    """The films: a folder ``images``, the rows of a ``manifest``, or a built ``dataset``. Labels are not read.

    Patients are known from ``patient`` (a column of the manifest) or ``patient_pattern``; otherwise they are unknown.
    """

    images: Path | None = None
    manifest: Path | None = None
    dataset: str | None = None
    patient: str | None = None
    patient_pattern: Annotated[str, Limits(min_length=1)] | None = None
    path_column: Annotated[str, Limits(min_length=1)] | None = None
    suffix: Annotated[str, Limits(min_length=1)] | None = None
    encoding: Annotated[str, Limits(min_length=1)] | None = None
    depth: Annotated[int, Limits(ge=1, le=16)] | None = None

    @property
    def names_patients(self) -> bool:
        """Tell whether it is known who the patients are."""
        return bool(self.dataset or self.patient or self.patient_pattern)


@dataclass(frozen=True, kw_only=True)
class SelfSupervisedTraining(BackboneTraining):
    """How the backbone is trained; ``flip``: half of the views are mirrored, which hides the side of the body."""

    flip: bool = False


@dataclass(frozen=True, kw_only=True)
class SelfSupervised(Source):
    """The content of one source file: unlabeled films and the backbone that is trained on them."""

    data: Films
    training: SelfSupervisedTraining = SelfSupervisedTraining()


def read_self_supervised(path: Path) -> SelfSupervised:
    """Read the source file ``path``; paths in it are relative to the file, ``${NAME}`` is an environment variable.

    Raises:
        ExperimentError: the file is missing, not TOML, or not a source file of unlabeled films.
    """
    return read_toml(path, self_supervised_from)


def self_supervised_from(raw: dict[str, Any], folder: Path) -> SelfSupervised:
    """Return ``raw``, the content of a source file in ``folder``, as checked records with absolute paths.

    Raises:
        ExperimentError: a key is unknown, of another type, or contradicts another one.
    """
    if "task" in raw:
        raise ExperimentError(
            "[task] describes labels, which self-supervised pre-training never reads: name the films in [data]."
        )
    source = record_from(raw, SelfSupervised)
    _check_films(source.data)
    check_source(source)
    films = source.data
    located = absolute_task(Task(manifest=films.manifest, images=films.images, dataset=films.dataset), folder)
    films = replace(films, manifest=located.manifest, images=located.images, dataset=located.dataset)
    return replace(source, data=films, weights=absolute_weights(source.weights, folder))


def _check_films(films: Films) -> None:
    if bool(films.dataset) == bool(films.images or films.manifest):
        raise ExperimentError("[data] needs 'images' (a folder), 'manifest' (a table), or 'dataset' (a builder).")
    lost = () if films.manifest else (*_OF_A_TABLE, *(_OF_FILES if films.dataset else ()))
    for key in lost:
        if getattr(films, key) is not None:
            raise ExperimentError(f"data.{key} has no effect here, because [data] names no manifest: remove it.")
    if films.patient and films.patient_pattern:
        raise ExperimentError("data.patient and data.patient_pattern contradict each other: keep one of them.")
    try:
        re.compile(films.patient_pattern or "")
    except re.error as error:
        raise ExperimentError(f"data.patient_pattern is not a valid regular expression: {error}.") from error
