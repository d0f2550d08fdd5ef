"""Images that differ from the training images are flagged, by the limits of ``radtl test``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from radtl_tf.data.check.image_summary import describe, summary
from radtl_tf.deploy.quality import Quality
from radtl_tf.evaluation.external.drift import drifts


@pytest.fixture(scope="module")
def trained(reading: Any) -> dict[str, Any]:
    means = np.linspace(0.3, 0.6, 100)
    pairs = zip(means, [8, 12] * 50, strict=True)
    return summary([reading(mean=mean, height=100, width=80, bits=bits) for mean, bits in pairs], 9)


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, ()),
        ({"bits": 12}, ()),
        ({"height": 101}, ("size",)),
        ({"width": 79}, ("size",)),
        ({"mean": 0.61}, ("brightness",)),
        ({"sd": 0.3}, ("brightness",)),
        ({"border": 0.1}, ("brightness",)),
        ({"bits": 16}, ("bits",)),
        ({"bits": 16, "mean": 0.0, "height": 1}, ("size", "brightness", "bits")),
    ],
)
def test_each_flag(changes: dict[str, Any], codes: tuple[str, ...], trained: dict[str, Any], reading: Any) -> None:
    usual = {"mean": 0.5, "height": 100, "width": 80}
    assert Quality({"inputs": trained}).flags(reading(**{**usual, **changes})) == codes


def test_the_limits_are_those_of_a_test(trained: dict[str, Any], reading: Any) -> None:
    readings = [reading(mean=mean, height=100, width=80) for mean in np.linspace(0.2, 0.7, 200)]
    outside = next(one.outside for one in drifts(trained, describe(readings), 200) if one.name == "mean")
    quality = Quality({"inputs": trained})
    assert outside.any() and not outside.all()
    assert [bool(quality.flags(one)) for one in readings] == outside.tolist()


@pytest.mark.parametrize(("number", "codes"), [(7.9, ("range",)), (8.0, ()), (15.0, ()), (15.1, ("range",))])
def test_a_number_outside_the_training_labels(
    number: float, codes: tuple[str, ...], trained: dict[str, Any], reading: Any
) -> None:
    card = {"inputs": trained, "label_range": [8.0, 15.0]}
    assert Quality(card).flags(reading(mean=0.5, height=100, width=80), (number,)) == codes
    assert Quality({"label_range": [8.0, 15.0]}).flags(reading(), (number,)) == (*codes, "unknown")


def test_a_model_without_a_summary_says_so(reading: Any, trained: dict[str, Any]) -> None:
    assert Quality({}).flags(reading()) == Quality({"inputs": None}).flags(reading()) == ("unknown",)
    earlier = {name: value for name, value in trained.items() if name != "bits"}
    assert Quality({"inputs": earlier}).flags(reading(mean=0.5, height=100, width=80, bits=16)) == ()
