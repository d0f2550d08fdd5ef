"""TFDS's test of a builder, and a test of its labels; ``python <this file>`` writes the dummy data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds
from PIL import Image

from radtl_tf.data.tfds.builders import build_named, builder_class, examined_from
from radtl_tf.data.tfds.examples import SPLIT

DUMMY_DATA = Path(__file__).parent / "dummy_data"


class Isbi2015CephalometricTest(tfds.testing.DatasetBuilderTestCase):
    DATASET_CLASS = builder_class("isbi2015_cephalometric")
    SPLITS = {SPLIT: 3}
    test_registered = None  # found by its folder, not in TFDS's registry
    BUILDER_CONFIG_NAMES_TO_TEST = ["anb", "mw_junior"]


@pytest.mark.parametrize(("config", "labels"), [("anb", [1, 2, 3]), ("mw", [4, 1, 2]), ("mw_junior", [1, 1, 1])])
def test_a_configuration_is_one_measure_of_one_reader(config: str, labels: list[int], tmp_path: Path) -> None:
    builder = build_named(f"isbi2015_cephalometric/{config}", tmp_path, DUMMY_DATA)
    images = examined_from(builder)
    assert [image.labels for image in images] == [(f"type {number}",) for number in labels]
    assert len({image.patient for image in images}) == 3
    with Image.open(DUMMY_DATA / "RawImage" / "TrainingData" / "001.bmp") as bmp:
        expected = np.asarray(bmp.convert("L")).astype(np.uint16) * 257
    first = next(iter(tfds.as_numpy(builder.as_dataset(split=SPLIT))))
    np.testing.assert_array_equal(first["image"][..., 0], expected)


def test_what_is_missing_is_one_line(refuses_what_is_missing: Callable[..., None]) -> None:
    refuses_what_is_missing(
        "isbi2015_cephalometric",
        DUMMY_DATA,
        "AnnotationsByMD/400_senior/151.txt",
        r"'151\.txt' .*'400_senior'",
    )


def write_dummy_data() -> None:
    """Write one image per folder of the challenge with the files of both readers."""
    for place, (folder, name) in enumerate((("TrainingData", "001"), ("Test1Data", "151"), ("Test2Data", "301"))):
        (DUMMY_DATA / "RawImage" / folder).mkdir(parents=True, exist_ok=True)
        grey = np.random.default_rng(place).integers(0, 256, (6, 8), dtype=np.uint8)
        Image.fromarray(np.stack([grey] * 3, axis=-1)).save(DUMMY_DATA / "RawImage" / folder / f"{name}.bmp")
        for reader in ("senior", "junior"):
            types = [place + 1, 1, 1, 1, 1, 1, 1, (4, 1, 2)[place]] if reader == "senior" else [1] * 8
            lines = [f"{mark},{mark}" for mark in range(19)] + [str(kind) for kind in types]
            path = DUMMY_DATA / "AnnotationsByMD" / f"400_{reader}" / f"{name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    write_dummy_data()
    tfds.testing.test_main()
