"""Cells with several labels."""

from __future__ import annotations

import pytest

from radtl_tf.data.manifest.label_lists import labels_in


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("A, B,,", ("A", "B")),
        ("", ()),
        ("[]", ()),
        ("['A, left', \"B's\", '']", ("A, left", "B's")),
        ("[A, B]", ("[A", "B]")),  # no list of texts, so it is divided as it is written
        ("[1, 2]", ("[1", "2]")),
        ("[" * 5000 + "]" * 5000, ("[" * 5000 + "]" * 5000,)),
    ],
)
def test_the_labels_of_a_cell(cell: str, labels: tuple[str, ...]) -> None:
    assert labels_in(cell, ",") == labels
