"""Ages above 89 years are one group in everything that may be handed on."""

from __future__ import annotations

import pytest

from radtl_tf.records.ages import grouped, identifies, named


@pytest.mark.parametrize(
    ("number", "unit", "hidden"),
    [(89.0, "years", False), (89.5, "Years", True), (101.0, "yr", True), (999.0, "years", False), (93.0, "mm", False)],
)
def test_only_ages_above_89_years_are_grouped(number: float, unit: str, hidden: bool) -> None:
    assert identifies(number, unit) == hidden
    assert (named(number, unit) == "90 or more") == (grouped(number, unit) == 90) == hidden
