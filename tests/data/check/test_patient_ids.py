"""Different spellings of one patient's id are found."""

from __future__ import annotations

from typing import Any

import pytest

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.findings import Examined
from radtl_tf.data.check.patient_ids import alike_ids
from radtl_tf.data.decoding.reading import Outcome


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        (("17", "18", "17.5", "A7", "A7.0"), {}),
        (("17.0", "18.0", "19.0"), {}),
        (("17", "17.0", "18"), {"patient-ids-decimal": (1, 2)}),
        (("0017", "17.0", "18,00", "18"), {"patient-ids-decimal": (1, 2, 3, 4)}),
        (("p1", "P1", "P 1", "P01", "P2"), {"patient-ids": (1, 2, 3, 4)}),
        (("Mu\u0308ller", "M\xfcller\xa0", "'M\xfcller", "x"), {"patient-ids-joined": (1, 2, 3)}),
        (("\uff11\uff17", "17", "17.0"), {"patient-ids-joined": (1, 2), "patient-ids-decimal": (1, 2, 3)}),
    ],
)
def test_ids_that_look_alike_are_found_with_their_lines(
    ids: tuple[str, ...], found: dict[str, tuple[int, ...]], reading: Any
) -> None:
    images = [Examined(line, Outcome("decoded", reading=reading()), patient=name) for line, name in enumerate(ids, 1)]
    findings = list(alike_ids(CheckData(tuple(images), None, None, 0)))
    assert {finding.code: finding.lines for finding in findings} == found
    assert not any(name in finding.message for finding in findings for name in ids if len(name) > 3)
