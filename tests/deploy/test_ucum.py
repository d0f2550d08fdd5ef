"""Units as people write them, and their codes."""

from __future__ import annotations

import pytest

from radtl_tf.deploy.ucum import KNOWN, ucum


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ("years", "a"),
        (" Year ", "a"),
        ("months", "mo"),
        ("MM", "mm"),
        ("mm²", "mm2"),
        ("°", "deg"),
        ("mm  Hg", "mm[Hg]"),
    ],
)
def test_common_units_have_a_code(unit: str, code: str) -> None:
    found = ucum(unit)
    assert found is not None and found[0] == code


def test_an_unknown_unit_has_none() -> None:
    assert ucum("points") is None
    assert all(ucum(unit) for unit in KNOWN)
