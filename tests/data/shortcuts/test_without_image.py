"""Shortcuts: a label that can be predicted without the content of the image."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from radtl_tf.data.shortcuts.without_image import acquisition_auroc, associations, leaking_columns

RANDOM = np.random.default_rng(5)
TRUTH = np.arange(80) % 2
PATIENTS = np.arange(80) // 2


def test_an_acquisition_that_gives_the_label_is_found(reading: Any) -> None:
    patients = np.arange(80)
    noise = RANDOM.normal(0, 0.02, 80)
    bright = [reading(mean=0.4 + 0.1 * label + jitter) for label, jitter in zip(TRUTH, noise, strict=True)]
    assert acquisition_auroc(bright, TRUTH, patients) > 0.95
    plain = [reading(mean=0.4 + jitter) for jitter in noise]
    assert 0.25 < acquisition_auroc(plain, TRUTH, patients) < 0.65


def test_patients_are_never_divided(reading: Any) -> None:
    """Each patient has a brightness and an independent label."""
    patients = np.repeat(np.arange(40), 4)
    truth = np.repeat(RANDOM.permutation(np.arange(40) % 2), 4)
    own = RANDOM.normal(0, 1, 40)[patients]
    assert acquisition_auroc([reading(mean=value) for value in own], truth, patients) < 0.75


def test_several_classes_are_compared_one_with_the_rest(reading: Any) -> None:
    truth = np.arange(90) % 3
    readings = [reading(height=20 + label) for label in truth]
    assert acquisition_auroc(readings, truth, np.arange(90)) > 0.8


def test_without_a_difference_or_images_there_is_no_shortcut(reading: Any) -> None:
    assert acquisition_auroc([reading()] * 80, TRUTH, PATIENTS) == 0.5
    assert np.isnan(acquisition_auroc([reading()] * 8, TRUTH[:8], PATIENTS[:8]))


def test_a_property_that_goes_with_the_label_has_a_high_v(reading: Any) -> None:
    views = [
        reading(metadata={"view": "AP" if label else "PA", "vendor": "AB"[turn % 4 > 1]})
        for turn, label in enumerate(TRUTH)
    ]
    found = {row.name: row for row in associations(views, TRUTH)}
    assert found["view"].v == pytest.approx(1, abs=0.01) and found["view"].p_value < 1e-10
    assert found["vendor"].v == 0 and found["vendor"].p_value > 0.9
    assert set(found) == {"view", "vendor"}  # a constant value is not associated with anything


@pytest.mark.parametrize(
    ("cells", "leaks"),
    [
        ([f"{'sick' if label else 'well'}-{turn}.png" for turn, label in enumerate(TRUTH)], True),
        ([f"a/{turn}{'_Sick' if label else ''}" for turn, label in enumerate(TRUTH)], True),
        (["x" if label else "" for label in TRUTH], True),
        ([str(0.5 + label + 0.001 * turn) for turn, label in enumerate(TRUTH)], True),
        ([f"P{turn}" for turn in range(80)], False),
        ([str(turn) for turn in range(80)], False),
        (["M" if turn % 3 else "F" for turn in range(80)], False),
        (["x" if label != (turn // 2 % 5 == 0) else "y" for turn, label in enumerate(TRUTH)], False),
        (
            ["x" if label or turn % 5 == 0 else "" for turn, label in enumerate(TRUTH)],
            True,
        ),  # an empty cell reveals the label
        ([f"{'S' if label else 'W'}{turn:03d}.png" for turn, label in enumerate(TRUTH)], True),
        ([f"{turn}{'_covid' if label and turn % 5 < 3 else ''}" for turn, label in enumerate(TRUTH)], True),
        ([f"{'J' if label else 'Z'}{turn // 2 % 6}x" for turn, label in enumerate(TRUTH)], True),
        ([f"{label * 8 + turn // 2 % 8}" for turn, label in enumerate(TRUTH)], True),
        (["" if turn % 9 == 0 else str(label + 0.001 * turn) for turn, label in enumerate(TRUTH)], True),
        ([str(number) for number in np.random.default_rng(1).integers(8, size=80)], False),
    ],
)
def test_a_word_or_number_that_gives_the_label_away(cells: list[str], leaks: bool) -> None:
    assert bool(leaking_columns(pd.DataFrame({"column": cells}), TRUTH, np.arange(80))) == leaks


def test_of_a_few_images_nothing_is_said() -> None:
    assert leaking_columns(pd.DataFrame({"column": list("abababab")}), TRUTH[:8], PATIENTS[:8]) == []


def test_a_word_of_one_patient_is_no_leak() -> None:
    truth, patients = np.repeat([0, 1], 40), np.repeat(np.arange(20), 4)
    cells = [f"ward-{turn % 3}" + ("-x" if patient == 3 else "") for turn, patient in enumerate(patients)]
    assert leaking_columns(pd.DataFrame({"column": cells}), truth, patients) == []
