from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.data.embeddings.file import Vectors
from radtl_tf.data.embeddings.matching import ImageNames, check_values, matched, row_name
from radtl_tf.errors import DataError

VALUES = np.array([[0, 1], [2, 3], [4, 5]], np.float32)


def vectors(*names: str) -> Vectors:
    return Vectors(names, VALUES[: len(names)])


def test_vectors_come_in_the_order_of_the_images() -> None:
    np.testing.assert_array_equal(matched(vectors("a", "b", "c"), ImageNames(["c", "a"], [0, 1])), VALUES[[2, 0]])


def test_file_names_do_where_paths_differ() -> None:
    found = matched(
        vectors("/else/1.png", "/else/2.png", "/else/3.png"), ImageNames(["data/2.png", "data/1.png"], [0, 1])
    )
    np.testing.assert_array_equal(found, VALUES[[1, 0]])


@pytest.mark.parametrize("paths", [["x", "y"], None])
def test_numbers_of_rows_do_too(paths: list[str] | None) -> None:
    np.testing.assert_array_equal(matched(vectors("0", "1", "2"), ImageNames(paths, [2, 0])), VALUES[[2, 0]])


def test_numbers_of_rows_are_refused_where_rows_were_left_out() -> None:
    with pytest.raises(DataError, match="2 of 2 images have no vector"):
        matched(vectors("0", "1", "2"), ImageNames(["x", "y"], [0, 1], has_all_rows=False))


def test_vectors_from_memory_keep_their_order_whatever_the_paths_are() -> None:
    names = vectors(*map(row_name, range(3)))
    np.testing.assert_array_equal(matched(names, ImageNames(["2", "1", "0"], [0, 1, 2], has_all_rows=False)), VALUES)


@pytest.mark.parametrize(
    ("names", "wanted", "message"),
    [
        (("a", "b"), ["a", "c"], r"1 of 2 images have no vector \(image 2,"),
        (("x/1", "x/2"), ["a/1", "b/1"], "2 of 2 images"),  # file names are not unique
        (("a", "b", "a"), ["a", "b"], r"1 images have several vectors \(image 1,"),
        (("x/1", "y/1", "x/2"), ["a/1", "a/2"], "several"),
        (("a",), [f"patient{number}" for number in range(9)], r"image 1, 2, 3, 4, 5, \.\.\.,"),
    ],
)
def test_images_without_exactly_one_vector_are_refused(names: tuple[str, ...], wanted: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        matched(vectors(*names), ImageNames(wanted, range(len(wanted))))
    assert "patient" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0, 1], [np.nan, 1], [2, np.inf]], r"2 vectors have NaN .*image 2, 3,"),
        ([[0, 1], [7, 7]], r"1 vectors are constant \(image 2,"),
        ([[0, 1], [0, 1]], "same vector"),
    ],
)
def test_vectors_without_information_are_refused(values: list[list[float]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        check_values(np.array(values, np.float32))


def test_copies_and_idle_dimensions_are_remarks() -> None:
    assert check_values(VALUES) == []
    copies, idle = check_values(np.array([[0, 1], [0, 1], [4, 1]], np.float32))
    assert copies.endswith(": 1.") and idle.startswith("1 of 2 dimensions")
