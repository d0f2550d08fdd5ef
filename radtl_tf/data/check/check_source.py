"""Check a folder of radiographs or a manifest: read every image, then look for what could spoil an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from radtl_tf.data.check.examined_images import examined, read_files, read_manifest_images
from radtl_tf.data.check.findings import Checked, Examined
from radtl_tf.data.check.rules import check, linked_cases
from radtl_tf.data.decoding.images import FORMATS, image_files
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.labels import Labels
from radtl_tf.data.manifest.reader import Manifest, cases_of, labels_of
from radtl_tf.errors import DataError
from radtl_tf.progress import Watch, silent
from radtl_tf.records.experiment import FoldPlan, Task

_NO_SECRET = bytes(32)  # no hash of a patient is kept


def check_folder(folder: Path, watch: Watch = silent, *, depth: int | None = None) -> Checked:
    """Check the images below ``folder``, of which neither labels nor patients are known; ``depth`` as of a Task.

    Raises:
        DataError: there is no image.
    """
    files = image_files([folder])
    if not files:
        raise DataError(f"{folder} holds no image that is read ({FORMATS}).")
    return check(read_files(files, watch, depth=depth))


def check_manifest(
    manifest: Manifest,
    task: Task | None,
    *,
    patient: str | None,
    plan: FoldPlan,
    seed: int,
    depth: int | None = None,
    watch: Watch = silent,
) -> Checked:
    """Check a manifest whose faults were collected, not refused; ``watch`` is told of every image.

    ``task`` says where the labels are (``None``: there are none), ``patient`` is the column of the patient ids. Folds
    are drawn with ``plan`` and ``seed`` where patients are known. ``depth`` as of a Task.

    Raises:
        DataError: a column or a cell is missing, or the labels do not make the task.
    """
    labels = labels_of(manifest, task) if task else []
    cases = _cases(manifest, task, labels) if task else None
    outcomes = read_manifest_images(manifest, watch, depth=depth)
    return check_images(examined(manifest, outcomes, labels, task=task, patient=patient), cases, plan=plan, seed=seed)


def check_images(images: Sequence[Examined], cases: Cases | None, *, plan: FoldPlan, seed: int) -> Checked:
    """Check images that were read, with folds as an experiment on them would draw them.

    Where every image could be decoded, patients who share an image stay together. Without ``cases`` there are no folds.
    """
    if cases and all(image.outcome.reading for image in images):
        cases = replace(cases, linked=linked_cases(images))
    return check(images, cases=cases, plan=plan, seed=seed)


def _cases(manifest: Manifest, task: Task, labels: Sequence[Labels]) -> Cases | None:
    """Return the cases to draw folds of, or ``None`` where nothing is said of patients; labels are checked anyway."""
    if task.patient or task.one_image_per_patient:
        return cases_of(manifest, task, _NO_SECRET, labels)
    cases_of(manifest, replace(task, one_image_per_patient=True), _NO_SECRET, labels)
    return None
