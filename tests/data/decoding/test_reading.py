"""The metadata values that may be stored."""

from __future__ import annotations

import pytest

from radtl_tf.data.decoding.reading import plain


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("age", "041", "41"),
        ("age", "103", "90"),
        ("age", "97.0", "90"),
        ("age", "92,0", "90"),
        ("age", "89.9", "89"),
        ("age", " 45,5 ", "45"),
        ("age", "0.5", "0"),
        ("age", "045Y", "45"),
        ("age", "097Y", "90"),
        ("age", "018M", "1"),
        ("age", "18 months", "1"),
        ("age", "45 years", "45"),
        ("age", "\uff19\uff17", "90"),  # full-width digits
        ("vendor", " A\nB\x00 ", "A B"),
        ("vendor", "x" * 100, "x" * 32),
        ("site", "97", "97"),
    ],
)
def test_a_value_is_one_short_line_and_the_oldest_are_90(name: str, value: str, kept: str) -> None:
    assert plain(name, value) == kept
    assert plain(name, kept) == kept


@pytest.mark.parametrize(
    "value",
    ["about 40", "1979-03-02", "02.03.1979", "19790302", "1979", "-3", "999", "999Y", "nan", "1e2", "1/2", "45 m2"],
)
def test_what_is_not_an_age_is_unknown(value: str) -> None:
    assert plain("age", value) == ""
