"""A data set from a table: the same checks for every source, decoded once, patients joined as in runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from radtl_tf.data.tfds import examples
from radtl_tf.errors import DataError, ExperimentError, RadtlError
from radtl_tf.experiment.plan.data import take_in
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.records.folder import OutputFolder


def test_a_manifest_gives_labels_in_its_order(data: Dataset) -> None:
    assert len(data) == 62
    assert data.classes == ("well", "sick")
    assert data.y.dtype == np.int64
    assert data.y.tolist() == [0, 1] * 31
    assert data.task.kind == "binary" and data.task.patient == "patient_id"


def test_groups_join_patients_who_share_an_image(data: Dataset) -> None:
    assert data.groups.tolist() == [*range(60), 0, 1]


def test_groups_are_those_of_an_experiment(data: Dataset, make_experiment: Any, tmp_path: Path) -> None:
    experiment = make_experiment(task={"manifest": str(data.task.manifest)})
    taken = take_in(experiment, OutputFolder(tmp_path / "out"), ())
    assert np.array_equal(taken.cases.groups, data.groups)
    assert np.array_equal(taken.cases.truth, data.y)


def test_repr_counts_and_names_nobody(data: Dataset) -> None:
    for text in (repr(data), data._repr_html_()):
        assert "62 images of 62 patients" in text and "sick (positive)" in text
        assert "0001" not in text and ".png" not in text


def test_a_frame_is_what_its_csv_file_is(data: Dataset, table: Path) -> None:
    frame = pd.read_csv(table, dtype={"patient_id": str}).rename(columns={"path": "file"})
    found = Dataset.from_frame(frame, path="file", positive="sick", patient="patient_id", root=table.parent)
    assert np.array_equal(found.y, data.y)
    assert np.array_equal(found.groups, data.groups)
    assert (found.task.manifest, found.task.dataset) == (None, None)
    assert found.cases.patient_ids != ()


@pytest.mark.slow
def test_cells_become_text_as_in_a_csv_file() -> None:
    frame = pd.DataFrame({"path": ["a", "b", "c"], "label": [1, 0, 1], "id": [7.0, 8.0, 9.5]})
    found = Dataset.from_frame(frame, positive=1, patient="id")
    assert found.classes == ("0", "1")
    manifest = found.source
    assert manifest.table["id"].tolist() == ["7.0", "8.0", "9.5"]  # type: ignore[union-attr]
    with pytest.raises(DataError, match=r"\b1 row .*patient.* line 2"):
        Dataset.from_frame(frame.assign(id=["a", "b", None]), positive=1, patient="id")
    truths = Dataset.from_frame(frame.assign(label=[True, False, True]), positive=True, patient="id")
    assert truths.y.tolist() == [1, 0, 1]


def test_several_columns_or_a_separator_make_a_multilabel_task() -> None:
    frame = pd.DataFrame({"path": ["a", "b", "c"], "x": [1, 0, 1], "y": [0, 1, 1], "id": list("pqr")})
    found = Dataset.from_frame(frame, label=["x", "y"], patient="id")
    assert found.task.kind == "multilabel" and found.y.tolist() == [[1, 0], [0, 1], [1, 1]]
    cells = frame.assign(label=["x", "y", "x|y"])
    assert Dataset.from_frame(cells, label_separator="|", patient="id").y.tolist() == found.y.tolist()


def test_three_classes_make_a_multiclass_task() -> None:
    frame = pd.DataFrame({"path": list("abc"), "label": ["w", "u", "v"]})
    found = Dataset.from_frame(frame, one_image_per_patient=True)
    assert (found.task.kind, found.classes, found.y.tolist()) == ("multiclass", ("u", "v", "w"), [2, 0, 1])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"positive": None}, DataError),  # which of the two is positive?
        ({"positive": "sik"}, DataError),
        ({"label": "finding"}, DataError),
        ({"patient": "who"}, DataError),
        ({"patient": None}, DataError),
        ({"one_image_per_patient": True}, ExperimentError),
        ({"kind": "binry"}, ExperimentError),
        ({"kind": "multiclass"}, ExperimentError),
        ({"unit": "images"}, ExperimentError),
        ({"path": "file"}, DataError),
        ({"root": "nowhere"}, DataError),
    ],
)
def test_wrong_arguments_are_one_line(changes: dict[str, Any], error: type[RadtlError]) -> None:
    frame = pd.DataFrame({"path": ["a", "b"], "label": ["well", "sick"], "id": ["p", "q"]})
    with pytest.raises(error) as caught:
        Dataset.from_frame(frame, **{"positive": "sick", "patient": "id", **changes})
    assert "\n" not in str(caught.value)


def test_the_unit_has_to_be_said_where_patients_repeat() -> None:
    frame = pd.DataFrame({"path": list("abc"), "label": ["w", "s", "s"], "id": ["p", "q", "q"]})
    with pytest.raises(DataError):
        Dataset.from_frame(frame, positive="s", patient="id")
    assert len(Dataset.from_frame(frame, positive="s", patient="id", unit="patient")) == 3


def test_no_table_is_refused() -> None:
    with pytest.raises(DataError):
        Dataset.from_frame([("a", "well")])  # type: ignore[arg-type]
    with pytest.raises(DataError):
        Dataset.from_csv("nowhere.csv", positive="sick", one_image_per_patient=True)


def test_missing_images_are_refused_when_they_are_needed(table: Path) -> None:
    frame = pd.read_csv(table, dtype=str)
    frame.loc[3, "path"] = "images/lost.png"
    found = Dataset.from_frame(frame, positive="sick", patient="patient_id", root=table.parent)
    assert len(found.y) == 62
    for use in (lambda: found.groups, found.to_tf):
        with pytest.raises(DataError) as caught:
            use()
        assert "lost" not in str(caught.value)
    (fault,) = found.check().errors
    assert (fault.code, fault.lines) == ("unreadable", (3,))
    assert [error.code for error in found.subset([2, 3]).check().errors if error.code != "folds"] == ["unreadable"]


@pytest.mark.slow
def test_images_are_decoded_once(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []
    read_all = examples.read_all

    def counting(paths: Any, **options: Any) -> Any:
        decoded.append(1)
        return read_all(paths, **options)

    monkeypatch.setattr(examples, "read_all", counting)
    for _ in range(2):
        found = Dataset.from_csv(table, positive="sick", patient="patient_id")
        assert len(found.groups) == 62
        assert not found.check().errors
        assert len(list(found.subset(range(5)).to_tf(size=32))) == 1
    assert decoded == [1]


def test_a_subset_keeps_the_order_and_its_own_groups(data: Dataset) -> None:
    part = data.subset([60, 5, 0, 61])
    assert part.y.tolist() == [0, 1, 0, 1]
    assert part.groups.tolist() == [0, 1, 0, 2]  # the image of 61 is a copy of patient 1's, who is not in the subset
    assert np.array_equal(part.images.grey(32, "pad"), data.images.grey(32, "pad")[[60, 5, 0, 61]])
    assert part.subset([True, False, False, True]).y.tolist() == [0, 1]
    assert part.subset([-1]).classes == data.classes
    manifest = part.source
    assert [source.line for source in manifest.images] == [62, 7, 2, 63]  # type: ignore[union-attr]


@pytest.mark.parametrize("rows", [[], [62], [-63], [0.5], [[1]], "all", [True, False]])
def test_rows_outside_are_refused(data: Dataset, rows: Any) -> None:
    with pytest.raises(DataError):
        data.subset(rows)


@pytest.mark.slow
def test_numbers_and_stages_keep_their_values(table: Path) -> None:
    frame = pd.read_csv(table, dtype=str)
    frame["age"] = [f"{6 + number / 4:.2f}".replace(".", ",") for number in range(len(frame))]
    frame["stage"] = [("low", "middle", "high")[number % 3] for number in range(len(frame))]
    common = {"patient": "patient_id", "root": table.parent}
    ages = Dataset.from_frame(frame, label="age", kind="regression", label_unit="years", **common)
    assert ages.y.dtype == np.float64 and ages.y[:3].tolist() == [6, 6.25, 6.5] and ages.classes == ()
    assert ages.subset([2, 5]).y.tolist() == [6.5, 7.25] and "mean" in repr(ages)
    assert "Mean" in ages.check().checked.tables["Folds"].columns
    images, y = next(iter(ages.to_tf(size=32, batch_size=4)))
    assert (y.dtype.name, y.numpy().tolist()) == ("float32", [6, 6.25, 6.5, 6.75]) and images.shape == (4, 32, 32, 1)
    stages = Dataset.from_frame(frame, label="stage", kind="ordinal", classes=["low", "middle", "high"], **common)
    assert stages.y[:4].tolist() == [0, 1, 2, 0] and stages.classes == ("low", "middle", "high")
    with pytest.raises(DataError, match="'middle'"):
        Dataset.from_frame(frame, label="stage", kind="ordinal", classes=["low", "high", "other"], **common)
    with pytest.raises(DataError, match="not a finite number"):
        Dataset.from_frame(frame, label="stage", label_unit="years", **common)
