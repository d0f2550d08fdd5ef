"""The state of a pre-training on disk, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from radtl_tf.errors import OutputError
from radtl_tf.training.pretraining.snapshots import (
    Begun,
    read_begun,
    read_history,
    read_snapshot,
    remove_snapshot,
    write_snapshot,
)

ARRAYS = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7, np.int64), *(np.full(2, n) for n in range(12))]
ROWS = [{"epoch": 1, "loss": 0.1 + 0.2}, {"epoch": 2, "loss": 1e-9}]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "new", ARRAYS, ROWS[:1])
    write_snapshot(tmp_path / "new", ARRAYS, ROWS)
    found = read_snapshot(tmp_path / "new")
    for array, expected in zip(found, ARRAYS, strict=True):
        assert array.dtype == expected.dtype
        np.testing.assert_array_equal(array, expected)
    assert read_history(tmp_path / "new") == ROWS
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["epoch-0002.h5", "state.json"]


def test_steps_of_an_epoch_are_kept_until_it_is_finished(tmp_path: Path) -> None:
    write_snapshot(tmp_path, ARRAYS, ROWS[:1], Begun(12, 0.1 + 0.2))
    assert (read_history(tmp_path), read_begun(tmp_path)) == (ROWS[:1], Begun(12, 0.1 + 0.2))
    write_snapshot(tmp_path, ARRAYS, ROWS)
    assert read_begun(tmp_path) == Begun()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-0002.h5", "state.json"]


def test_nothing_is_there_at_first(tmp_path: Path) -> None:
    assert (read_history(tmp_path), read_begun(tmp_path)) == ([], Begun())


def test_the_history_outlives_the_arrays(tmp_path: Path) -> None:
    write_snapshot(tmp_path, ARRAYS, ROWS)
    remove_snapshot(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    assert read_history(tmp_path) == ROWS


def test_a_kill_while_writing_leaves_the_snapshot_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path, ARRAYS, ROWS[:1])
    with monkeypatch.context() as patch:
        write = "radtl_tf.training.pretraining.snapshots.write_json"
        patch.setattr(write, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            write_snapshot(tmp_path, ARRAYS[1:], ROWS)
    assert read_history(tmp_path) == ROWS[:1]
    assert len(read_snapshot(tmp_path)) == len(ARRAYS)
    write_snapshot(tmp_path, ARRAYS, ROWS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-0002.h5", "state.json"]


def test_a_full_disk_is_one_line_and_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_snapshot(tmp_path, ARRAYS, ROWS[:1])
    monkeypatch.setattr(h5py.Group, "__setitem__", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OutputError):
        write_snapshot(tmp_path, ARRAYS, ROWS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-0001.h5", "state.json"]


@pytest.mark.parametrize("name", ["epoch-0002.h5", "state.json"])
@pytest.mark.parametrize("content", [None, b"", b"{}", "flip"])
def test_damage_is_one_line(name: str, content: bytes | str | None, tmp_path: Path) -> None:
    write_snapshot(tmp_path, ARRAYS, ROWS)
    file = tmp_path / name
    whole = file.read_bytes()
    file.unlink()
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else whole.replace(b"\0\0\0\0", b"\0\1\0\0", 1)[::-1])
    with pytest.raises(OutputError) as caught:
        read_snapshot(tmp_path)
    assert "\n" not in str(caught.value)
