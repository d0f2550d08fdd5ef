"""Radiographs for the library's tests: 60 patients, plus two whose image is a copy of another patient's."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from radtl_tf.library.data.dataset import Dataset

COPIES = {60: 0, 61: 1}  # patient: the patient whose image is copied


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory, radiographs_in: Callable[[Path], Path]) -> Path:
    """Return a manifest of 62 images, ``path,label,patient_id``; labels alternate between well and sick."""
    manifest = radiographs_in(tmp_path_factory.mktemp("radiographs"))
    rows = []
    for copy, original in COPIES.items():
        shutil.copyfile(manifest.parent / f"images/{original:03d}.png", manifest.parent / f"images/{copy:03d}.png")
        rows.append(f"images/{copy:03d}.png,{('well', 'sick')[copy % 2]},{copy:04d}\n")
    with manifest.open("a", encoding="utf-8") as file:
        file.writelines(rows)
    return manifest


@pytest.fixture(scope="session")
def data(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    """Return the data set of the manifest, decoded once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RADTL_CACHE", str(tmp_path_factory.mktemp("cache")))
        found = Dataset.from_csv(table, positive="sick", patient="patient_id")
        assert len(found.groups) == len(found.images.grey(32, "pad"))
        yield found
