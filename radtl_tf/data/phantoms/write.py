"""Write synthetic radiographs as DICOM files with a manifest, to try everything; their results are not evidence.

All that is drawn follows from (seed, kind, patient, image). Headers and file names are drawn apart from the label.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from radtl_tf.data.phantoms.dicom import Projection, Visit, dicom_bytes
from radtl_tf.data.phantoms.film import Drawing, Film, draw_film, expose
from radtl_tf.data.phantoms.paint import Picture
from radtl_tf.data.phantoms.panoramic import draw_panoramic
from radtl_tf.data.phantoms.skull import FINDINGS, GROWING, draw_growing_skull, draw_skull, draw_skull_with_findings
from radtl_tf.errors import ExperimentError, OutputError, nearest
from radtl_tf.records.disk import temporary_folder, unwritable
from radtl_tf.records.experiment import Task

COLUMNS = ("path", "label", "patient_id", "age", "view")
MANIFEST, RECORD = "labels.csv", "phantoms.json"
VERSION = 1  # increase it with every change of what is drawn or written
_MAX_IMAGES = 3
_AGES = (8, 70)
_MATURITY = 1.5  # years: the SD of how early or late a child grows
_LABELS, _ANATOMY, _FILM, _PERSON, _HEADER, _AGE = range(6)  # the purpose of a random generator
_SEPARATOR = "|"
# Of one patient: whether it is the positive class, or has each of several labels; of a growing one, the age in years.
Truth = tuple[float, ...]


@dataclass(frozen=True)
class Kind:
    """What is drawn and how the images are taken; ``rows`` is the default height in pixels.

    ``classes`` are negative and positive or, if the kind is ``multilabel``, the labels that a patient may have. The
    label of a ``growing`` kind is the age in years or, if it has ``classes``, one of these stages of equal length.
    """

    classes: tuple[str, ...]
    draw: Callable[[np.random.Generator, Truth, int], Drawing]
    rows: int
    columns_per_row: int
    spread: float  # of the patient's position, see draw_film
    mirrored: float  # share of images that are taken from the other side
    projection: Projection
    views: tuple[str, str]  # as the manifest says, the second mirrored
    has_sex: bool  # whether the header states the sex: not if sex is the label
    multilabel: bool = False
    growing: bool = False

    def label(self, truth: Truth) -> str:
        """Return the cell of the manifest."""
        if self.growing and not self.classes:
            return f"{truth[0]:.2f}"
        if self.growing:
            low, high = GROWING
            return self.classes[min(int((truth[0] - low) / (high - low) * len(self.classes)), len(self.classes) - 1)]
        if self.multilabel:
            return _SEPARATOR.join(name for name, has in zip(self.classes, truth, strict=True) if has)
        return self.classes[int(truth[0])]

    def task(self) -> Task:
        """Return the task of predicting the labels per patient, without a manifest or an image folder."""
        one_patient = Task(patient="patient_id", unit="patient")
        if self.multilabel:
            return replace(one_patient, kind="multilabel", label_separator=_SEPARATOR, classes=self.classes)
        if self.growing and self.classes:
            return replace(one_patient, kind="ordinal", classes=self.classes)
        if self.growing:
            return replace(one_patient, kind="regression", label_unit="years")
        return replace(one_patient, positive=self.classes[1])


KINDS: dict[str, Kind] = {
    "supernumerary": Kind(
        classes=("absent", "present"),
        draw=lambda rng, truth, age: draw_panoramic(rng, present=bool(truth[0]), age=age),
        rows=256,
        columns_per_row=2,
        spread=0.012,
        mirrored=0,
        projection=Projection("PX", 150, "JAW", ("661005", "Jaw region structure"), ("PA", "PA"), ("L", "R")),
        views=("panoramic", "panoramic"),
        has_sex=True,
    ),
    "skull": Kind(
        classes=("female", "male"),
        draw=lambda rng, truth, age: draw_skull(rng, male=bool(truth[0]), age=age),
        rows=320,
        columns_per_row=1,
        spread=0.04,
        mirrored=0.25,
        projection=Projection("DX", 240, "SKULL", ("89546000", "Skull"), ("LL", "RL"), ("A", "P")),
        views=("left lateral", "right lateral"),
        has_sex=False,
    ),
}

# Each of the five traits that differ between the sexes is a label: a task for pre-training.
KINDS["skull-findings"] = replace(
    KINDS["skull"],
    classes=FINDINGS,
    draw=lambda rng, truth, age: draw_skull_with_findings(rng, marked=[bool(has) for has in truth], age=age),
    multilabel=True,
)

# The head grows with the age of a child: a number, and four stages of the same growth.
KINDS["skull-age"] = replace(
    KINDS["skull"], classes=(), draw=lambda rng, truth, age: draw_growing_skull(rng, age=truth[0]), growing=True
)
KINDS["skull-stages"] = replace(KINDS["skull-age"], classes=("S1", "S2", "S3", "S4"))


@dataclass(frozen=True)
class Phantom:
    """One synthetic radiograph: ``picture`` (rows, columns), 0 black to 1 white, is what a viewer should show."""

    picture: Picture
    truth: Truth
    patient: int
    image: int
    age: int
    film: Film


def draw_phantoms(kind: str, *, num_patients: int, seed: int, height: int | None = None) -> Iterator[Phantom]:
    """Draw one to three radiographs of each patient; about half of the patients are positive, or have each label.

    ``height`` is in pixels (default: 256 for "supernumerary", 320 for the skulls).

    Raises:
        ExperimentError: the kind is unknown, or there are fewer than two patients.
    """
    if kind not in KINDS:
        raise ExperimentError(f"unknown phantoms {kind!r}{nearest(kind, KINDS)}; there are: {', '.join(KINDS)}.")
    if num_patients < 2:
        raise ExperimentError(f"{num_patients} patients cannot show both labels; expected at least 2.")
    truths, rows = _truths(kind, num_patients, seed), height or KINDS[kind].rows
    return (phantom for patient, truth in enumerate(truths) for phantom in _patient(kind, patient, truth, seed, rows))


def _truths(kind: str, num_patients: int, seed: int) -> Iterator[Truth]:
    """Return the truth of each patient: half of them have each label, independently of the other labels.

    The ages of growing patients are spread evenly.
    """
    if KINDS[kind].growing:
        ages = np.round(np.linspace(*GROWING, num_patients), 2)
        return ((age,) for age in _random(seed, kind, _LABELS).permutation(ages).tolist())
    half = np.arange(num_patients) % 2 == 1
    numbers = [(number,) for number in range(len(KINDS[kind].classes))] if KINDS[kind].multilabel else [()]
    columns = [_random(seed, kind, _LABELS, *number).permutation(half).tolist() for number in numbers]
    return zip(*columns, strict=True)


def write_phantoms(folder: Path, *, kind: str, num_patients: int, seed: int, height: int | None = None) -> Path:
    """Write the phantoms of ``draw_phantoms`` below ``folder`` and return the manifest, ``labels.csv``.

    The same arguments give the same bytes; a folder that already holds these phantoms is left as it is.

    Raises:
        ExperimentError: as ``draw_phantoms``.
        OutputError: the folder holds other things, or cannot be written.
    """
    record = {"version": VERSION, "kind": kind, "num_patients": num_patients, "seed": seed, "height": height}
    phantoms = draw_phantoms(kind, num_patients=num_patients, seed=seed, height=height)
    try:
        there = _is_there(folder, record)
    except OSError as error:
        raise unwritable(folder, error) from error
    if not there:
        _write_whole(folder.resolve(), _files(phantoms, kind, seed), record)
    return folder / MANIFEST


def _is_there(folder: Path, record: Mapping[str, object]) -> bool:
    """Tell whether the folder holds the phantoms of the record; refuse it if it holds anything else."""
    if folder.is_dir() and not any(folder.iterdir()) or not folder.exists():
        return False
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise OutputError(f"{folder} contains files other than phantoms: choose a new or empty folder.") from None
    if found != dict(record):
        raise OutputError(f"{folder} contains other phantoms (see {RECORD}): choose a new or empty folder.")
    return True


def _files(phantoms: Iterable[Phantom], kind: str, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each image, then of the manifest."""
    recipe, rows = KINDS[kind], [COLUMNS]
    for number, phantom in enumerate(phantoms):
        visit = _visit(phantom, kind, seed)
        name = f"images/{number:06d}.dcm"
        rng = _random(seed, kind, _HEADER, phantom.patient, phantom.image)
        yield name, dicom_bytes(phantom.picture, recipe.projection, visit, rng)
        label, view = recipe.label(phantom.truth), recipe.views[phantom.film.mirrored]
        rows.append((name, label, visit.patient_id, str(phantom.age), view))
    table = io.StringIO(newline="")
    csv.writer(table, lineterminator="\n").writerows(rows)
    yield MANIFEST, table.getvalue().encode()


