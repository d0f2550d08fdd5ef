"""Check a folder of radiographs or a manifest: read every image, then look for what could spoil an experiment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from radtl_tf.data.check.examined_images import examined, read_files, read_manifest_images
from radtl_tf.data.check.findings import Checked
from radtl_tf.data.check.rules import check, linked_cases
from radtl_tf.data.decoding.images import image_files
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.reader import Manifest, cases_of
from radtl_tf.errors import DataError
from radtl_tf.progress import Watch, silent
from radtl_tf.records.experiment import FoldPlan, Task

_NO_SECRET = bytes(32)  # no hash of a patient is kept


def check_folder(folder: Path, watch: Watch = silent) -> Checked:
    """Check the images below ``folder``, of which neither labels nor patients are known.

    Raises:
        DataError: there is no image.
    """
    files = image_files([folder])
    if not files:
        raise DataError(f"{folder} holds no image that is read (DICOM, PNG, JPEG).")
    return check(read_files(files, watch))


def check_manifest(
    manifest: Manifest, task: Task | None, *, patient: str | None, plan: FoldPlan, seed: int, watch: Watch = silent
) -> Checked:
    """Check a manifest whose faults were collected, not refused; ``watch`` is told of every image.

    ``task`` says where the labels are (``None``: there are none), ``patient`` is the column of the patient ids. Folds
    are drawn with ``plan`` and ``seed`` where patients are known.

    Raises:
        DataError: a column or a cell is missing, or the labels do not make the task.
    """
    cases = _cases(manifest, task) if task else None
    outcomes = read_manifest_images(manifest, watch)
    rows = examined(manifest, outcomes, task=task, patient=patient)
    if cases and all(row.outcome.reading for row in rows):
        cases = replace(cases, linked=linked_cases(rows))  # as an experiment divides them
    return check(rows, cases=cases, plan=plan, seed=seed)


def _cases(manifest: Manifest, task: Task) -> Cases | None:
    """Return the cases to draw folds of, or ``None`` where nothing is said of patients; labels are checked anyway."""
    if task.patient or task.one_image_per_patient:
        return cases_of(manifest, task, _NO_SECRET)
    cases_of(manifest, replace(task, one_image_per_patient=True), _NO_SECRET)
    return None
