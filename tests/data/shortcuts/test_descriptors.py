"""Descriptors of a radiograph that do not use its content."""

from __future__ import annotations

from typing import Any

import numpy as np

from radtl_tf.data.shortcuts.descriptors import acquisition, mean_and_sd, metadata, thumbnails


def test_brightness_contrast_and_thumbnails(reading: Any) -> None:
    half = np.zeros((32, 32), np.uint8)
    half[:, 16:] = 255
    readings = [reading(mean=0.25, signature=half), reading()]
    np.testing.assert_allclose(mean_and_sd(readings), [[0.25, 0.2], [0.5, 0.2]])
    small = thumbnails(readings).reshape(2, 16, 16)
    np.testing.assert_array_equal(small[0], np.repeat([[0.0] * 8 + [1.0] * 8], 16, axis=0))


def test_metadata_become_numbers_with_what_is_unknown_marked(reading: Any) -> None:
    described = [{"age": "40", "view": "PA"}] * 5 + [{"age": "60", "view": "AP"}] * 5 + [{"age": "young"}] * 5
    table = metadata([reading(metadata=row, height=10 + row.get("age", "0").count("4")) for row in described])
    assert table.shape[0] == 15
    assert table[[0, 5, 10], 0].tolist() == [11, 10, 10]
    assert table[[0, 5, 10], 4].tolist() == [40, 60, 50]  # the median, because the age is not a number
    assert table[[0, 10], 6].tolist() == [1, 0]
    sexes = [reading(metadata={"sex": sex}) for sex in "MF" * 5]
    assert not np.ptp(metadata(sexes), axis=0).any()  # it may be the label


def test_acquisition_is_all_but_the_thumbnail(reading: Any) -> None:
    readings = [reading(mean=0.1), reading(border=0.7)]
    found = acquisition(readings)
    np.testing.assert_allclose(found[:, -3:], [[0.1, 0.2, 0.0], [0.5, 0.2, 0.7]], rtol=1e-6)
    assert found.shape[1] == metadata(readings).shape[1] + 3
