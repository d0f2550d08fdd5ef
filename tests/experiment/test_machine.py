"""The findings of ``radtl doctor``."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import pytest

from radtl_tf.experiment import machine
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


@pytest.mark.parametrize("has_it", [True, False])
def test_bfloat16_is_timed_where_the_cpu_has_it(has_it: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    timed: list[str] = []
    monkeypatch.setattr(machine, "has_bfloat16", lambda: has_it)
    monkeypatch.setattr(machine, "_convolution", lambda dtype: timed.append(dtype) or {"float32": 3.0}.get(dtype, 2.0))
    line = machine._bfloat16()
    assert line.startswith("yes" if has_it else "no") and "mixed_bfloat16" in line
    assert timed == (["float32", "bfloat16"] if has_it else [])
    assert not has_it or "1.5 times" in line


def test_platforms_are_told_what_they_lack() -> None:
    assert "WSL" in _lacks("win32", ())[0]
    assert _lacks("linux", ("NVIDIA",)) == []
