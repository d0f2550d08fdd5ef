from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.check.image_summary import DESCRIPTORS, LEVELS, describe, summary


def test_each_descriptor_of_each_image(reading: Any) -> None:
    found = describe([reading(mean=0.25, border=0.5), reading(sd=0.1, height=100, width=30)])
    assert {name: values.tolist() for name, values in found.items()} == {
        "mean": [0.25, 0.5],
        "SD": [0.2, 0.1],
        "border": [0.5, 0.0],
        "height": [20, 100],
        "width": [40, 30],
    }


def test_the_summary_goes_through_json_and_holds_quantiles_only(reading: Any) -> None:
    readings = [reading(mean=mean) for mean in np.linspace(0, 1, 101)]
    found = json.loads(json.dumps(summary(readings, 50)))
    assert (found["images"], found["patients"]) == (101, 50)
    assert found["levels"] == list(LEVELS)
    assert found["descriptors"]["mean"] == pytest.approx(LEVELS)
    assert found["descriptors"]["width"] == [40] * 5
    assert set(found["descriptors"]) == set(DESCRIPTORS)
