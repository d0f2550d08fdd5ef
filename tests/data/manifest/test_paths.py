from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.data.manifest.paths import ABSOLUTE, BACKSLASHES, CASE, FORM, find_images, image_at
from radtl_tf.errors import DataError

NFD = unicodedata.normalize("NFD", "R\xf6ntgen")


def _files(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")


def _kinds(root: Path, *cells: str, suffix: str | None = None) -> list[str]:
    found = find_images(cells, range(2, 2 + len(cells)), root, column="path", suffix=suffix)
    assert found.faults == {}
    return [repair.kind.removeprefix("paths: ") for repair in found.repairs]


@pytest.mark.parametrize(
    ("name", "cell", "kinds"),
    [
        ("sub/a.png", "sub/a.png", []),
        ("sub/a.png", "./sub//a.png", []),
        (f"{NFD}/{NFD}.png", f"{NFD}/{NFD}.png", []),
        (f"{NFD}/{NFD}.png", "R\xf6ntgen/R\xf6ntgen.png", [FORM]),
        ("R\xf6ntgen/a.png", f"{NFD}\\a.png", [BACKSLASHES, FORM]),
        ("a.png", "a.PNG", [CASE]),
        ("Images/A.png", "images/a.png", [CASE]),
        ("a b.png", "a\xa0b.png ", [FORM]),
        ("a.png", "'a.png", [FORM]),
        (" a.png", " a.png", []),
    ],
)
def test_a_path_is_compared_with_the_names_that_are_there(
    tmp_path: Path, name: str, cell: str, kinds: list[str]
) -> None:
    _files(tmp_path, name)
    assert _kinds(tmp_path, cell) == kinds
    assert image_at(cell, 2, tmp_path).path == tmp_path / name


def test_the_file_of_this_very_name_goes_first(tmp_path: Path) -> None:
    _files(tmp_path, "a.png", "A.png", "A.PNG")
    assert image_at("A.png", 2, tmp_path).path.name == "A.png"
    with pytest.raises(DataError, match="exist"):
        image_at("a.PNG", 2, tmp_path)  # may be any of them


def test_an_absolute_path_may_lie_inside_the_folder(tmp_path: Path) -> None:
    root = tmp_path / "root"
    _files(root, "sub/a.png")
    _files(tmp_path, "b.png")
    (tmp_path / "link").symlink_to(root)
    for base in (root, tmp_path / "link"):
        assert _kinds(base, f"{base}/sub/a.png") == [ABSOLUTE]
    for cell in (f"{tmp_path}/b.png", f"{root}/../b.png", "//host/share/a.png", "C:\\a.png", "\\\\host\\a.png"):
        with pytest.raises(DataError):
            image_at(cell, 2, root)


def test_a_suffix_is_appended_where_it_lacks(tmp_path: Path) -> None:
    _files(tmp_path, "a.png", "b.PNG", "c.jpg")
    assert _kinds(tmp_path, "a", "a.png", "c.jpg", suffix=".png") == []
    assert _kinds(tmp_path, "b", suffix=".png") == [CASE]


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_refused_under_any_form_of_its_name(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "a.png")
    for cell in ("a.png", "A.PNG"):
        with pytest.raises(DataError, match="device|folder"):
            image_at(cell, 2, tmp_path)


def test_a_name_that_is_like_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    _files(tmp_path, "outside/a.png")
    (root / "Out").symlink_to(tmp_path / "outside")
    (root / "b.png").symlink_to(tmp_path / "outside" / "a.png")
    for cell in ("Out/a.png", "out/a.png", "b.png", "B.png"):
        with pytest.raises(DataError, match="link"):
            image_at(cell, 2, root)


def test_faults_are_kept_by_row(tmp_path: Path) -> None:
    _files(tmp_path, "a.png")
    found = find_images(["a.png", "", "b.png", "x/b.png"], [2, 3, 4, 5], tmp_path, column="path")
    assert set(found.faults) == {1, 2, 3} and len(found.images) == 4
    assert [image.size for image in found.images] == [1, 0, 0, 0]
