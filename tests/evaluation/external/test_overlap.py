from __future__ import annotations

import numpy as np

from radtl_tf.evaluation.external.overlap import Overlap, overlap_sentence

FOUND = Overlap("mine", np.array([True, False, False]), np.array([False, True, False]))


def test_the_counts_and_the_cells() -> None:
    assert FOUND.number == 2
    assert FOUND.cells(3) == ["exact", "near", "no"]
    assert FOUND.as_dict() == {"model": "mine", "exact": 1, "near": 1}
    assert "2 of 3" in overlap_sentence([FOUND]) and "too good" in overlap_sentence([FOUND])


def test_no_overlap_and_an_unknown_one_differ() -> None:
    none, unknown = Overlap("mine", np.zeros(3, bool), np.zeros(3, bool)), Overlap("other")
    assert (none.number, unknown.number) == (0, 0)
    assert unknown.cells(2) == [None, None]
    assert unknown.as_dict() == {"model": "other", "exact": None, "near": None}
    said = overlap_sentence([none, unknown])
    assert "None of the 3" in said and "cannot check" in said and "too good" not in said
