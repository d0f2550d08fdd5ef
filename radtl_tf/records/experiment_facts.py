"""Read ``experiment.json`` of an output folder: the resolved experiment, its data, weights, versions and hardware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from radtl_tf.errors import DataError, ExperimentError, OutputError
from radtl_tf.records.disk import write_json
from radtl_tf.records.experiment import Experiment, Unit
from radtl_tf.records.integrity.sealed_json import intact_object, sealed
from radtl_tf.records.reader import validated
from radtl_tf.records.runs import Scenario, Target

FORMAT = 1
# The behavior of earlier versions for keys that they did not write and whose default has changed.
EARLIER_DEFAULTS: dict[str, dict[str, Any]] = {
    "folds": {"group_duplicates": False},
    "task": {"missing": "refuse", "uncertain": "refuse"},
}
# Earlier versions took every image as it is stored. Their folders can still be resumed, because the data's sha256 tells
# whether the pixels of today's default differ.
_DEPTH_AS_STORED = {"task": {"depth": 16}}


@dataclass(frozen=True, kw_only=True)
class ClassCount:
    """The numbers of images and patients of a class."""

    images: int
    patients: int


@dataclass(frozen=True, kw_only=True)
class NumberFacts:
    """The numbers of a regression over the images, in the unit of the label; the SD divides by their count."""

    mean: float
    sd: float
    min: float
    max: float


@dataclass(frozen=True, kw_only=True)
class UnknownFacts:
    """Labels that the table does not give: how many are ``missing`` and ``uncertain`` in each column.

    ``left_out`` is the number of rows that were left out because none of their labels is known.
    """

    missing: dict[str, int] = field(default_factory=dict)
    uncertain: dict[str, int] = field(default_factory=dict)
    left_out: int = 0


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """The data of an experiment: ``sha256`` of the data set, counts, classes, and the unit that counts as one case.

    ``unknown`` is ``None`` if the table gives every label. A regression has ``numbers`` and no classes.
    """

    sha256: str
    examples: int
    patients: int
    classes: tuple[str, ...]
    counts: dict[str, ClassCount]
    unit: Unit
    unknown: UnknownFacts | None = None
    numbers: NumberFacts | None = None


@dataclass(frozen=True, kw_only=True)
class WeightsFacts:
    """The starting weights of one backbone; ``file`` and ``sha256`` are ``None`` for random weights.

    ``pixels`` is the convention used in training, ``native_pixels`` the convention of the weights, and
    ``alternative_pixels`` the other possible one if it is uncertain which of two the weights were pre-trained with.
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
        """Return the entry for ``experiment.json`` and model cards; only uncertain weights have an alternative."""
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
    """The data check before the first run: its findings, and the codes of the findings that the user accepted."""

    findings: tuple[FindingFacts, ...] = ()
    accepted: tuple[str, ...] = ()

    @property
    def warnings(self) -> list[str]:
        """The messages of the warnings."""
        return [finding.message for finding in self.findings if finding.level == "warning"]


@dataclass(frozen=True, kw_only=True)
class ChangeFacts:
    """A setting that was changed after the first finished run: the date (UTC, ISO 8601), and what changed."""

    date: str
    what: str


@dataclass(frozen=True, kw_only=True)
class ExperimentFacts:
    """The content of ``experiment.json``. ``check`` is ``None`` if the data were not checked.

    The paths in ``experiment`` are absolute; it has neither a manifest nor a data set if the data came from memory.
    ``versions`` are the recorded versions of the packages, and ``hardware`` is what the engine found. ``fixed_since``
    is the date (UTC, ISO 8601) of the plan: from the first finished run on, its question and its runs cannot change in
    the folder. ``changes`` lists what was changed after that: settings of the evaluation and accepted warnings.
    ``linked`` are the groups of patients (keyed hashes) who share an image and were kept together; ``None`` if they
    were not joined. Earlier versions wrote none of the three.
    """

    experiment: Experiment
    data: DataFacts
    folds_sha256: str
    weights: tuple[WeightsFacts, ...]
    versions: dict[str, str]
    hardware: dict[str, Any] = field(default_factory=dict)
    check: CheckFacts | None = None
    warnings: tuple[str, ...] = ()
    fixed_since: str | None = None
    scenarios: tuple[Scenario, ...] = ()
    linked: tuple[tuple[str, ...], ...] | None = None
    changes: tuple[ChangeFacts, ...] = ()

    @property
    def target(self) -> Target:
        """The target: the classes to predict and the columns of their scores."""
        return Target(self.experiment.task.kind, self.data.classes)


def read_facts(path: Path) -> ExperimentFacts:
    """Read ``experiment.json``; a key that an earlier version did not write gets the behavior of that version.

    Raises:
        OutputError: the file is missing or damaged.
        DataError: a newer version wrote it.
    """
    written = read_written(path)
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
        raise OutputError(f"{path} is damaged: {error} is missing or wrong. Restore the file.") from error


def read_written(path: Path) -> dict[str, Any]:
    """Read ``experiment.json`` as it is written, whatever version wrote it.

    Raises:
        OutputError: the file is missing, damaged or edited.
    """
    if not path.exists():
        raise OutputError(f"{path}: cannot be read (No such file or directory).")
    written = intact_object(path)
    if written is None:
        raise OutputError(
            f"{path} is damaged or was changed. Run the experiment again with its experiment file: it writes this file "
            "again and keeps the finished runs."
        )
    return written


def write_facts(path: Path, record: Mapping[str, Any]) -> None:
    """Write ``record`` as ``experiment.json`` with its checksum.

    Raises:
        OutputError: the file cannot be written.
    """
    write_json(path, sealed(record))


def _version(written: Mapping[str, Any]) -> str:
    versions = written.get("versions")
    return str(versions.get("radtl_tf", "?")) if isinstance(versions, dict) else "?"


def _completed(experiment: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recorded experiment, with the behavior of its version for keys that it did not write."""
    completed = dict(experiment)
    for earlier in (EARLIER_DEFAULTS, _DEPTH_AS_STORED):
        completed |= {table: {**keys, **completed.get(table, {})} for table, keys in earlier.items()}
    return completed
