"""TFDS's test of a builder, and a test of its labels; ``python <this file>`` writes the dummy data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from radtl_tf.data.tfds.builders import build_named, builder_class, cases_from
from radtl_tf.data.tfds.examples import SPLIT
from radtl_tf.records.experiment import Task

DUMMY_DATA = Path(__file__).parent / "dummy_data"


class AdldTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = builder_class("adld")
    SPLITS = {SPLIT: 4}
    test_registered = None  # found by its folder, not in TFDS's registry


def test_a_supernumerary_tooth_makes_an_image_positive(tmp_path: Path) -> None:
    builder = build_named("adld", tmp_path, DUMMY_DATA)
    cases = cases_from(builder, Task(positive="present", dataset="adld", unit="image"))
    assert cases.truth.tolist() == [1, 0, 0, 0]
    assert cases.patients.tolist() == [0, 1, 2, 1]  # the last is a copy of the second


def test_what_is_missing_is_one_line(refuses_what_is_missing: Callable[..., None]) -> None:
    refuses_what_is_missing("adld", DUMMY_DATA, "images1", "'images1' .*'source'")


def _image(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (6, 8), dtype=np.uint8)).save(path)


def write_dummy_data() -> None:
    """Write four images, the last one a copy, with LabelMe annotations."""
    marks = (["18", "91"], ["11"], [], ["11"])
    for number, labels in enumerate(marks):
        _image(DUMMY_DATA / "images1" / f"{number}.png", 1 if number == 3 else number)
        record = {"imagePath": f"..\\images1\\{number}.png", "shapes": [{"label": label} for label in labels]}
        (DUMMY_DATA / "labels").mkdir(exist_ok=True)
        (DUMMY_DATA / "labels" / f"{number}.json").write_text(json.dumps(record))


if __name__ == "__main__":
    write_dummy_data()
    tfds.testing.test_main()
