"""Read a user's TOML file into its records, or raise a one-line error that says what is wrong."""

from __future__ import annotations

import os
import re
import tomllib
import types
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from radtl_tf.errors import ExperimentError, nearest
from radtl_tf.places import shipped
from radtl_tf.records.experiment import (
    Experiment,
    Task,
    WeightsEntry,
)
from radtl_tf.records.experiment_rules import check_experiment, check_metric
from radtl_tf.records.plain_text import normal_text

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_Record = TypeVar("_Record")
_UNION_TAGS = ("str", "tuple[str, ...]", "constrained-int")  # names that pydantic gives to the members of a union
_UNKNOWN_KEY = ("unexpected_keyword_argument", "extra_forbidden")


def read_experiment(path: Path) -> Experiment:
    """Read the experiment file ``path``.

    Paths in it are relative to the file; ``${NAME}`` is replaced by an environment variable.

    Raises:
        ExperimentError: the file is missing, not TOML, or not a valid experiment.
    """
    return read_toml(path, experiment_from)


def read_toml(path: Path, read: Callable[[dict[str, Any], Path], _Record]) -> _Record:
    """Return ``read(content, folder)`` of the TOML file ``path``; errors start with the path.

    Raises:
        ExperimentError: the file is missing or not TOML, or ``read`` raises.
    """
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except OSError as error:
        raise ExperimentError(f"{path}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ExperimentError(f"{path}: not a TOML file: {error}.") from error
    try:
        return read(raw, path.parent)
    except ExperimentError as error:
        raise ExperimentError(f"{path}: {error}") from error


def experiment_from(raw: dict[str, Any], folder: Path) -> Experiment:
    """Return ``raw``, the content of an experiment file in ``folder``, as checked records with absolute paths."""
    experiment = _with_first_size(record_from(raw, Experiment), "image_size" in (raw.get("training") or {}))
    check_experiment(experiment)
    check_metric(experiment, "margin" in (raw.get("question") or {}))
    task, weights = absolute_task(experiment.task, folder), absolute_weights(experiment.weights, folder)
    return replace(experiment, task=task, weights=weights)


def _with_first_size(experiment: Experiment, names_size: bool) -> Experiment:
    """Return the experiment with the first of ``grid.image_sizes``, if there are any, as ``training.image_size``."""
    sizes = experiment.grid.image_sizes
    if sizes and names_size:
        raise ExperimentError("grid.image_sizes and training.image_size contradict each other: keep one of them.")
    return replace(experiment, training=replace(experiment.training, image_size=sizes[0])) if sizes else experiment


def record_from(raw: dict[str, Any], record: type[_Record]) -> _Record:
    """Return ``raw`` as the frozen dataclass ``record``, with environment variables replaced and types checked.

    Raises:
        ExperimentError: names the first error; for an unknown key, also the nearest known key.
    """
    return validated(_expanded(raw), record)


def validated(raw: dict[str, Any], record: type[_Record]) -> _Record:
    """Return ``raw`` as the frozen dataclass ``record``, with types and ranges checked and text unchanged.

    Raises:
        ExperimentError: as ``record_from``.
    """
    try:
        return TypeAdapter(record).validate_python(raw)
    except ValidationError as error:
        raise ExperimentError(_one_line(_most_telling(error.errors()), record)) from error


def as_dict(record: Any) -> dict[str, Any]:
    """Return a record as plain JSON values: tuples become lists, and paths become strings."""
    return typing.cast(dict[str, Any], TypeAdapter(type(record)).dump_python(record, mode="json"))


def _expanded(value: Any) -> Any:
    """Replace ``${NAME}`` in every text of a nested structure."""
    if isinstance(value, dict):
        return {key: _expanded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_expanded(item) for item in value]
    return _VARIABLE.sub(_variable, value) if isinstance(value, str) else value


def _variable(match: re.Match[str]) -> str:
    value = os.environ.get(match[1])
    if value is None:
        raise ExperimentError(f"the environment variable {match[1]} is not set: set it or replace {match[0]}.")
    # A relative path in a variable is relative to the working folder, not to the experiment file.
    is_relative_path = value.startswith(".") and Path(value).exists()
    return os.path.abspath(value) if is_relative_path else value


def _most_telling(details: list[ErrorDetails]) -> ErrorDetails:
    """Return the error to report: an unknown key first, because a misspelled key is also reported as missing."""
    return min(details, key=lambda detail: detail["type"] not in _UNKNOWN_KEY)


def _one_line(detail: ErrorDetails, record: type) -> str:
    """Return our own one-line message for an error of pydantic."""
    place = ".".join(str(part) for part in detail["loc"] if part not in _UNION_TAGS)
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    match detail["type"]:
        case kind if kind in _UNKNOWN_KEY:
            return f"unknown key {place!r}{nearest(key, _known_keys(detail['loc'][:-1], record))}."
        case "missing" | "missing_argument" | "missing_keyword_only_argument":
            return f"{place!r} is missing: add it."
        case "literal_error":
            expected = detail["ctx"]["expected"]
            return (
                f"{place} = {detail['input']!r}{nearest(str(detail['input']), _quoted(expected))}; expected {expected}."
            )
        case "value_error":
            return f"{place} = {detail['input']!r} is not valid: {detail['ctx']['error']}."
        case kind if kind.startswith(("greater", "less")):
            return f"{place} = {detail['input']!r} is out of range: it must be {_bound(detail)}."
        case kind:
            wanted = kind.removesuffix("_type").removesuffix("_parsing").replace("_", " ")
            return f"{place} = {detail['input']!r} is not valid here ({wanted})."


def _quoted(expected: str) -> list[str]:
    return re.findall(r"'([^']*)'", expected)


def _bound(detail: ErrorDetails) -> str:
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    return " and ".join(f"{words[name]} {value}" for name, value in detail["ctx"].items() if name in words)


def _known_keys(location: tuple[int | str, ...], record: Any) -> list[str]:
    """Return the keys that are valid at ``location`` in ``record``, from the annotations of the records."""
    for part in location:
        if isinstance(part, str) and is_dataclass(record):
            record = typing.get_type_hints(record).get(part)
        else:
            record = typing.get_args(record)[-1 if isinstance(part, str) else 0]
        if isinstance(record, types.UnionType):
            record = typing.get_args(record)[0]
    return [field.name for field in fields(record)] if is_dataclass(record) else []


def normal_task(task: Task) -> Task:
    """Return the task with the names of classes and columns in the form in which tables are read."""
    label = normal_text(task.label) if isinstance(task.label, str) else tuple(map(normal_text, task.label))
    return replace(
        task,
        label=label,
        classes=tuple(map(normal_text, task.classes)),
        positive=task.positive and normal_text(task.positive),
        patient=task.patient and normal_text(task.patient),
        path_column=task.path_column and normal_text(task.path_column),
        columns={name: normal_text(column) for name, column in task.columns.items()},
    )


def absolute_task(task: Task, folder: Path) -> Task:
    """Return the task with absolute paths, relative ones being relative to ``folder``, and names in normal form."""
    task = normal_task(task)
    manifest, images = (None if path is None else _anchored(path, folder) for path in (task.manifest, task.images))
    return replace(task, manifest=manifest, images=images, dataset=_anchored_dataset(task.dataset, folder))


def absolute_weights(entries: dict[str, WeightsEntry], folder: Path) -> dict[str, WeightsEntry]:
    """Return declared weights with absolute paths; relative ones are relative to ``folder``."""
    return {
        name: replace(
            entry,
            files={backbone: _anchored(path, folder) for backbone, path in entry.files.items()},
            embeddings=entry.embeddings and _anchored(entry.embeddings, folder),
        )
        for name, entry in entries.items()
    }


def _anchored_dataset(dataset: str | None, folder: Path) -> str | None:
    """Return the absolute path of a builder's folder, or the unchanged name of a shipped data set (with config)."""
    name, divider, _ = (dataset or "").partition("/")
    if dataset is None or not divider or (name.isidentifier() and (shipped("datasets") / name).is_dir()):
        return dataset
    return str(_anchored(Path(dataset), folder))


def _anchored(path: Path, folder: Path) -> Path:
    return (folder / path.expanduser()).resolve()
