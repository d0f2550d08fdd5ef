"""Findings about the numbers of a regression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.check.findings import Examined
from radtl_tf.data.check.rules import check
from radtl_tf.data.decoding.reading import Outcome

Make = Callable[..., Any]


def images(numbers: list[float], reading: Make, **columns: list[str]) -> list[Examined]:
    """Return an image for each number, of different patients, with noise as pixels."""
    rng = np.random.default_rng(0)
    return [
        Examined(
            line=place + 2,
            outcome=Outcome(
                "decoded", reading=reading(pixels_hash=str(place), signature=rng.integers(0, 256, (32, 32), np.uint8))
            ),
            labels=(repr(float(number)),),
            patient=f"p{place}",
            path=f"{rng.integers(10**6)}.png",
            columns={name: cells[place] for name, cells in columns.items()},
            number=float(number),
        )
        for place, number in enumerate(numbers)
    ]


def codes(found: list[Examined]) -> dict[str, Any]:
    return {finding.code: finding for finding in check(found).findings}


YEARS = [float(number) for number in np.linspace(5, 16, 60)]


@pytest.mark.parametrize(("times", "count"), [(12, 3), (12, 30), (365.25, 10)])
def test_labels_in_two_units_are_found_with_their_lines(reading: Make, times: float, count: int) -> None:
    mixed = [number * times if place % (60 // count) == 0 else number for place, number in enumerate(YEARS)]
    found = codes(images(mixed, reading))
    assert "label-extreme" not in found
    lines = {place + 2 for place in range(60) if place % (60 // count) == 0}
    assert set(found["label-units"].lines) in (lines, set(range(2, 62)) - lines)


def test_labels_in_one_unit_are_not_suspected(reading: Make) -> None:
    assert not {"label-units", "label-extreme"} & set(codes(images(YEARS, reading)))
    babies = [0.1, 0.5, *map(float, range(1, 18))] * 3
    assert "label-units" not in codes(images(babies, reading))


def test_a_code_for_unknown_is_far_from_the_others(reading: Make) -> None:
    found = codes(images([*YEARS, 999.0, -1.0], reading))["label-extreme"]
    assert found.lines == (62,) and "999" in found.message


def test_a_column_with_the_number_gives_the_label_away(reading: Make) -> None:
    noise = np.random.default_rng(1).permutation(60)
    found = codes(images(YEARS, reading, copied=[f"{2 * one:.1f}" for one in YEARS], other=list(map(str, noise))))
    assert "'copied'" in found["label-in-column"].message and "'other'" not in found["label-in-column"].message


def test_the_tables_name_the_fifths(reading: Make) -> None:
    table = check(images(YEARS, reading)).tables["Classes"]
    assert sorted(table["Images"]) == [12] * 5 and "5 to 7.051" in set(table["Class"])


def test_one_image_with_two_numbers_is_an_error(reading: Make) -> None:
    pair = images(YEARS, reading)
    pair[1] = Examined(**{**vars(pair[1]), "outcome": pair[0].outcome})
    assert "two-labels" in codes(pair)
