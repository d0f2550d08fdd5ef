"""No cell of a table runs as a formula in a spreadsheet."""

from __future__ import annotations

import pytest

from radtl_tf.records.csv_text import csv_text, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text) == "'" + text


def test_numbers_stay_numbers() -> None:
    assert csv_text(["a", "b"], [[-0.5, "=x"]]) == "a,b\n-0.5,'=x\n"
