"""Saliency maps of a finished experiment; the tests of ``report.saliency`` check their content."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from radtl_tf.errors import ExperimentError
from radtl_tf.experiment import saliency
from radtl_tf.logs import shown


def test_the_folder_is_named_with_its_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saliency, "write_saliency", lambda folder, per_kind, weights_folder: folder / "saliency")
    lines: list[str] = []
    with shown(lines.append):
        assert saliency.draw_saliency(tmp_path, 1) == tmp_path / "saliency"
    assert "patients' radiographs" in lines[0]


def test_exhausted_memory_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> Path:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(saliency, "write_saliency", full)
    with pytest.raises(ExperimentError):
        saliency.draw_saliency(tmp_path, 1)
