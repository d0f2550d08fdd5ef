from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from radtl_tf.cli.main import main
from radtl_tf.records.experiment_facts import write_facts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_facts(tmp_path / "experiment.json", {"experiment": {"training": {"image_size": 32}}})
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pixels-48.npy").write_bytes(bytes(2000))
    return tmp_path


def clean(*words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, ["clean", *words], input=answer)


def test_it_lists_and_asks_before_it_removes(folder: Path) -> None:
    result = clean(str(folder), answer="n\n")
    assert result.exit_code == 0
    assert "2.0 kB" in result.stdout and "pixels-48.npy" in result.stdout
    assert (folder / "data" / "pixels-48.npy").exists()
    assert clean(str(folder), answer="y\n").exit_code == 0
    assert not (folder / "data" / "pixels-48.npy").exists()
    assert "Nothing to remove" in clean(str(folder)).stdout


def test_without_an_answer_nothing_is_removed(folder: Path) -> None:
    assert clean(str(folder)).exit_code == 1
    assert (folder / "data" / "pixels-48.npy").exists()


def test_json_lists_and_removes_only_with_yes(folder: Path) -> None:
    listed = json.loads(clean(str(folder), "--json").stdout)
    assert (listed["removed"], listed["freed_bytes"], listed["found"][0]["bytes"]) == (False, 0, 2000)
    removed = json.loads(clean(str(folder), "--json", "--yes").stdout)
    assert (removed["removed"], removed["freed_bytes"]) == (True, 2000)
    assert not (folder / "data" / "pixels-48.npy").exists()


def test_it_needs_a_folder_or_the_cache() -> None:
    assert clean().exit_code == 2
    assert clean("--cache").exit_code == 0


def test_a_folder_without_an_experiment_is_refused(tmp_path: Path) -> None:
    result = clean(str(tmp_path))
    assert result.exit_code == 1
    assert "experiment.json" in result.stderr
