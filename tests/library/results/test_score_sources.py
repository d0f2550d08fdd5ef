"""What is scored: files, folders with links, manifests and data sets, in the order of the input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import radtl_tf as radtl
from radtl_tf.errors import DataError
from radtl_tf.library.results.score_sources import find_sources

pytestmark = pytest.mark.slow

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for name in ("b.png", "a.png", "deep/c.png"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).write_bytes(PNG)
    return tmp_path / "images"


def names(found: list[Any]) -> list[str]:
    return [Path(str(one.name)).name for one in found]


def test_files_and_folders_keep_their_order(images: Path, caplog: pytest.LogCaptureFixture) -> None:
    (images / "notes.gif").write_bytes(b"GIF89a")
    found = find_sources([images / "b.png", images, images / "nowhere.png", images / "a.png"])
    assert names(found) == ["b.png", "a.png", "b.png", "c.png", "nowhere.png", "a.png"]
    assert [one.fault is not None for one in found] == [False] * 4 + [True, False]
    assert "a GIF (1: notes.gif)" in caplog.text
    assert names(find_sources(str(images / "a.png"))) == ["a.png"]


def test_links_inside_a_folder_are_followed_without_loops(images: Path) -> None:
    (images / "linked.png").symlink_to("deep/c.png")
    (images / "deep" / "up").symlink_to("..")
    assert names(find_sources([images])) == ["a.png", "b.png", "linked.png", "c.png"]


def test_a_folder_of_links_that_leave_it_is_refused_and_says_why(images: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "a.png").symlink_to(images / "a.png")
    with pytest.raises(DataError, match="leaves the folder"):
        find_sources([tmp_path / "links"])


def test_an_empty_folder_and_missing_paths_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for paths in ([tmp_path / "empty"], [tmp_path / "nowhere"], [tmp_path / "nowhere.csv"]):
        with pytest.raises(DataError) as error:
            find_sources(paths)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_manifest_gives_its_rows_in_order_also_those_without_an_image(ending: str, images: Path) -> None:
    table = pd.DataFrame({"file": ["images/b.png", "images/nowhere.png", "images/deep/c.png"]})
    path = images.parent / f"list{ending}"
    table.to_csv(path, index=False) if ending == ".csv" else table.to_excel(path, index=False)
    found = find_sources([path, images / "a.png"], "file")
    assert [one.name for one in found[:3]] == table["file"].tolist()
    assert [one.fault is None for one in found] == [True, False, True, True]
    assert found[2].path.read_bytes() == PNG


def test_a_manifest_without_a_path_column_is_refused(images: Path) -> None:
    (images / "list.csv").write_text("name,label\na.png,1\n")
    with pytest.raises(DataError, match="path"):
        find_sources([images / "list.csv"])
    with pytest.raises(DataError, match="file"):
        find_sources([images / "list.csv"], "file")


def test_a_data_set_is_named_by_its_rows(compared: Path, columns: dict[str, Any]) -> None:
    data = radtl.Dataset.from_csv(compared / "labels.csv", **columns).subset([5, 2])
    found = find_sources(data)
    assert [one.name for one in found] == [0, 1]
    assert [one.path.name for one in found] == ["005.png", "002.png"]
