"""What ``experiment.json`` of an output folder says: the resolved experiment, its data, weights and surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from radtl_tf.errors import DataError, ExperimentError, OutputError
from radtl_tf.records.disk import read_json
from radtl_tf.records.experiment import Experiment, Unit
from radtl_tf.records.reader import validated
from radtl_tf.records.runs import Scenario, Target

FORMAT = 1
# What the experiments of earlier versions did where they say nothing, and a new experiment does otherwise.
_BEFORE: dict[str, dict[str, Any]] = {"folds": {"group_duplicates": False}, "task": {"depth": 16}}


@dataclass(frozen=True, kw_only=True)
class ClassCount:
    """How many images and patients have a class."""

    images: int
    patients: int


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """The radiographs of an experiment: ``sha256`` of the data set, numbers, classes, and what counts as one case."""

    sha256: str
    examples: int
    patients: int
    classes: tuple[str, ...]
    counts: dict[str, ClassCount]
    unit: Unit


@dataclass(frozen=True, kw_only=True)
class WeightsFacts:
    """Weights of one backbone that training started from; ``file`` and ``sha256`` are ``None`` where they are random.

    ``pixels`` is what they were fed with, ``native_pixels`` their own convention, ``alternative_pixels`` the other one
    that uncertain weights may have seen.
    """

    name: str
    backbone: str
    source: str
    pixels: str
    native_pixels: str
    alternative_pixels: str | None = None
    file: str | None = None
    sha256: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return what ``experiment.json`` and the card of a model say; only uncertain weights have an alternative."""
        record = asdict(self)
        return record if self.alternative_pixels else {k: v for k, v in record.items() if k != "alternative_pixels"}


@dataclass(frozen=True, kw_only=True)
class FindingFacts:
    """One finding of the data check: its code, ``error``, ``warning`` or ``info``, and the message."""

    code: str
    level: str
    message: str


@dataclass(frozen=True, kw_only=True)
class CheckFacts:
    """The data check before the first run: its findings, and the codes of those that the user accepted."""

    findings: tuple[FindingFacts, ...] = ()
    accepted: tuple[str, ...] = ()

    @property
    def warnings(self) -> list[str]:
        """The messages of the findings that warn."""
        return [finding.message for finding in self.findings if finding.level == "warning"]


@dataclass(frozen=True, kw_only=True)
class ExperimentFacts:
    """All of ``experiment.json``. ``check`` is ``None`` where the data were not checked.

    The paths in ``experiment`` are absolute; it has neither a manifest nor a data set where the data came from memory.
    ``versions`` are those of the packages and ``hardware`` is what the engine found, as they were recorded.
    """

    experiment: Experiment
    data: DataFacts
    folds_sha256: str
    weights: tuple[WeightsFacts, ...]
    versions: dict[str, str]
    hardware: dict[str, Any] = field(default_factory=dict)
    check: CheckFacts | None = None
    warnings: tuple[str, ...] = ()
    scenarios: tuple[Scenario, ...] = ()

    @property
    def target(self) -> Target:
        """What is predicted, and its columns."""
        return Target(self.experiment.task.kind, self.data.classes)


def read_facts(path: Path) -> ExperimentFacts:
    """Read ``experiment.json``; keys that an earlier version did not write get what that version did.

    Raises:
        OutputError: the file is missing or damaged.
        DataError: a newer version wrote it.
    """
    written = read_json(path)
    if not isinstance(written, dict):
        raise OutputError(f"{path}: damaged, it holds no experiment. Restore the file.")
    by = f"written by radtl_tf {_version(written)}"
    if written.get("format") != FORMAT:
        format_ = written.get("format")
        raise DataError(
            f"{path}: {by} in format {format_!r}, but this version reads format {FORMAT}. Use that version."
        )
    try:
        scenarios = tuple(Scenario.from_dict(row) for row in written["scenarios"])
        experiment = _completed(written["experiment"])
        return validated({**written, "experiment": experiment, "scenarios": scenarios}, ExperimentFacts)
    except ExperimentError as error:
        raise DataError(f"{path}: {by}, and this version cannot read it: {error}") from error
    except (KeyError, TypeError) as error:
        raise OutputError(f"{path}: damaged, {error} is missing or wrong. Restore the file.") from error


def _version(written: Mapping[str, Any]) -> str:
    versions = written.get("versions")
    return str(versions.get("radtl_tf", "?")) if isinstance(versions, dict) else "?"


def _completed(experiment: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recorded experiment with what its version did without saying so."""
    return {**experiment, **{table: {**keys, **experiment.get(table, {})} for table, keys in _BEFORE.items()}}
