"""The tables of the check."""

from __future__ import annotations

from typing import Any

import pytest

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.findings import Examined
from radtl_tf.data.check.tables import counts, tables
from radtl_tf.data.decoding.reading import Outcome


@pytest.fixture
def data(reading: Any) -> CheckData:
    def image(line: int, label: str, patient: str, **changes: Any) -> Examined:
        return Examined(line, Outcome("decoded", reading=reading(**changes)), (label,), patient)

    images = (
        image(2, "child", "a", metadata={"age": "8", "spacing": "0.1"}),
        image(3, "child", "a", metadata={"age": "10"}, pixels_hash="2"),
        image(4, "adult", "b", metadata={"age": "40"}, height=99, pixels_hash="3"),
        Examined(5, Outcome("refused", "damaged", "cut")),
    )
    return CheckData(images, None, None, 0)


def test_every_file_is_counted_once(data: CheckData) -> None:
    assert counts(data) == {"Images": "3 decoded, 1 refused", "Patients": "2"}
    files = tables(data)["Files"]
    assert files.to_numpy().tolist() == [["decoded", "", 3], ["refused", "damaged", 1]]


def test_classes_and_sizes(data: CheckData) -> None:
    found = tables(data)
    assert found["Classes"].to_numpy().tolist() == [["child", 2, 1], ["adult", 1, 1]]
    assert found["Sizes"].to_numpy().tolist() == [["40 x 20", 8, 2], ["40 x 99", 8, 1]]


def test_age_and_spacing_by_class(data: CheckData) -> None:
    table = tables(data)["Age and pixel spacing by class"]
    rows = {(row["What"], row["Class"]): row for row in table.to_dict("records")}
    child = rows["Age (years)", "child"]
    assert (child["Known"], child["Mean"], child["SD"], child["Median"]) == (2, "9", "1", "9")
    assert rows["Age (years)", "adult"]["Mean"] == "40"
    assert rows["Pixel spacing (mm)", "child"]["Known"] == 1
    assert ("Pixel spacing (mm)", "adult") not in rows


def test_a_table_without_a_row_is_left_out(data: CheckData) -> None:
    assert not {"Folds", "Acquisition by class"} & set(tables(data))
