from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from radtl_tf.data.tfds.damaged_data_sets import read_intact, remove_damaged, write_sums
from radtl_tf.errors import DamagedDataSetError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "abc" / "2.0.0"
    folder.mkdir(parents=True)
    for name in ("dataset_info.json", "features.json", "label.labels.txt"):
        (folder / name).write_text("{}")
    return folder


def test_an_intact_data_set_stays(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    remove_damaged(place.parents[1])
    write_sums(place)
    remove_damaged(place.parents[1])
    assert place.is_dir()
    assert not caplog.records


@pytest.mark.parametrize("name", ["dataset_info.json", "features.json", "label.labels.txt", "checksums.json"])
@pytest.mark.parametrize("content", ["", "{ }"])
def test_a_data_set_with_a_damaged_description_is_removed_with_one_line(
    place: Path, name: str, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    write_sums(place)
    (place / name).write_text(content or "{")
    if name == "checksums.json" and content:
        (place / name).write_text('{"files": {}, "checksum": "0"}')
    remove_damaged(place.parents[1])
    assert not place.exists()
    assert len(caplog.records) == 1


def test_of_an_earlier_version_only_a_cut_description_is_seen(place: Path) -> None:
    (place / "dataset_info.json").write_text('{"na')
    remove_damaged(place.parents[1])
    assert not place.exists()


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_a_data_set_that_is_damaged_while_it_is_read_is_built_once_more(tmp_path: Path, failures: int) -> None:
    built: list[Path] = []

    def build() -> Any:
        (tmp_path / "data").mkdir()  # fails if the damaged one is still there
        built.append(tmp_path / "data")
        return SimpleNamespace(data_path=tmp_path / "data")

    def read(builder: Any) -> str:
        if len(built) <= failures:
            raise DamagedDataSetError
        return "rows"

    if failures > 1:
        with pytest.raises(DamagedDataSetError):
            read_intact(build, read)
    else:
        assert read_intact(build, read)[1] == "rows"
        assert len(built) == failures + 1
