from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.experiment.integrity.patient_key_file import checked_key
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Scenario, Setting

RUN = Run(Scenario(Setting("Tiny", "mine", "tf", "frozen"), 0.1), 0, 0)


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    return OutputFolder(tmp_path)


@pytest.mark.parametrize("finished", [False, True])
@pytest.mark.parametrize("damage", ["lost", "bit", "cut"])
def test_a_key_is_drawn_again_until_a_run_needs_it(folder: OutputFolder, damage: str, finished: bool) -> None:
    key = checked_key(folder)
    assert checked_key(folder) == key
    if finished:
        with folder.finishing(RUN):
            pass
    path, changed = folder.data / "patient.key", {"bit": bytes([key[0] ^ 1]) + key[1:], "cut": key[:9], "lost": b""}
    path.write_bytes(changed[damage])
    if damage == "lost":
        path.unlink()
    if finished:
        with pytest.raises(OutputError, match="Restore"):
            checked_key(folder)
        path.write_bytes(key)  # what the error asks for
        assert checked_key(folder) == key
    else:
        assert len(checked_key(folder)) == 32
