"""Findings about the films themselves say what is so, how many, and whether it divides patients."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.films import grey_range, header_patients, inverted
from radtl_tf.data.check.findings import Examined, Finding
from radtl_tf.data.decoding.reading import WINDOW, GreyRange, Outcome


def findings(rule: Any, readings: list[Any], labels: str = "ab", patients: int = 20) -> list[Finding]:
    images = [
        Examined(line, Outcome("decoded", reading=one), (labels[line % len(labels)],), f"P{line % patients}")
        for line, one in enumerate(readings)
    ]
    return list(rule(CheckData(tuple(images), None, None, 0)))


def test_the_depth_is_guessed(reading: Any) -> None:
    for used, bits, guess in ((12, 16, 12), (11, 16, 12), (4, 8, 4), (14, 16, 14)):
        (found,) = findings(grey_range, [reading(bits=bits, used=GreyRange(used, used))] * 40)
        assert (found.code, found.level, len(found.lines)) == ("range", "warning", 40)
        assert f"task.depth = {guess}" in found.message


@pytest.mark.parametrize("used", [GreyRange(), GreyRange(15, 15), GreyRange(16, 14)])
def test_most_of_the_range_is_enough(reading: Any, used: GreyRange) -> None:
    assert findings(grey_range, [reading(bits=16, used=used)] * 40) == []


def test_a_bright_letter_does_not_hide_a_black_film(reading: Any) -> None:
    (found,) = findings(grey_range, [reading(bits=16, used=GreyRange(16, 12))] * 40)
    assert found.code == "range" and "task.depth" not in found.message


def test_a_range_of_one_class_or_of_some_patients_is_an_error(reading: Any) -> None:
    full, narrow = reading(bits=16, used=GreyRange(16, 16)), reading(bits=16, used=GreyRange(12, 12))
    for readings in ([full, narrow] * 40, [narrow] * 20 + [full] * 60):
        (found,) = findings(grey_range, readings, patients=80)
        assert (found.code, found.level) == ("range-differs", "error")
    (found,) = findings(grey_range, [narrow] + [full] * 79, patients=80)
    assert (found.code, found.lines) == ("range", (0,))


def test_a_window_that_shows_nothing_is_said(reading: Any) -> None:
    dark = reading(bits=12, used=GreyRange(8, 8), notes=(WINDOW,))
    (found,) = findings(grey_range, [dark] * 40)
    assert found.code == "range" and "window" in found.message


def test_patients_with_films_of_both_polarities_are_counted(reading: Any) -> None:
    rows, columns = np.mgrid[-1:1:32j, -1:1:32j]
    rng = np.random.default_rng(0)
    pictures = [
        (200 * np.exp(-4 * rows**2 - 6 * columns**2) + rng.uniform(0, 50, (32, 32))).astype(np.uint8) for _ in range(40)
    ]
    pictures[25] = 255 - pictures[25]
    (found,) = findings(inverted, [reading(signature=picture) for picture in pictures])
    assert (found.code, found.lines) == ("polarity", (25,))
    assert "1 patients have images of both kinds" in found.message


def test_header_ids_are_compared_both_ways(reading: Any) -> None:
    def of(ids: list[str]) -> dict[str, tuple[int, ...]]:
        readings = [reading(header_patient=one) for one in ids]
        return {found.code: found.lines for found in findings(header_patients, readings, patients=len(ids) // 2)}

    assert of(["1", "2", "3", "1", "2", "3"]) == {}
    assert of([""] * 6) == {}
    assert of(["1", "1", "3", "1", "1", "3"]) == {"header-patient-shared": (0, 1, 3, 4)}
    assert of(["1", "2", "3", "4", "2", "3"]) == {"header-patient-split": (0, 3)}
    assert of(["1"] * 6) == {"header-patient-shared": (0, 1, 2, 3, 4, 5)}


def test_without_labels_and_patients_headers_say_nothing(reading: Any) -> None:
    image = Examined(0, Outcome("decoded", reading=reading(header_patient="1")))
    images = (image, dataclasses.replace(image, line=1))
    assert list(header_patients(CheckData(images, None, None, 0))) == []
