"""Continuing: rows that are on disk are passed over, if they are the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from radtl_tf.data.manifest.paths import ImageFile
from radtl_tf.data.tfds.continued import ChangedRowsError, Continued, continuing, current
from radtl_tf.data.tfds.examples import Row

ROWS = [Row(ImageFile(at + 2, Path(f"{at}.png"), 10, 20), "x", f"p{at}") for at in range(4)]


def _after(number: int) -> str:
    begun = Continued()
    for row in begun.after(ROWS[:number]):
        begun.add(row)
    return begun.digest


def test_the_rows_on_disk_are_passed_over() -> None:
    record = Continued(3, _after(3))
    assert list(record.after(ROWS)) == ROWS[3:] and record.is_used
    record.add(ROWS[3])
    assert record.digest == _after(4)


@pytest.mark.parametrize(
    "rows",
    [ROWS[:2], [ROWS[0], replace(ROWS[1], label="y"), *ROWS[2:]], [ROWS[1], ROWS[0], *ROWS[2:]]],
    ids=["fewer", "label", "order"],
)
def test_other_rows_are_refused(rows: list[Row]) -> None:
    with pytest.raises(ChangedRowsError):
        Continued(3, _after(3)).after(rows)


def test_a_record_is_known_in_its_block_only() -> None:
    record = Continued(1, "x")
    with continuing(record):
        assert current() is record
    assert current().number == 0
