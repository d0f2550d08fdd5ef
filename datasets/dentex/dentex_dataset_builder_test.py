"""TFDS's test of a builder, and a test of its labels; ``python <this file>`` writes the dummy data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from radtl_tf.data.tfds.builders import build_named, builder_class, cases_from, examined_from
from radtl_tf.data.tfds.examples import SPLIT
from radtl_tf.records.experiment import Task

DUMMY_DATA = Path(__file__).parent / "dummy_data"


class DentexTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = builder_class("dentex")
    SPLITS = {SPLIT: 4}
    test_registered = None  # found by its folder, not in TFDS's registry


def test_an_image_has_the_diseases_that_are_marked_on_it(tmp_path: Path) -> None:
    builder = build_named("dentex", tmp_path, DUMMY_DATA)
    assert [image.labels for image in examined_from(builder)] == [
        ("impacted", "deep_caries"),
        (),
        ("caries",),
        ("periapical",),
    ]
    cases = cases_from(builder, Task(positive="impacted", dataset="dentex"))
    assert (cases.classes, cases.truth.tolist()) == (("not impacted", "impacted"), [1, 0, 0, 0])


def test_what_is_missing_is_one_line(refuses_what_is_missing: Callable[..., None]) -> None:
    refuses_what_is_missing("dentex", DUMMY_DATA, "training_data/quadrant-enumeration-disease/xrays", "'xrays'")


def _image(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (6, 8), dtype=np.uint8)).save(path)


def write_dummy_data() -> None:
    """Write three training images and one validation image with their COCO files."""
    level = DUMMY_DATA / "training_data" / "quadrant-enumeration-disease"
    _coco(level / "train_quadrant_enumeration_disease.json", level / "xrays", "train", [[0, 3, 0], [], [1]])
    _coco(DUMMY_DATA / "validation_triple.json", DUMMY_DATA / "validation_data" / "xrays", "val", [[2]])


def _coco(path: Path, images: Path, name: str, diseases: list[list[int]]) -> None:
    for number in range(len(diseases)):
        _image(images / f"{name}_{number}.png", number + 10 * len(name))
    record = {
        "images": [{"id": number + 1, "file_name": f"{name}_{number}.png"} for number in range(len(diseases))],
        "annotations": [
            {"image_id": number + 1, "category_id_3": disease}
            for number, found in enumerate(diseases)
            for disease in found
        ],
    }
    path.write_text(json.dumps(record))


if __name__ == "__main__":
    write_dummy_data()
    tfds.testing.test_main()
