"""Check a folder of radiographs or a manifest: read all images and find problems that could spoil an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from radtl_tf.data.check.examined_images import examined, read_files, read_manifest_images
from radtl_tf.data.check.findings import Checked, Examined, Finding
from radtl_tf.data.check.rules import check, linked_cases
from radtl_tf.data.duplicates.copies import Copies
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.folders import image_files
from radtl_tf.data.manifest.labels import RowLabels
from radtl_tf.data.manifest.reader import Manifest
from radtl_tf.data.manifest.rows import cases_of, labelled
from radtl_tf.progress import Watch, silent
from radtl_tf.records.experiment import FoldPlan, Task

_NO_SECRET = bytes(32)  # no hash of a patient id is kept


def check_folder(folder: Path, watch: Watch = silent, *, depth: int | None = None) -> Checked:
    """Check the images below ``folder``; their labels and patients are unknown; ``depth`` as of a Task.

    Raises:
        DataError: there is no image.
    """
    return check(read_files(image_files([folder]), watch, depth=depth))


def check_manifest(
    manifest: Manifest,
    task: Task | None,
    *,
    patient: str | None,
    pattern: str | None = None,
    plan: FoldPlan,
    seed: int,
    depth: int | None = None,
    watch: Watch = silent,
) -> Checked:
    """Check a manifest that was read with ``collect=True``; ``watch`` is told of every image.

    ``task`` says where the labels are (``None``: there are none), ``patient`` is the column of the patient ids, or
    ``pattern`` finds them in the paths. Folds are drawn with ``plan`` and ``seed`` where patients are known. ``depth``
    as of a Task.

    Raises:
        DataError: a column or a cell is missing, or the labels do not fit the task.
    """
    labels = RowLabels(())
    if task:
        found = labelled(manifest, task)
        manifest, labels = found.manifest, found.labels
    cases = _cases(manifest, task, labels) if task else None
    outcomes = read_manifest_images(manifest, watch, depth=depth)
    images = examined(manifest, outcomes, labels, task=task, patient=patient, pattern=pattern)
    return check_images(images, cases, plan=plan, seed=seed, known=repaired(manifest))


def repaired(manifest: Manifest) -> tuple[Finding, ...]:
    """Return a finding for each kind of repair in the table of a manifest, with the lines that it changed."""
    return tuple(Finding("table-repaired", repair.message, repair.lines) for repair in manifest.repairs)


def check_images(
    images: Sequence[Examined], cases: Cases | None, *, plan: FoldPlan, seed: int, known: Sequence[Finding] = ()
) -> Checked:
    """Check images that are already read, with the folds that an experiment on them would draw.

    If every image could be decoded, patients who share an image stay together. Without ``cases`` there are no folds.
    ``known`` are findings about the table of the images.
    """
    if cases and all(image.outcome.reading for image in images):
        copies = Copies([image.outcome.reading for image in images if image.outcome.reading])
        cases = replace(cases, linked=linked_cases(images, copies))
        return check(images, cases=cases, plan=plan, seed=seed, known=known, copies=copies)
    return check(images, cases=cases, plan=plan, seed=seed, known=known)


def _cases(manifest: Manifest, task: Task, labels: RowLabels) -> Cases | None:
    """Return the cases for the folds, or ``None`` if the task names no patients; check the labels in any case."""
    if task.names_patients:
        return cases_of(manifest, task, _NO_SECRET, labels)
    cases_of(manifest, replace(task, one_image_per_patient=True), _NO_SECRET, labels)
    return None
