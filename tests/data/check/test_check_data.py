"""The data that all rules of the check use."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.findings import Examined
from radtl_tf.data.decoding.reading import Outcome


@pytest.fixture
def data(reading: Any) -> CheckData:
    def image(line: int, pixels: str, label: str, patient: str) -> Examined:
        picture = np.random.default_rng(line).integers(0, 255, (32, 32)).astype(np.uint8)
        outcome = Outcome("decoded", reading=reading(pixels_hash=pixels, signature=picture))
        return Examined(line, outcome, (label,), patient)

    images = [image(2, "p", "b", "x"), image(3, "q", "a", "y"), image(5, "p", "b", "z")]
    return CheckData((*images, Examined(4, Outcome("refused", "damaged", "no"))), None, None, 0)


def test_arrays_are_over_what_was_decoded(data: CheckData) -> None:
    assert data.lines.tolist() == [2, 3, 5]
    assert data.classes == [("a",), ("b",)]
    assert data.truth.tolist() == [1, 0, 1]
    assert data.patients.tolist() == [0, 1, 2]
    assert data.copies.exact.tolist() == [[0, 2]]
    assert data.copies.near.tolist() == []
    assert data.groups.tolist() == [0, 1, 0]


def test_a_few_images_are_compared_with_nothing(data: CheckData) -> None:
    assert not data.can_compare
    assert data.associations == [] and np.isnan(data.shortcut)
    assert data.folds == ([], "")


def test_a_finding_names_the_lines_once_and_in_order(data: CheckData) -> None:
    assert data.at("duplicates", "x", [2, 0, 2]).lines == (2, 5)


def test_without_patients_every_image_is_its_own(reading: Any) -> None:
    images = tuple(Examined(line, Outcome("decoded", reading=reading())) for line in (1, 2))
    assert CheckData(images, None, None, 0).patients.tolist() == [0, 1]
