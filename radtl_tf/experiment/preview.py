"""Write a contact sheet of a manifest: some radiographs of each class as the network will see them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.worker_pool import pixels_of_all
from radtl_tf.data.folds.strata import named_fifths
from radtl_tf.data.manifest.labels import Labels, assemble, narrowed
from radtl_tf.data.manifest.reader import Manifest
from radtl_tf.data.manifest.rows import Labelled, labelled, patient_ids
from radtl_tf.experiment.plan.scenarios import starts_of
from radtl_tf.logs import get_logger
from radtl_tf.models.pixels import CONVENTIONS, convention
from radtl_tf.models.weights.sources import NATIVE, native_pixels
from radtl_tf.records.experiment import Experiment, Task
from radtl_tf.records.runs import EMBEDDINGS
from radtl_tf.report.pages.preview import Sheet, write_preview

_log = get_logger(__name__)


def preview_manifest(
    manifest: Manifest, task: Task, out: Path, *, sheet: Sheet, per_class: int, pixels: Sequence[str] = ()
) -> None:
    """Write the page ``out``: ``per_class`` images of each class, and their values under ``pixels`` (default: all).

    Raises:
        DataError: the manifest's labels do not make the task.
        ExperimentError: a pixel convention is not known.
        OutputError: ``out`` cannot be written.
    """
    conventions = [convention(name) for name in pixels or CONVENTIONS]
    found = labelled(manifest, task)
    manifest = found.manifest
    chosen = chosen_rows(*_labels_and_patients(found, task), per_class, sheet.seed)
    write_preview(out, _pictures(manifest, chosen, task.depth), conventions, sheet, manifest.path.name)
    _log.info(f"Preview: {out}. It shows patients' images: do not pass it on.")


def pixels_in_use(experiment: Experiment) -> tuple[str, ...]:
    """Return the pixel conventions under which the weights of an experiment see the images; no file is opened.

    Raises:
        ExperimentError, WeightsError: as of ``native_pixels``.
    """
    grid, found = experiment.grid, dict[str, None]()
    for backbone, name in starts_of(experiment):
        if backbone == EMBEDDINGS:
            continue
        native = convention(native_pixels(name, backbone, experiment.weights))
        named = [native.name if pixels == NATIVE else convention(pixels).name for pixels in grid.pixels]
        found |= dict.fromkeys((*named, *([native.name, native.alternative] if native.alternative else ())))
    return tuple(found)


def chosen_rows(labels: Sequence[Labels], patients: Sequence[str], per_class: int, seed: int) -> dict[str, list[int]]:
    """Return rows of each class, drawn with ``seed``; an image with several labels may be drawn for each of them.

    A second image of a patient is taken only if one image per patient is not enough.
    """
    random = np.random.default_rng(seed)
    chosen = {}
    for name in sorted({name for names in labels for name in names}):
        drawn = random.permutation([row for row, names in enumerate(labels) if name in names]).tolist()
        chosen[name] = sorted(_patients_in_turn(drawn, patients)[:per_class])
    return chosen


def _patients_in_turn(drawn: Sequence[int], patients: Sequence[str]) -> list[int]:
    """Return the drawn rows reordered: first one image of each patient, then the second images, and so on."""
    images: Counter[str] = Counter()
    turns = []
    for row in drawn:
        images[patients[row]] += 1
        turns.append((images[patients[row]], row))
    return [row for _, row in sorted(turns, key=lambda turn: turn[0])]


def _labels_and_patients(found: Labelled, task: Task) -> tuple[Sequence[Labels], Sequence[str]]:
    """Return the task's labels of each image, and its patient; without patient ids, each image is one patient.

    The label of a number is the fifth that it is in.
    """
    numbers = [str(row) for row in range(len(found.labels))]
    cases = assemble(found.labels, numbers, task)  # raises on labels that training would refuse
    patients = patient_ids(found.manifest, task.patient, task.patient_pattern) or numbers
    if cases.is_number:
        names, places = named_fifths(cases.truth)
        return [(f"fifth {place + 1}: {names[place]} {task.label_unit}",) for place in places], patients
    return narrowed(found.labels.names, task), patients


def _pictures(
    manifest: Manifest, chosen: Mapping[str, Sequence[int]], depth: int | None
) -> dict[str, list[tuple[int, NDArray]]]:
    """Return line and grey pixels of the chosen rows of each class; unreadable files are left out."""
    shown: dict[str, list[tuple[int, NDArray]]] = {}
    for label, numbers in chosen.items():
        files = [manifest.images[number] for number in numbers]
        for file, (outcome, grey) in zip(files, pixels_of_all((file.path for file in files), depth=depth), strict=True):
            if grey is None:
                _log.warning(f"line {file.line}: {outcome.reason}")
            else:
                shown.setdefault(label, []).append((file.line, grey))
    return shown
