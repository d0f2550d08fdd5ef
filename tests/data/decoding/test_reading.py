"""What is known of a file is a record that cannot change."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from radtl_tf.data.decoding.reading import Outcome


def test_a_file_that_was_refused_has_neither_measurements_nor_pixels(reading: Any) -> None:
    refused = Outcome("refused", "damaged", "The file is damaged.")
    assert refused.reading is None and refused.png is None
    with pytest.raises(dataclasses.FrozenInstanceError):
        refused.reading = reading()  # type: ignore[misc]
