"""The folders that are shipped with the package, and the folder of weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf import places


@pytest.mark.parametrize("name", ["datasets", "weights", "experiments"])
def test_a_clone_finds_its_folders_beside_the_package(name: str) -> None:
    assert places.shipped(name) == Path(places.__file__).parents[1] / name
    assert places.shipped(name).is_dir()


def test_an_installed_package_finds_them_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights").mkdir()
    monkeypatch.setattr(places, "PACKAGE", tmp_path)
    assert places.shipped("weights") == tmp_path / "weights"


def test_weights_are_searched_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RADTL_WEIGHTS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert places.weights_folder() == places.shipped("weights")
    monkeypatch.setattr(places, "PACKAGE", tmp_path / "installed" / "radtl_tf")  # an update deletes what lies inside
    assert places.weights_folder() == tmp_path / "weights"
    (tmp_path / "weights").mkdir()
    monkeypatch.undo()
    monkeypatch.delenv("RADTL_WEIGHTS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert places.weights_folder() == tmp_path / "weights"
    monkeypatch.setenv("RADTL_WEIGHTS", str(tmp_path / "mine"))
    assert places.weights_folder() == tmp_path / "mine"


def test_decoded_images_lie_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADTL_CACHE", str(tmp_path))
    assert places.data_folder() == tmp_path / "data"
