"""Prepare the data of an experiment: read, check, keep patients who share an image in one fold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import tensorflow_datasets as tfds

from radtl_tf.data.check.check_source import repaired
from radtl_tf.data.check.dominant_patient import cause_in
from radtl_tf.data.check.findings import Checked, Examined, Finding, check_accepted
from radtl_tf.data.check.rules import check, linked_cases
from radtl_tf.data.decoding.metadata_values import METADATA
from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.duplicates.copies import Copies
from radtl_tf.data.embeddings.matching import ImageNames
from radtl_tf.data.folds.draw import Fold, draw_folds
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.reader import Manifest, manifest_of
from radtl_tf.data.manifest.rows import cases_of, labelled
from radtl_tf.data.tfds.builders import (
    build_manifest,
    build_named,
    cases_from,
    examined_from,
    examined_with,
    fingerprint,
)
from radtl_tf.data.tfds.damaged_data_sets import read_intact
from radtl_tf.errors import DataError
from radtl_tf.experiment.integrity.patient_key_file import checked_key
from radtl_tf.experiment.plan.known_intake import KnownIntake, Readings, intake_key, known_intake, remember_intake
from radtl_tf.logs import get_logger
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder
from radtl_tf.training.features.feature_key import images_hash

_log = get_logger(__name__)


Source: TypeAlias = Manifest | tfds.core.DatasetBuilder | None  # data from memory; None: what the task names


@dataclass(frozen=True)
class _Given:
    """The data of an experiment before its images are read: the way to build its data set, and to read that.

    ``folds`` are drawn as if no two patients shared an image. ``manifest`` is ``None`` for a data set.
    """

    cases: Cases
    folds: list[Fold]
    build: Callable[[], tfds.core.DatasetBuilder]
    read: Callable[[tfds.core.DatasetBuilder], list[Examined]]
    manifest: Manifest | None = None

    @property
    def known(self) -> tuple[Finding, ...]:
        """Return the findings about the table."""
        return () if self.manifest is None else repaired(self.manifest)

    @property
    def names(self) -> ImageNames:
        """Return the names by which embeddings may know the images."""
        rows, manifest = self.cases.examples.tolist(), self.manifest
        if manifest is None:
            return ImageNames(None, rows)
        return ImageNames(manifest.paths, rows, has_all_rows=not manifest.left_out)

    def readings(self) -> list[Reading]:
        """Return the reading of each image."""
        return [image.reading for image in read_intact(self.build, self.read)[1]]


@dataclass(frozen=True)
class Intake:
    """The data of an experiment: cases, folds, TFDS data set, the reading of each image, and the check's findings.

    ``sha256`` is the fingerprint of the data set. ``build`` builds the data set again if it is damaged. ``names`` are
    the names by which embeddings may know the images.
    """

    cases: Cases
    folds: list[Fold]
    builder: tfds.core.DatasetBuilder
    sha256: str
    readings: Readings
    known: KnownIntake
    build: Callable[[], tfds.core.DatasetBuilder]
    names: ImageNames

    def warnings(self, accepted: Sequence[str]) -> list[str]:
        """Return the warnings of the data check that are not in ``accepted``."""
        return [
            f"Data check, {finding.code}: {finding.message}"
            for finding in self.known.findings
            if finding.level == "warning" and finding.code not in accepted
        ]


def take_in(
    experiment: Experiment, folder: OutputFolder, accepted: Sequence[str] = (), source: Source = None
) -> Intake:
    """Turn ``source``, or what the task names, into cases, folds and a TFDS data set, and check it.

    Folds are drawn before the pixels are read, and drawn again only if patients share an image. ``accepted`` lists
    the codes of the warnings that the user has accepted. What the check found in an earlier call is used again.

    Raises:
        DataError: the data are wrong, or the check finds an error.
    """
    check_accepted(tuple(accepted))
    given = experiment.task.dataset if source is None else source
    if given is None or isinstance(given, Manifest):
        data = _of_manifest(experiment, folder, given)
    else:
        data = _of_data_set(experiment, folder, given)
    builder = data.build()
    readings = Readings(len(data.cases.truth), data.readings)
    known = known_intake(folder, intake_key(experiment, builder, data.manifest))
    if known is None:
        builder, known, readings = _checked(experiment, data)
        sha256 = fingerprint(builder)
        remember_intake(folder, intake_key(experiment, builder, data.manifest), known)
    else:
        sha256 = fingerprint(builder)
    cases, folds = data.cases, data.folds
    if known.linked is not None:
        cases = replace(cases, linked=known.linked)
        folds = _folds(cases, experiment)
    return Intake(cases, folds, builder, sha256, readings, known, data.build, data.names)


def _checked(experiment: Experiment, data: _Given) -> tuple[tfds.core.DatasetBuilder, KnownIntake, Readings]:
    """Read the images and check them; a damaged data set is built once more.

    Raises:
        DataError: the check finds an error.
    """
    builder, images = read_intact(data.build, data.read)
    readings = [image.reading for image in images]
    copies, cases = Copies(readings), data.cases
    folds: list[Fold] | None = data.folds
    linked = linked_cases(images, copies) if experiment.folds.group_duplicates else None
    if linked is not None:
        cases, folds = replace(cases, linked=linked), None
    plan, seed = experiment.folds, experiment.seed
    checked = check(images, cases=cases, plan=plan, seed=seed, folds=folds, known=data.known, copies=copies)
    _refuse_errors(checked)
    metadata = tuple(name for name in METADATA if any(reading.metadata.get(name) for reading in readings))
    known = KnownIntake(images_hash(readings), linked, checked.findings, metadata)
    return builder, known, Readings(len(readings), lambda: readings)


def _folds(cases: Cases, experiment: Experiment) -> list[Fold]:
    """Draw the folds; an error names a patient who has a large share of a class as the likely cause."""
    try:
        return draw_folds(cases, experiment.folds, experiment.seed)
    except DataError as error:
        raise DataError(f"{error}{cause_in(cases)}") from error


def _refuse_errors(checked: Checked) -> None:
    if checked.errors:
        first, more = checked.errors[0], len(checked.errors) - 1
        others = f" ({more} more; see `radtl data check`)" if more else ""
        raise DataError(f"{first.message} {first.advice}{others}")


def _of_data_set(experiment: Experiment, folder: OutputFolder, source: str | tfds.core.DatasetBuilder) -> _Given:
    builder = build_named(source, folder.data)
    cases = cases_from(builder, experiment.task)
    return _Given(cases, _folds(cases, experiment), lambda: builder, examined_from)


def _of_manifest(experiment: Experiment, folder: OutputFolder, given: Manifest | None) -> _Given:
    task = experiment.task
    found = labelled(given or manifest_of(task), task)
    manifest, labels = found.manifest, found.labels
    cases = replace(cases_of(manifest, task, checked_key(folder), labels), gaps=found.counts)
    folds = _folds(cases, experiment)
    _log.info(f"Reading {len(cases.truth)} images of {len(cases.patient_ids)} patients")
    return _Given(
        cases,
        folds,
        lambda: build_manifest(manifest, cases, folder.data, task),
        lambda built: examined_with(manifest, built, task, labels),
        manifest,
    )
