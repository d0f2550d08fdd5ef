"""A run is written to the output folder whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.records.disk import read_json, write_json, write_text
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Scenario, Setting

RUN = Run(Scenario(Setting("ResNet50", "random", "caffe", "frozen"), 0.01), 0, 0)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_run_takes_its_place_whole(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    with folder.finishing(RUN) as place:
        write_json(place / "run.json", {"a": 1})
        assert not folder.is_done(RUN)
    assert folder.is_done(RUN)
    assert files(folder.run(RUN)) == ["DONE.json", "run.json"]
    assert list(folder.run_records()) == [{"a": 1}]


def test_a_run_that_fails_leaves_nothing(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    with pytest.raises(ZeroDivisionError), folder.finishing(RUN) as place:
        write_text(place / "run.json", "{}")
        raise ZeroDivisionError
    assert not folder.is_done(RUN)
    assert files(tmp_path) == []


def test_a_finished_run_is_replaced_only_by_a_whole_one(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    with folder.finishing(RUN) as place:
        write_json(place / "run.json", {"try": 1})
    with pytest.raises(ZeroDivisionError), folder.finishing(RUN) as place:
        write_json(place / "run.json", {"try": 2})
        raise ZeroDivisionError
    assert read_json(folder.run(RUN) / "run.json") == {"try": 1}


def test_an_output_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"), OutputFolder(tmp_path / "file").finishing(RUN):
        pass


def test_a_run_that_was_killed_before_its_name_was_its_own_does_not_count(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    with folder.finishing(RUN) as place:
        write_json(place / "run.json", {"a": 1})
        write_json(folder.run(RUN).with_name(".0-0.host.7.part") / "DONE.json", {})
    assert list(folder.run_records()) == [{"a": 1}]


def test_every_file_of_a_folder_has_one_owner(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    of_run = folder.files(RUN)
    assert of_run.root == folder.run(RUN)
    names = [path.name for path in (of_run.record, of_run.history, of_run.predictions, of_run.weights, of_run.marker)]
    assert names == ["run.json", "history.csv", "predictions.csv", "weights.h5", "DONE.json"]
    assert folder.table("settings", ".tex") == tmp_path / "tables" / "settings.tex"
    assert folder.figure("roc", ".svg") == tmp_path / "figures" / "roc.svg"
    assert folder.pixels(224) == folder.data / "pixels-224.npy"
