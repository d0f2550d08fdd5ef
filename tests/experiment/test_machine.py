"""The findings of ``radtl doctor``."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import pytest

from radtl_tf.experiment.machine import _lacks, examine


def test_weights_are_found_or_said_to_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RADTL_WEIGHTS", str(tmp_path))
    before = examine()["Weights"]["radimagenet ResNet50"]
    (tmp_path / "RadImageNet-ResNet50-notop.h5").write_bytes(b"x")
    after = examine()["Weights"]["radimagenet ResNet50"]
    assert before.startswith("missing") and "RadImageNet-ResNet50" in before
    assert "RadImageNet-ResNet50-notop.h5" in after


def test_the_findings_are_json_and_name_versions_and_data_sets() -> None:
    findings = examine()
    assert findings["Versions"]["keras"] == keras.__version__
    assert "radiographs" in findings["Data sets"]
    json.dumps(findings)


def test_platforms_are_told_what_they_lack() -> None:
    assert "WSL" in _lacks("win32", ())[0]
    assert _lacks("linux", ("NVIDIA",)) == []
