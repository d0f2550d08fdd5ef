"""Files of the output folder are whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.records.folder import OutputFolder, csv_text, read_json, safe_cell, write_bytes, write_json, write_text
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
    with pytest.raises(OutputError, match="cannot be written"):
        write_text(tmp_path / "file" / "inside.txt", "text")
    with pytest.raises(OutputError, match="cannot be written"), OutputFolder(tmp_path / "file").finishing(RUN):
        pass


def test_a_damaged_json_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": ')
    with pytest.raises(OutputError, match="damaged"):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text) == "'" + text


def test_numbers_stay_numbers() -> None:
    assert csv_text(["a", "b"], [[-0.5, "=x"]]) == "a,b\n-0.5,'=x\n"


def test_bytes_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_bytes(tmp_path / "new" / "a.png", b"\x89PNG\r\n")
    assert (tmp_path / "new" / "a.png").read_bytes() == b"\x89PNG\r\n"
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_bytes(tmp_path / "folder", b"x")
    assert files(tmp_path) == ["new/a.png"]


def test_text_is_utf8_with_the_line_ends_that_it_has(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "±\r\n\n")
    assert (tmp_path / "a.txt").read_bytes() == "±\r\n\n".encode()


def test_every_file_of_a_folder_has_one_owner(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path)
    of_run = folder.files(RUN)
    assert of_run.root == folder.run(RUN)
    names = [path.name for path in (of_run.record, of_run.history, of_run.predictions, of_run.weights, of_run.marker)]
    assert names == ["run.json", "history.csv", "predictions.csv", "weights.h5", "DONE.json"]
    assert folder.table("settings", ".tex") == tmp_path / "tables" / "settings.tex"
    assert folder.figure("roc", ".svg") == tmp_path / "figures" / "roc.svg"
    assert folder.pixels(224) == folder.data / "pixels-224.npy"
