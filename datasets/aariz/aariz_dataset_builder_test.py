"""TFDS's test of a builder, and a test of its labels; ``python <this file>`` writes the dummy data."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from radtl_tf.data.tfds.builders import build_named, builder_class, cases_from, examined_from
from radtl_tf.data.tfds.examples import SPLIT
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task

DUMMY_DATA = Path(__file__).parent / "dummy_data"


class AarizTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = builder_class("aariz")
    SPLITS = {SPLIT: 3}
    test_registered = None  # found by its folder, not in TFDS's registry


def test_the_stage_is_the_label(tmp_path: Path) -> None:
    builder = build_named("aariz", tmp_path, DUMMY_DATA)
    assert [image.labels for image in examined_from(builder)] == [("CS1",), ("CS4",), ("CS6",)]
    with pytest.raises(DataError, match=r"'label' .*\b3 .*\b2\b"):
        cases_from(builder, Task(positive="CS1", dataset="aariz"))


def test_what_is_missing_is_one_line(refuses_what_is_missing: Callable[..., None]) -> None:
    refuses_what_is_missing("aariz", DUMMY_DATA, "test", "'test' .*'source'")


def _image(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (6, 8), dtype=np.uint8)).save(path)


def write_dummy_data() -> None:
    """Write an image and its stage in each of the three folders; names differ in case, as in the original."""
    for number, (folder, stage) in enumerate((("train", 1), ("valid", 4), ("test", 6))):
        images, stages = ("Cephalograms", "CVM Stages") if number else ("cephalograms", "CVM stages")
        _image(DUMMY_DATA / folder / images / f"{number}.png", number)
        path = DUMMY_DATA / folder / "Annotations" / stages / f"{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"cvm_stage": {"value": stage}}))


if __name__ == "__main__":
    write_dummy_data()
    tfds.testing.test_main()
