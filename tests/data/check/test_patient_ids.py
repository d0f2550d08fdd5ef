"""Different spellings of one patient's id are found."""

from __future__ import annotations

from typing import Any

import pytest

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.findings import Examined
from radtl_tf.data.check.patient_ids import alike_ids, damaged_ids
from radtl_tf.data.decoding.reading import Outcome


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        (("17", "18", "17.5", "A7", "A7.0"), {}),
        (("17.0", "18.0", "19.0"), {}),
        (("17", "17.0", "18"), {"patient-ids-decimal": (1, 2)}),
        (("0017", "17.0", "18,00", "18"), {"patient-ids-decimal": (1, 2, 3, 4)}),
        (("p1", "P1", "P 1", "P01", "P2"), {"patient-ids": (1, 2, 3, 4)}),
        (("P-017", "P017", "p 017", "p_17", "P-18"), {"patient-ids": (1, 2, 3, 4)}),
        (("1-12", "11-2", "1.12", "112"), {}),
        (("17_1", "17_2", "18_1", "19"), {"patient-ids-visits": (1, 2)}),
        (("P17", "P17-b", "P18 visit 2", "P18", "P19_2"), {"patient-ids-visits": (1, 2, 3, 4)}),
        (("site1_1", "site1_2", "site1_3", "site2_1"), {}),
        (("17_20240131", "17-2024-02-01", "18_2024.02.01"), {"patient-ids-dated": (1, 2)}),
        (("17_20241331", "17_20240131"), {}),
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


@pytest.mark.parametrize(
    ("ids", "lines"),
    [
        (("1.23E+11", "1,2e+05", "17"), (1, 2)),
        (("12E3", "1e5", "A1.2E+11"), ()),
        (("1234567890123450", "1234567890123460", "17"), (1, 2)),
        (("1234567890123450", "1234567890123461"), ()),
    ],
)
def test_ids_that_a_spreadsheet_has_damaged_are_found(
    ids: tuple[str, ...], lines: tuple[int, ...], reading: Any
) -> None:
    images = [Examined(line, Outcome("decoded", reading=reading()), patient=name) for line, name in enumerate(ids, 1)]
    assert (
        tuple(line for finding in damaged_ids(CheckData(tuple(images), None, None, 0)) for line in finding.lines)
        == lines
    )
