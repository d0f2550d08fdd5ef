"""What may be kept of a metadata value."""

from __future__ import annotations

import pytest

from radtl_tf.data.decoding.reading import plain


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("age", "041", "41"),
        ("age", "103", "90"),
        ("age", "about 40", "about 40"),
        ("vendor", " A\nB\x00 ", "A B"),
        ("vendor", "x" * 100, "x" * 32),
        ("site", "97", "97"),
    ],
)
def test_a_value_is_one_short_line_and_the_oldest_are_90(name: str, value: str, kept: str) -> None:
    assert plain(name, value) == kept
