"""TFDS's test of a builder, and a test of its labels; ``python <this file>`` writes the dummy data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from radtl_tf.data.tfds.builders import build_named, builder_class, cases_from, examined_from
from radtl_tf.data.tfds.examples import SPLIT
from radtl_tf.records.experiment import Task

DUMMY_DATA = Path(__file__).parent / "dummy_data"


class RadimagenetTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = builder_class("radimagenet")
    SPLITS = {SPLIT: 4}
    test_registered = None  # found by its folder, not in TFDS's registry


def test_classes_are_those_of_the_tables_sorted(tmp_path: Path) -> None:
    builder = build_named("radimagenet", tmp_path, DUMMY_DATA)
    assert builder.info.features["label"].names == ["brain_normal", "knee_acl", "lung_normal"]
    labels = [("lung_normal",), ("brain_normal",), ("knee_acl",), ("lung_normal",)]
    assert [image.labels for image in examined_from(builder)] == labels
    again = build_named("radimagenet", tmp_path, tmp_path / "gone")  # a built data set does not need its source files
    assert again.info.features["label"].names == ["brain_normal", "knee_acl", "lung_normal"]
    cases = cases_from(again, Task(kind="multiclass", dataset="radimagenet"))
    assert cases.truth.tolist() == [2, 0, 1, 2]


def test_what_is_missing_is_one_line(refuses_what_is_missing: Callable[..., None]) -> None:
    refuses_what_is_missing(
        "radimagenet",
        DUMMY_DATA,
        "RadiologyAI_val.csv",
        r"'RadiologyAI_val\.csv' .*'source'.*\?",
    )


def write_dummy_data() -> None:
    """Write the three tables and their images, in color like the originals."""
    rows = {
        "train": [("CT/lung/normal/a.png", "lung_normal"), ("MR/brain/normal/b.png", "brain_normal")],
        "val": [("MR/knee/acl/c.png", "knee_acl")],
        "test": [("CT/lung/normal/d.png", "lung_normal")],
    }
    for part, images in rows.items():
        lines = [f"radiology_ai/{name},{label}" for name, label in images]
        DUMMY_DATA.mkdir(exist_ok=True)
        (DUMMY_DATA / f"RadiologyAI_{part}.csv").write_text("\n".join(["filename,label", *lines]) + "\n")
        for name, _ in images:
            path = DUMMY_DATA / "radiology_ai" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            grey = np.random.default_rng(len(name)).integers(0, 256, (6, 8), dtype=np.uint8)
            Image.fromarray(np.stack([grey] * 3, axis=-1)).save(path)


if __name__ == "__main__":
    write_dummy_data()
    tfds.testing.test_main()
