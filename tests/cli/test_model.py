"""The commands ``export`` and ``predict``."""

from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pydicom
import pytest
from click.testing import CliRunner

from radtl_tf.cli.main import main
from radtl_tf.data.phantoms.write import write_phantoms


@pytest.fixture(scope="module")
def model(finished_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export a setting once for all tests; return the folder of the model."""
    folder = tmp_path_factory.mktemp("exported")
    words = ["export", str(finished_once / "out"), "--setting", "Tiny-mine-tf-frozen", "--out", str(folder / "model")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RADTL_CACHE", str(folder / "cache"))
        exported = CliRunner().invoke(main, words)
    assert exported.exit_code == 0, exported.output
    assert str(folder / "model" / "1") in exported.stderr
    return folder / "model"


def test_export_then_predict(finished_once: Path, model: Path, tmp_path: Path, radtl: Any) -> None:
    result = radtl("predict", model, finished_once / "images", "--out", tmp_path / "scores.csv")
    assert result.exit_code == 0, result.output
    scores = pd.read_csv(tmp_path / "scores.csv")
    assert len(scores) == 60
    assert scores.score.between(0, 1).all()
    assert not scores.columns[scores.columns.duplicated()].any()
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    mixed = radtl("predict", model, finished_once / "images" / "000.png", bad)
    assert mixed.exit_code == 1
    header, first, second = mixed.stdout.splitlines()
    assert header == "path,valid,reason,score,quality"
    assert first.startswith(f"{finished_once / 'images' / '000.png'},true,,0.")
    assert second.startswith(f"{bad},false,") and second.endswith(",,")
    assert mixed.stderr.startswith(f"Error: {bad}: ")
    again = radtl("predict", model, finished_once / "images", "--out", tmp_path / "scores.csv")
    assert again.exit_code == 1 and "--force" in again.stderr
    assert len(pd.read_csv(tmp_path / "scores.csv")) == 60
    one = finished_once / "images" / "000.png"
    assert radtl("predict", model, one, "--out", tmp_path / "scores.csv", "--force").exit_code == 0
    assert len(pd.read_csv(tmp_path / "scores.csv")) == 1


def test_a_reader_of_the_scores_that_has_seen_enough_is_no_fault_of_a_folder(
    finished_once: Path, model: Path, tmp_path: Path, radtl: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object, **__: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(click, "echo", closed)
    result = radtl("predict", model, finished_once / "images" / "000.png", "--explain", tmp_path / "maps")
    assert (result.exit_code, result.output) == (1, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("paths", [["empty"], ["nowhere.png"], ["model/labels.csv"], ["empty", "links"]])
def test_nothing_to_score_is_one_line_and_writes_nothing(paths: list[str], tmp_path: Path, radtl: Any) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "a.png").symlink_to(tmp_path)
    result = radtl("predict", tmp_path, *(tmp_path / path for path in paths), "--out", tmp_path / "scores.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert len([line for line in result.stderr.splitlines() if line.startswith("Error: ")]) == 1
    assert not (tmp_path / "scores.csv").exists()


def test_a_folder_without_a_model_is_one_line(finished_once: Path, tmp_path: Path, radtl: Any) -> None:
    result = radtl("predict", tmp_path, finished_once / "images" / "000.png")
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)


@pytest.mark.slow
def test_a_dicom_image_gets_a_structured_report(finished_once: Path, model: Path, tmp_path: Path, radtl: Any) -> None:
    pytest.importorskip("highdicom")
    reports = tmp_path / "sr"
    phantoms = write_phantoms(tmp_path / "phantoms", kind="skull", num_patients=2, seed=1, height=64).parent / "images"
    words = ("predict", model, phantoms, finished_once / "images" / "000.png", "--dicom-sr", reports)
    result = radtl(*words)
    assert result.exit_code == 0, result.output
    scores = pd.read_csv(io.StringIO(result.stdout))
    assert "000.png" in result.stderr  # the image that has no report
    images = scores[scores.path.str.endswith(".dcm")]
    assert len(images) == len(list(reports.iterdir()))
    for number, path, score in images[["path", "score"]].itertuples():
        report, image = pydicom.dcmread(reports / f"{number + 1:05d}-{Path(path).name}"), pydicom.dcmread(path)
        assert (report.PatientID, report.StudyInstanceUID) == (image.PatientID, image.StudyInstanceUID)
        (value,) = (element.value for element in report.iterall() if element.keyword == "NumericValue")
        assert float(value) == pytest.approx(score, abs=1e-6)
    again = radtl(*words)
    assert (again.exit_code, again.stdout, again.stderr.count("\n")) == (1, "", 1)
