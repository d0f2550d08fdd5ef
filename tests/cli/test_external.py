"""The command ``radtl test``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def model(finished_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from click.testing import CliRunner

    from radtl_tf.cli.main import main

    folder = tmp_path_factory.mktemp("exported") / "model"
    words = ("--setting", "Tiny-mine-tf-frozen", "--out", str(folder))
    done = CliRunner().invoke(main, ["export", str(finished_once / "out"), *words])
    assert done.exit_code == 0, done.output
    return folder


def test_the_results_are_printed_for_a_reader(model: Path, tmp_path: Path, radiographs_in: Any, radtl: Any) -> None:
    manifest = radiographs_in(tmp_path)
    result = radtl("test", model, "--manifest", manifest, "--patient", "patient_id", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert re.match(r"Per patient, .*\b60 images .*\b60 patients, .*\b30 .*AUROC [01]\.\d", result.stdout)
    assert (tmp_path / "out" / "external.html").is_file()


@pytest.mark.slow
def test_or_for_a_machine(model: Path, tmp_path: Path, radiographs_in: Any, radtl: Any) -> None:
    manifest = radiographs_in(tmp_path)
    words = ("--manifest", manifest, "--one-image-per-patient", "--compare", model, "--threshold", 0.5)
    result = radtl("test", model, *words, "--out", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found == json.loads((tmp_path / "out" / "results.json").read_text())
    assert found["comparisons"][0]["difference"] == 0


def test_wrong_input_is_one_line(model: Path, tmp_path: Path, radiographs_in: Any, radtl: Any) -> None:
    manifest = radiographs_in(tmp_path)
    words = ("--patient", "patient_id", "--out", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    for wrong in (
        (model, "--manifest", manifest, "--label", "diagnosis"),
        (model, "--manifest", tmp_path / "none.csv"),
        (tmp_path / "empty", "--manifest", manifest),
        (model, "--manifest", manifest, "--positive", "well"),
        (model, "--manifest", manifest, "--label", "sick", "--label", "well"),
    ):
        result = radtl("test", *wrong, *words)
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert radtl("test", model).exit_code == 2
