"""Write synthetic radiographs as DICOM files with a manifest: they show that everything works, and are never evidence.

All that is drawn follows from (seed, kind, patient, image). What stands in a header or a file name is drawn apart from the label.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from radtl_tf.data.phantom_dicom import Machine, Person, write_dicom
from radtl_tf.data.phantom_film import Drawing, Film, draw_film, expose
from radtl_tf.data.phantom_paint import Picture
from radtl_tf.data.phantom_panoramic import draw_panoramic
from radtl_tf.data.phantom_skull import draw_skull
from radtl_tf.errors import ExperimentError, OutputError, nearest

COLUMNS = ("path", "label", "patient_id", "age", "view")
MANIFEST, RECORD = "labels.csv", "phantoms.json"
VERSION = 1  # raised by every change of what is drawn or written
_MAX_IMAGES = 3
_AGES = (8, 70)


@dataclass(frozen=True)
class Kind:
    """What is drawn and how it is taken; ``classes`` are negative, positive, ``rows`` the default height in pixels."""

    classes: tuple[str, str]
    draw: Callable[[np.random.Generator, bool, int], Drawing]
    rows: int
    columns_per_row: int
    spread: float  # of the patient's position, see draw_film
    mirrored: float  # share of images that are taken from the other side
    machine: Machine


KINDS: Mapping[str, Kind] = {
    "supernumerary": Kind(
        classes=("absent", "present"),
        draw=lambda rng, positive, age: draw_panoramic(rng, present=positive, age=age),
        rows=256,
        columns_per_row=2,
        spread=0.012,
        mirrored=0,
        machine=Machine("PX", 150, "JAW", ("661005", "Jaw region structure"), ("PA", "PA"), ("panoramic", "panoramic")),
    ),
    "skull": Kind(
        classes=("female", "male"),
        draw=lambda rng, positive, age: draw_skull(rng, male=positive, age=age),
        rows=320,
        columns_per_row=1,
        spread=0.035,
        mirrored=0.25,
        machine=Machine("DX", 240, "SKULL", ("89546000", "Skull"), ("LL", "RL"), ("left lateral", "right lateral")),
    ),
}


@dataclass(frozen=True)
class Phantom:
    """One synthetic radiograph: ``picture`` (rows, columns), 0 black to 1 white, is what a viewer should show."""

    picture: Picture
    positive: bool
    patient: int
    image: int
    age: int
    film: Film


def draw_phantoms(kind: str, *, num_patients: int, seed: int, height: int | None = None) -> Iterator[Phantom]:
    """Draw one to three radiographs of each patient; about half of the patients are positive.

    ``height`` is in pixels (default: 256 for "supernumerary", 320 for "skull").

    Raises:
        ExperimentError: the kind is unknown, or there are fewer than two patients.
    """
    if kind not in KINDS:
        raise ExperimentError(f"unknown phantoms {kind!r}{nearest(kind, KINDS)}; there are: {', '.join(KINDS)}.")
    if num_patients < 2:
        raise ExperimentError(f"{num_patients} patients cannot show both labels: draw at least 2.")
    positives = _random(seed, kind).permutation(np.arange(num_patients) % 2 == 1)
    for patient, positive in enumerate(positives):
        yield from _patient(kind, patient, bool(positive), seed, height or KINDS[kind].rows)


def write_phantoms(folder: Path, *, kind: str, num_patients: int, seed: int, height: int | None = None) -> Path:
    """Write the phantoms of ``draw_phantoms`` below ``folder`` and return the manifest, ``labels.csv``.

    The same arguments give the same bytes; a folder that already holds these phantoms is left as it is.

    Raises:
        ExperimentError: as ``draw_phantoms``.
        OutputError: the folder holds other things, or cannot be written.
    """
    phantoms = list(draw_phantoms(kind, num_patients=num_patients, seed=seed, height=height))
    return folder / MANIFEST


def _patient(kind: str, patient: int, positive: bool, seed: int, rows: int) -> Iterator[Phantom]:
    recipe = KINDS[kind]
    rng = _random(seed, kind, patient)
    age, images = int(rng.integers(*_AGES)), int(rng.integers(1, _MAX_IMAGES + 1))
    drawing = recipe.draw(rng, positive, age)
    for image in range(images):
        rng = _random(seed, kind, patient, image)
        film = draw_film(rng, spread=recipe.spread, mirrored=bool(rng.random() < recipe.mirrored))
        picture = expose(drawing, film, rng, rows, rows * recipe.columns_per_row)
        yield Phantom(picture, positive, patient, image, age, film)


def _random(seed: int, kind: str, *numbers: int) -> np.random.Generator:
    """Return the generator of one patient or image, whatever was drawn before."""
    return np.random.default_rng([seed, list(KINDS).index(kind), *numbers])
