"""Metadata are kept in one form, and never a date."""

from __future__ import annotations

import pytest

from radtl_tf.data.decoding.metadata_values import plain, read_value


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
        ("age", "45 years old", "45"),
        ("age", "aged 45", "45"),
        ("age", "45 y/o", "45"),
        ("age", "4歳6か月", "4"),
        ("age", "2y 30m", "4"),
        ("age", "90+", "90"),
        ("age", "> 89", "90"),
        ("sex", "Female", "F"),
        ("sex", "男性", "M"),
        ("sex", " m. ", "M"),
        ("sex", "1", ""),
        ("spacing", "0.1430", "0.1430"),
        ("spacing", "0,143", "0.143"),
        ("spacing", "143 µm", "0.143"),
        ("spacing", "0.014 cm", "0.14"),
        ("spacing", "[0.139, 0.139]", "0.139"),
        ("spacing", "0", ""),
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


@pytest.mark.parametrize(
    ("name", "cell", "fault", "unit"),
    [
        ("age", "1979-03-02", "date", ""),
        ("age", "2.3.79", "date", ""),
        ("age", "1979年3月2日", "date", ""),
        ("age", "1979-03-02 10:30:00", "date", ""),
        ("age", "19790302", "date", ""),
        ("age", "adult", "unread", ""),
        ("age", "> 5", "unread", ""),
        ("age", "unknown", "", ""),
        ("age", "6 weeks", "", "weeks"),
        ("age", "4歳6か月", "", "several"),
        ("sex", "2", "unread", ""),
        ("sex", "不明", "", ""),
        ("spacing", "1 inch", "unread", ""),
        ("spacing", "0.1 mm", "", "mm"),
    ],
)
def test_a_value_says_what_is_wrong_with_it_and_which_unit_it_names(
    name: str, cell: str, fault: str, unit: str
) -> None:
    value = read_value(name, cell)
    assert (value.fault, value.unit) == (fault, unit)
