"""What a work unit gets from the environment of the process that starts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.experiment.cluster.environment import environment_of_units


def test_folders_are_absolute_and_what_changes_numbers_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RADTL_CACHE", "cache")
    monkeypatch.setenv("RADTL_WEIGHTS", "weights")
    known = {"OMP_NUM_THREADS": "1", "TF_ENABLE_ONEDNN_OPTS": "0", "RADTL_RUN_OUT": "out", "TF_VAR_secret": "x"}
    assert environment_of_units(known) == {
        "RADTL_CACHE": str(tmp_path.resolve() / "cache"),
        "RADTL_WEIGHTS": str(tmp_path.resolve() / "weights"),
        "OMP_NUM_THREADS": "1",
        "TF_ENABLE_ONEDNN_OPTS": "0",
    }
