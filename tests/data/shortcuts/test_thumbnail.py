"""A thumbnail that separates the classes too well, and the region that carries it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from radtl_tf.data.decoding.worker_pool import read_all
from radtl_tf.data.shortcuts.thumbnail import MAX_IMAGES, WARN_THUMBNAIL, region_name, thumbnail_auroc

TRUTH = np.arange(120) % 2
PATIENTS = np.arange(120) // 3 * 2 + TRUTH


def images(reading: Any, at: tuple[int, int] | None, classes: int = 2) -> list[Any]:
    """Return readings of noise, with a white box at a place of the signature if the class is the last."""
    rng = np.random.default_rng(3)
    found = []
    for number in range(120):
        pixels = rng.integers(40, 160, (32, 32)).astype(np.uint8)
        if at and number % classes == classes - 1:
            pixels[at] = 255
        found.append(reading(signature=pixels))
    return found


@pytest.mark.parametrize(
    ("at", "region"),
    [((0, 1), "upper left corner"), ((31, 30), "lower right corner"), ((14, 3), "upper middle left")],
)
def test_a_box_is_found_where_it_is(reading: Any, at: tuple[int, int], region: str) -> None:
    found = thumbnail_auroc(images(reading, at), TRUTH, PATIENTS)
    assert found and found.best > WARN_THUMBNAIL and found.region == region


def test_noise_predicts_nothing(reading: Any) -> None:
    found = thumbnail_auroc(images(reading, None), TRUTH, PATIENTS)
    assert found and found.whole < 0.7 and found.best < 0.75


def test_a_box_in_one_of_several_classes_is_found(reading: Any) -> None:
    found = thumbnail_auroc(images(reading, (0, 0), classes=3), np.arange(120) % 3, np.arange(120))
    assert found and found.best > WARN_THUMBNAIL and found.region == "upper left corner"


def test_patients_are_never_divided(reading: Any) -> None:
    """Each patient has a picture and an independent label."""
    rng = np.random.default_rng(5)
    pictures = rng.integers(0, 255, (20, 32, 32)).astype(np.uint8)
    patients = np.repeat(np.arange(20), 8)
    truth = np.repeat(rng.permutation(np.arange(20) % 2), 8)
    found = thumbnail_auroc([reading(signature=pictures[patient]) for patient in patients], truth, patients)
    assert found and found.whole < 0.9


def test_flat_images_and_few_patients(reading: Any) -> None:
    flat = thumbnail_auroc([reading(signature=np.zeros((32, 32), np.uint8))] * 120, TRUTH, PATIENTS)
    assert flat and (flat.whole, flat.best) == (0.5, 0.5)
    assert thumbnail_auroc(images(reading, None)[:8], TRUTH[:8], np.arange(8)) is None
    assert MAX_IMAGES > 1000 and region_name(3, 3) == "lower right corner"


@pytest.mark.real
@pytest.mark.slow
def test_chest_films_are_below_the_warning_until_a_box_is_burned_in() -> None:
    folder = Path(os.environ["RADTL_REAL"]) / "data" / "chest400"
    table = pd.read_csv(folder / "labels.csv", dtype=str)
    readings = [outcome.reading for outcome in read_all([folder / path for path in table["path"]])]
    truth, patients = pd.factorize(table["label"], sort=True)[0], pd.factorize(table["patient_id"])[0]
    found = thumbnail_auroc(readings, truth, patients)  # type: ignore[arg-type]
    assert found and 0.7 < max(found.whole, found.best) < WARN_THUMBNAIL
    for reading, label in zip(readings, truth, strict=True):
        reading.signature[:2, :2] = 255 if label else reading.signature[:2, :2]  # type: ignore[union-attr]
    marked = thumbnail_auroc(readings, truth, patients)  # type: ignore[arg-type]
    assert marked and marked.best > 0.95 and marked.region == "upper left corner"
