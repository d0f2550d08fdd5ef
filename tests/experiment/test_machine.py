"""The findings of ``radtl doctor``."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import pytest

from radtl_tf.experiment.machine import _lacks, examine


def test_weights_are_found_or_said_to_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADTL_WEIGHTS", str(tmp_path))
    before = examine()
    (tmp_path / "RadImageNet-ResNet50-notop.h5").write_bytes(b"x")
    after = examine()
    assert before["Weights"]["radimagenet ResNet50"] == "missing"
    (advice,) = (line for line in before["Missing"] if "radimagenet" in line)  # once for four files
    assert advice.count("RadImageNet-") == 4 and advice.count("https://") <= 1
    assert "RadImageNet-ResNet50-notop.h5" in after["Weights"]["radimagenet ResNet50"]
    assert sum("RadImageNet-ResNet50" in line for line in after["Missing"]) == 0


def test_the_findings_are_json_and_name_versions_and_data_sets() -> None:
    findings = examine()
    assert findings["Versions"]["keras"] == keras.__version__
    assert "radiographs" in findings["Data sets"]
    json.dumps(findings)


def test_platforms_are_told_what_they_lack() -> None:
    assert "WSL" in _lacks("win32", ())[0]
    assert _lacks("linux", ("NVIDIA",)) == []
