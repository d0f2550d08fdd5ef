"""TFDS's test of a builder, and a test of its labels; ``python <this file>`` writes the dummy data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from radtl_tf.data.tfds.builders import build_named, builder_class, examined_from
from radtl_tf.data.tfds.examples import SPLIT

DUMMY_DATA = Path(__file__).parent / "dummy_data"


class NihChestXray14Test(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = builder_class("nih_chest_xray14")
    SPLITS = {SPLIT: 4}
    test_registered = None  # found by its folder, not in TFDS's registry
    BUILDER_CONFIG_NAMES_TO_TEST = ["findings", "sex"]


def test_findings_patients_and_metadata(tmp_path: Path) -> None:
    images = examined_from(build_named("nih_chest_xray14/findings", tmp_path, DUMMY_DATA))
    assert [image.labels for image in images] == [("Cardiomegaly", "Emphysema"), (), ("Hernia",), ("Pneumonia",)]
    patients = [image.patient for image in images]
    assert patients[0] == patients[1] != patients[2]
    assert dict(images[0].reading.metadata) == {"age": "58", "view": "PA", "sex": "M"}
    assert images[3].reading.metadata["age"] == "90"


def test_the_sex_is_a_label_and_then_no_metadata(tmp_path: Path) -> None:
    images = examined_from(build_named("nih_chest_xray14/sex", tmp_path, DUMMY_DATA))
    assert [image.labels[0] for image in images] == ["M", "M", "F", "F"]
    assert "sex" not in images[0].reading.metadata


def test_what_is_missing_is_one_line(refuses_what_is_missing: Callable[..., None]) -> None:
    refuses_what_is_missing("nih_chest_xray14", DUMMY_DATA, "images_001", "line 2: .*image")


def _image(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (6, 8), dtype=np.uint8)).save(path)


def write_dummy_data() -> None:
    """Write four images in two folders and their table."""
    rows = [
        ("00000001_000.png", "Cardiomegaly|Emphysema", "1", "058Y", "M", "PA"),
        ("00000001_001.png", "No Finding", "1", "58", "M", "AP"),
        ("00000002_000.png", "Hernia", "2", "81", "F", "PA"),
        ("00000003_000.png", "Pneumonia", "3", "95", "F", "PA"),
    ]
    header = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position"
    lines = [f"{name},{found},0,{patient},{age},{sex},{view}" for name, found, patient, age, sex, view in rows]
    for number, (name, *_) in enumerate(rows):
        _image(DUMMY_DATA / f"images_00{1 + number // 2}" / "images" / name, number)
    (DUMMY_DATA / "Data_Entry_2017_v2020.csv").write_text("\n".join([header, *lines]) + "\n")


if __name__ == "__main__":
    write_dummy_data()
    tfds.testing.test_main()
