from __future__ import annotations

import numpy as np

from radtl_tf.data.manifest.cases import Cases
from radtl_tf.library.data.subset import part_of, positions_of


def test_positions_come_from_masks_and_from_the_end() -> None:
    assert positions_of([True, False, True], 3).tolist() == [0, 2]
    assert positions_of(np.array([2, -3]), 3).tolist() == [2, 0]


def test_patients_are_numbered_by_their_first_appearance() -> None:
    three = np.arange(3)
    cases = Cases(three, np.array([0, 1, 1]), three, ("a", "b", "c"), ("no", "yes"), "image")
    part = part_of(cases, np.array([2, 0, 2]))
    assert (part.patients.tolist(), part.patient_ids, part.truth.tolist()) == ([0, 1, 0], ("c", "a"), [1, 0, 1])
    assert part.examples.tolist() == [0, 1, 2]
