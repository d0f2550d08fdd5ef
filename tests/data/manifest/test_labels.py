from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.data.manifest.labels import assemble, narrowed
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task


def _each(labels: list[str]) -> list[tuple[str, ...]]:
    return [(label,) for label in labels]


def test_patients_are_numbered_by_first_appearance_and_classes_go_from_negative_to_positive() -> None:
    cases = assemble(
        _each(["sick", "well", "sick", "well"]), ["p9", "p1", "p9", "p0"], Task(positive="sick", unit="patient")
    )
    assert cases.classes == ("well", "sick")
    np.testing.assert_array_equal(cases.truth, [1, 0, 1, 0])
    np.testing.assert_array_equal(cases.patients, [0, 1, 0, 2])
    np.testing.assert_array_equal(cases.examples, [0, 1, 2, 3])
    assert cases.patient_ids == ("p9", "p1", "p0")
    assert {array.dtype for array in (cases.truth, cases.patients, cases.examples)} == {np.dtype(np.int64)}


def test_the_unit_is_the_patient_where_no_patient_repeats() -> None:
    assert assemble(_each(["a", "b"]), ["1", "2"], Task(positive="b")).unit == "patient"
    assert assemble(_each(["a", "b"]), ["1", "2"], Task(positive="b", unit="image")).unit == "image"


@pytest.mark.parametrize(
    ("labels", "patients", "unit", "advised"),
    [
        (["a", "a", "b"], ["1", "1", "2"], None, "unit = 'patient'"),
        (["a", "b", "b"], ["1", "1", "2"], None, "unit = 'image'"),
        (["a", "b", "b"], ["1", "1", "2"], "patient", "unit = 'image'"),
    ],
)
def test_the_unit_has_to_be_said_and_possible_where_patients_repeat(
    labels: list[str], patients: list[str], unit: str | None, advised: str
) -> None:
    with pytest.raises(DataError, match=rf"\b1 .*{advised}"):
        assemble(_each(labels), patients, Task(positive="b", unit=unit))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        (["b", "b"], r"'label' .*\b1\b.*'b' \(2"),
        (["a", "b", "c", "b"], r"\b3\b.*'b' \(2.*'a' \(1.*'c' \(1"),
        (["a", "B"], r"'b'.*'a'"),
        (["a", "b\nb"], r"line break"),
    ],
)
def test_labels_that_make_no_binary_task_are_refused(labels: list[str], values: str) -> None:
    with pytest.raises(DataError, match=values):
        assemble(_each(labels), [str(number) for number in range(len(labels))], Task(positive="b"))


def test_a_column_of_many_values_is_counted_and_not_shown() -> None:
    names = [f"SURNAME{number}" for number in range(40)]
    with pytest.raises(DataError, match=r"\b40\b") as caught:
        assemble(_each(names), names, Task(positive="SURNAME1"))
    assert "SURNAME" not in str(caught.value)


def test_the_nearest_label_is_suggested() -> None:
    with pytest.raises(DataError, match="'pneumonia'"):
        assemble(_each(["pneumonia", "normal"]), ["1", "2"], Task(positive="pneumona"))


def test_of_images_with_several_labels_a_binary_task_asks_for_one() -> None:
    labels = [("a", "b"), (), ("b",), ("c",)]
    cases = assemble(labels, list("1234"), Task(positive="b", label_separator="|"))
    assert cases.classes == ("not b", "b")
    np.testing.assert_array_equal(cases.truth, [1, 0, 1, 0])
    with pytest.raises(DataError, match="every .*'b'"):
        assemble([("a", "b"), ("b",)], list("12"), Task(positive="b"))


def test_a_multiclass_task_numbers_its_sorted_classes() -> None:
    cases = assemble(_each(["c", "a", "b", "a"]), list("1234"), Task(kind="multiclass"))
    assert (cases.classes, cases.truth.tolist(), cases.kind) == (("a", "b", "c"), [2, 0, 1, 0], "multiclass")
    with pytest.raises(DataError, match=r"\b1 images"):
        assemble([("a",), ("a", "b")], list("12"), Task(kind="multiclass"))
    with pytest.raises(DataError, match=r"\b1 classes"):
        assemble(_each(["a", "a"]), list("12"), Task(kind="multiclass"))


def test_a_multilabel_task_has_a_column_of_truth_per_class() -> None:
    task = Task(kind="multilabel", label_separator="|", unit="image")
    cases = assemble([("b", "a"), (), ("b",)], ["1", "1", "2"], task)
    assert cases.classes == ("a", "b")
    np.testing.assert_array_equal(cases.truth, [[1, 1], [0, 0], [0, 1]])
    with pytest.raises(DataError, match=r"\b1 patients"):
        assemble([("b", "a"), (), ("b",)], ["1", "1", "2"], Task(kind="multilabel", unit="patient"))


def test_classes_named_as_columns_keep_their_order() -> None:
    cases = assemble([("z",), ("a", "z")], list("12"), Task(kind="multilabel", label=("z", "a", "never")))
    assert cases.classes == ("z", "a", "never")
    np.testing.assert_array_equal(cases.truth, [[1, 0, 0], [1, 1, 0]])


def test_the_classes_of_a_multilabel_task_are_those_that_it_names() -> None:
    labels: list[tuple[str, ...]] = [("cyst", "caries"), ("caries", "rare"), ()]
    task = Task(kind="multilabel", label_separator="|", classes=("cyst", "caries"))
    cases = assemble(labels, ["1", "2", "3"], task)
    assert cases.classes == ("cyst", "caries")
    np.testing.assert_array_equal(cases.truth, [[1, 1], [0, 1], [0, 0]])
    assert narrowed(labels, task) == [("cyst", "caries"), ("caries",), ()]
    assert narrowed(labels, Task(kind="multilabel", label_separator="|")) == labels
    with pytest.raises(DataError, match="'carries' .*'caries'"):
        assemble(labels, ["1", "2", "3"], Task(kind="multilabel", label_separator="|", classes=("cyst", "carries")))
