"""The command ``data check``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def hospital(tmp_path: Path, radiographs_in: Any) -> Path:
    return radiographs_in(tmp_path)


def test_a_summary_a_page_and_exit_code_0(hospital: Path, tmp_path: Path, radtl: Any) -> None:
    result = radtl("data", "check", hospital, "--patient", "patient_id", "--out", tmp_path / "check.html")
    assert result.exit_code == 0, result.output
    assert "Images: 60 decoded" in result.stdout and "WARNING shortcut" in result.stdout
    assert "<table" in (tmp_path / "check.html").read_text()


def test_an_error_is_one_line_and_exit_code_1_and_everything_else_is_said(hospital: Path, radtl: Any) -> None:
    (hospital.parent / "images" / "003.png").write_bytes(b"no image")
    (hospital.parent / "images" / "005.png").unlink()
    result = radtl("data", "check", hospital, "--patient", "patient_id", "--json")
    assert result.exit_code == 1
    assert result.stderr.strip().splitlines()[-1].startswith("Error: ")
    record = json.loads(result.stdout)
    assert record["findings"][0]["code"] == "unreadable" and record["findings"][0]["lines"] == [5, 7]
    assert record["counts"]["Images"] == "58 decoded, 2 refused"


def test_a_folder_is_checked_without_labels(hospital: Path, radtl: Any) -> None:
    result = radtl("data", "check", hospital.parent / "images")
    assert result.exit_code == 0, result.output
    assert "Images: 60 decoded" in result.stdout
    assert radtl("data", "check", hospital.parent / "none").exit_code == 1


def test_a_manifest_without_labels_or_with_several(hospital: Path, radtl: Any) -> None:
    text = hospital.read_text()
    hospital.write_text(text.replace("path,label", "path,diagnosis"))
    assert radtl("data", "check", hospital).exit_code == 0
    hospital.write_text(text.replace(",sick", ",sick|old"))
    result = radtl("data", "check", hospital, "--label-separator", "|", "--patient", "patient_id", "--all")
    assert result.exit_code == 0, result.output
    assert "sick | old" in result.stdout or "old | sick" in result.stdout
    result = radtl("data", "check", hospital, "--patient", "patient")
    assert result.exit_code == 1 and "'patient_id'" in result.stderr


def test_no_tensorflow_is_loaded(hospital: Path) -> None:
    words = ["data", "check", str(hospital), "--patient", "patient_id", "--positive", "sick"]
    code = (
        "import sys; from click.testing import CliRunner; from radtl_tf.cli.main import main; "
        f"result = CliRunner().invoke(main, {words}); "
        "print(result.exit_code, 'tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["0", "False", "False"]


@pytest.mark.real
def test_chest400_has_no_error(real_folder: Path, radtl: Any) -> None:
    manifest = real_folder / "data" / "chest400" / "labels.csv"
    result = radtl("data", "check", manifest, "--patient", "patient_id", "--positive", "pneumonia", "--json")
    assert result.exit_code == 0, result.output
    codes = {finding["code"]: finding for finding in json.loads(result.stdout)["findings"]}
    assert codes["duplicates"]["lines"] == [146, 147]  # one pair, of the same patient
    assert not {"duplicates-across", "near-duplicates-across", "two-labels", "patient-ids"} & set(codes)
    assert "unit = 'image'" in codes["unit"]["message"]


@pytest.mark.parametrize("words", [("--folds", 1), ("--seed", -1)])
def test_a_number_out_of_range_is_a_usage_error(hospital: Path, radtl: Any, words: tuple[str, int]) -> None:
    assert radtl("data", "check", hospital, "--patient", "patient_id", *words).exit_code == 2
