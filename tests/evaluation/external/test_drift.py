from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from radtl_tf.evaluation.external.drift import ALPHA, Drift, drifts, sentence

LEVELS = (0.01, 0.25, 0.5, 0.75, 0.99)
NAMES = ("mean", "SD", "border", "height", "width")


def trained(values: dict[str, np.ndarray], patients: int) -> dict[str, Any]:
    return {
        "patients": patients,
        "levels": LEVELS,
        "descriptors": {name: np.quantile(of, LEVELS).tolist() for name, of in values.items()},
    }


def images(random: np.random.Generator, number: int, **shifts: float) -> dict[str, np.ndarray]:
    return {name: random.normal(shifts.get(name, 0), 1, number) for name in NAMES}


def of_mean(found: list[Drift]) -> Drift:
    return next(one for one in found if one.name == "mean")


@pytest.mark.slow
@pytest.mark.parametrize(("before", "here"), [(40, 40), (60, 400), (1000, 300)])
def test_images_like_those_of_training_are_seldom_said_to_differ(before: int, here: int) -> None:
    random = np.random.default_rng(7)
    said, outside, expected = 0, [], []
    for _ in range(400):
        found = drifts(trained(images(random, before), before), images(random, here), here)
        said += any(one.is_drift for one in found)
        outside += [int(one.outside.sum()) for one in found]
        expected.append(found[0].expected)
    assert said / 400 <= ALPHA + 0.01
    assert np.mean(outside) == pytest.approx(np.mean(expected), rel=0.2)


def test_a_shift_is_said_with_its_size() -> None:
    random = np.random.default_rng(8)
    found = drifts(trained(images(random, 200), 200), images(random, 80, mean=3), 80)
    assert [one.name for one in found if one.is_drift] == ["mean"]
    text = sentence(found)
    assert "mean (" in text and "SD (" not in text
    outside = np.any([one.outside for one in found], axis=0).sum()
    assert re.match(rf"{outside} of 80 images .*\b98 % .*mean, SD,", text)


def test_both_ends_count() -> None:
    here = {"mean": np.array([0.0] * 18 + [-9.0, 9.0])}
    (found,) = drifts(trained({"mean": np.linspace(-1, 1, 101)}, 101), here, 20)
    assert found.outside.tolist() == [False] * 18 + [True, True]
    assert (found.low, found.median, found.high) == pytest.approx((-0.98, 0, 0.98))
    assert found.here == 0


def test_images_of_one_patient_are_no_further_evidence() -> None:
    values = trained({"mean": np.linspace(-1, 1, 101)}, 101)
    here = np.array([2.0] * 8 + [0.0] * 32)
    of_many, of_few = (of_mean(drifts(values, {"mean": here}, patients)) for patients in (40, 10))
    assert of_many.is_drift
    assert not of_few.is_drift  # it may be two of ten patients
    assert of_many.outside.sum() == of_few.outside.sum() == 8


def test_a_size_that_all_training_images_had() -> None:
    values = trained({"height": np.full(50, 512.0)}, 50)
    (same,) = drifts(values, {"height": np.full(30, 512.0)}, 30)
    (other,) = drifts(values, {"height": np.full(30, 600.0)}, 30)
    assert not same.outside.any() and same.p_value == 1
    assert other.outside.all() and other.is_drift