def _visit(phantom: Phantom, kind: str, seed: int) -> Visit:
    sex = str(_random(seed, kind, _PERSON, phantom.patient).choice(["F", "M"])) if KINDS[kind].has_sex else ""
    origin = f"{kind}/{seed}/{len(phantom.picture)}"
    return Visit(origin, phantom.patient, phantom.image, phantom.age, sex, phantom.film.mirrored)


def _write_whole(folder: Path, files: Iterable[tuple[str, bytes]], record: Mapping[str, object]) -> None:
    """Write all files or none; an existing folder must be empty."""
    with temporary_folder(folder) as temporary:
        (temporary / "images").mkdir()
        for name, content in files:
            (temporary / name).write_bytes(content)
        (temporary / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _patient(kind: str, patient: int, truth: Truth, seed: int, rows: int) -> Iterator[Phantom]:
    recipe = KINDS[kind]
    rng = _random(seed, kind, _ANATOMY, patient)
    age, images = int(rng.integers(*_AGES)), int(rng.integers(1, _MAX_IMAGES + 1))
    if recipe.growing:  # a stage is maturity: children of the same age differ in it
        early = float(_random(seed, kind, _AGE, patient).normal(0, _MATURITY)) if recipe.classes else 0.0
        age = int(truth[0] + early)
    drawing = recipe.draw(rng, truth, age)
    for image in range(images):
        rng = _random(seed, kind, _FILM, patient, image)
        film = draw_film(rng, spread=recipe.spread, mirrored=bool(rng.random() < recipe.mirrored))
        picture = expose(drawing, film, rng, rows, rows * recipe.columns_per_row)
        yield Phantom(picture, truth, patient, image, age, film)


def _random(seed: int, kind: str, *numbers: int) -> np.random.Generator:
    """Return the generator of one patient or image; it does not depend on earlier draws."""
    # Not a list of seeds, in which trailing zeros do not count.
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(list(KINDS).index(kind), *numbers)))
