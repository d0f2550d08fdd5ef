"""Columns of metadata that hold dates, several units or unknown words are found."""

from __future__ import annotations

from typing import Any

import pytest

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.findings import Examined
from radtl_tf.data.check.metadata_cells import metadata_cells
from radtl_tf.data.decoding.reading import Outcome


@pytest.mark.parametrize(
    ("name", "cells", "found"),
    [
        ("age", ("45", "97.0", "", "nan"), {}),
        ("age", ("045Y", "006M", "3 weeks"), {}),
        ("age", ("45", "46 years"), {}),
        ("age", ("45", "6 months", "7"), {"mixed-units": (1, 3)}),
        ("age", ("45", "1979-03-02", "ZZ"), {"dates-of-birth": (2,), "unread-metadata": (3,)}),
        ("sex", ("1", "2", "F"), {"unread-metadata": (1, 2)}),
        ("spacing", ("0.1", "150 um"), {"mixed-units": (1,)}),
        ("vendor", ("1979-03-02", "?"), {}),
    ],
)
def test_columns_of_metadata(
    name: str, cells: tuple[str, ...], found: dict[str, tuple[int, ...]], reading: Any
) -> None:
    outcome = Outcome("decoded", reading=reading())
    images = tuple(Examined(line, outcome, cells={name: cell}) for line, cell in enumerate(cells, 1))
    findings = list(metadata_cells(CheckData(images, None, None, 0)))
    assert {finding.code: finding.lines for finding in findings} == found
    assert not any("1979" in finding.message or "ZZ" in finding.message for finding in findings)
