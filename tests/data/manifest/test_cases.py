"""Cases are plain frozen arrays."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from radtl_tf.data.manifest.cases import Cases


def test_cases_cannot_be_exchanged_under_way() -> None:
    none = np.zeros(0, np.int64)
    cases = Cases(none, none, none, (), ("a", "b"), "patient")
    with pytest.raises(dataclasses.FrozenInstanceError):
        cases.unit = "image"  # type: ignore[misc]
