"""The data of an experiment: decoded once, checked, patients who share an image kept together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import tensorflow_datasets as tfds

from radtl_tf.data.check.findings import Checked, Examined, check_accepted
from radtl_tf.data.check.rules import check, linked_cases
from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.folds.draw import draw_folds
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.privacy import patient_key
from radtl_tf.data.manifest.reader import cases_of, read_manifest
from radtl_tf.data.tfds.builders import build_manifest, build_named, cases_from, examined_from, examined_with
from radtl_tf.errors import DataError
from radtl_tf.logs import get_logger
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder

_log = get_logger(__name__)


@dataclass(frozen=True)
class Intake:
    """What an experiment starts from: its cases, its TFDS data set, the reading of every image, and the check."""

    cases: Cases
    builder: tfds.core.DatasetBuilder
    readings: list[Reading]
    checked: Checked


def take_in(experiment: Experiment, folder: OutputFolder, accepted: Sequence[str]) -> Intake:
    """Turn the task's manifest or named data set into cases and a TFDS data set, and check it.

    Folds are tried before pixels. ``accepted`` are the codes of warnings that the user has looked at.

    Raises:
        DataError: the data are wrong, or the check finds an error.
    """
    check_accepted(tuple(accepted))
    cases, builder, images = _named(experiment, folder) if experiment.task.dataset else _own(experiment, folder)
    if experiment.folds.group_duplicates:
        cases = replace(cases, linked=linked_cases(images))
    checked = check(images, cases=cases, plan=experiment.folds, seed=experiment.seed)
    if checked.errors:
        first, more = checked.errors[0], len(checked.errors) - 1
        others = f" ({more} more; see `radtl data check`)" if more else ""
        raise DataError(f"{first.message} {first.advice}{others}")
    return Intake(cases, builder, [image.reading for image in images], checked)


def _named(experiment: Experiment, folder: OutputFolder) -> tuple[Cases, tfds.core.DatasetBuilder, list[Examined]]:
    builder = build_named(str(experiment.task.dataset), folder.data)
    return cases_from(builder, experiment.task), builder, examined_from(builder)


def _own(experiment: Experiment, folder: OutputFolder) -> tuple[Cases, tfds.core.DatasetBuilder, list[Examined]]:
    task = experiment.task
    if task.manifest is None:
        raise DataError("the task names neither a manifest nor a data set.")
    manifest = read_manifest(task.manifest, task.images)
    cases = cases_of(manifest, task, patient_key(folder.data))
    draw_folds(cases, experiment.folds, experiment.seed)
    _log.info(f"Reading {len(cases.truth)} images of {len(cases.patient_ids)} patients")
    builder = build_manifest(manifest, cases, folder.data)
    return cases, builder, examined_with(manifest, builder, task)
