"""One try after the other to take a lock file; who may take it over is tested with the locks of folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.records.safety.lock_file import Attempt, living, recorded, taken


def test_a_try_does_not_wait_and_may_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "runs" / ".a.lock"
    first, second = Attempt(path), Attempt(path)
    assert recorded(path) is None
    for _ in range(2):
        assert first.once() == "taken"
        with first.held():
            holder = living(path)
            assert holder and holder.process == os.getpid() and not holder.is_dead
            assert second.once() == "alive"
        assert living(path) is None
    assert second.once() == "taken"
    with second.held():
        assert first.once() == "alive"
    assert list(path.parent.iterdir()) == []


def test_a_lock_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        Attempt(tmp_path / "file" / ".lock").once()


def test_the_lock_is_released_when_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError), taken(tmp_path / ".lock", print):
        raise ValueError
    assert list(tmp_path.iterdir()) == []
