"""One writer per output folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import SoftFileLease

from radtl_tf.errors import OutputError
from radtl_tf.logs import shown
from radtl_tf.records.safety import lock_file
from radtl_tf.records.safety.lock import (
    LockedError,
    check_held,
    holder_of,
    lock_of,
    unit_lock_of,
    waiting,
    workers_of,
    working,
    working_if_free,
    writing,
)
from radtl_tf.records.safety.lock_file import Attempt

_HOLD = """
from pathlib import Path
from radtl_tf.records.safety.lock import writing
with writing(Path({folder!r})):
    print("held", flush=True)
    input()
"""


@contextmanager
def held_elsewhere(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock of a folder; it is killed at the end."""
    process = subprocess.Popen([sys.executable, "-c", _HOLD.format(folder=str(folder))], stdin=-1, stdout=-1, text=True)
    assert process.stdout and process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_second_writer_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path / "out") as other:
        holder = holder_of(tmp_path / "out")
        assert holder and holder.process == other.pid
        with pytest.raises(LockedError) as refused, writing(tmp_path / "out"):
            pass
        assert f"process {other.pid} on {holder.host} since 20" in str(refused.value)
        assert "\n" not in str(refused.value)


def test_the_lock_of_a_dead_process_is_taken_over_with_one_line(tmp_path: Path) -> None:
    with held_elsewhere(tmp_path):
        pass
    assert lock_of(tmp_path).exists() and holder_of(tmp_path) is None
    lines: list[str] = []
    with shown(lines.append), writing(tmp_path):
        holder = holder_of(tmp_path)
        assert holder and holder.process == os.getpid()
    assert len(lines) == 1 and "taking over" in lines[0]
    assert list(tmp_path.iterdir()) == []


def test_a_writer_removes_the_locks_of_units_whose_workers_have_died(tmp_path: Path) -> None:
    units = [unit_lock_of(tmp_path, name) for name in ("dead", "far", "alive")]
    for lock in units[:2]:
        with held_elsewhere(lock.parent):
            pass
        if lock == units[1]:
            on_another_host(lock.parent)
        for file in (lock_of(lock.parent), lock.parent / ".lock.json"):
            file.rename(lock.parent / file.name.replace(".lock", lock.name))
    with working(tmp_path, "alive"):
        with writing(tmp_path):
            assert [lock.exists() for lock in units] == [False, True, True]
        assert set(workers_of(tmp_path)) == {"far", "alive"}
    assert sorted(file.name for file in (tmp_path / "runs").iterdir()) == [".far.lock", ".far.lock.json"]


def test_it_is_taken_over_where_files_cannot_be_exchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with held_elsewhere(tmp_path):
        pass
    monkeypatch.setattr(SoftFileLease, "_try_break_stale_lock", lambda _: None)  # as on NFS
    with writing(tmp_path):
        assert holder_of(tmp_path)


def on_another_host(folder: Path) -> None:
    """Make the lock of a folder that of a process on another host."""
    sidecar = folder / ".lock.json"
    there = {**json.loads(sidecar.read_text()), "host": "far", "place": "far-1"}
    sidecar.write_text(json.dumps(there))
    lock_of(folder).write_text(lock_of(folder).read_text().replace("host=", "host=far-"))


def test_a_lock_of_another_host_is_judged_by_its_heartbeat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_file, "POLL", 0.05)
    with held_elsewhere(tmp_path):
        on_another_host(tmp_path)
        beating = threading.Timer(0.2, os.utime, [lock_of(tmp_path)])
        beating.start()
        lines: list[str] = []
        with shown(lines.append), pytest.raises(LockedError, match=" on far since "), writing(tmp_path):
            pass
        beating.join()
        assert len(lines) == 1 and "sign of life" in lines[0]


def test_a_lock_without_a_heartbeat_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_file, "POLL", 0.05)
    monkeypatch.setattr(lock_file, "LEASE", 0.4)
    monkeypatch.setattr(lock_file, "HEARTBEAT", 0.1)
    with held_elsewhere(tmp_path):
        on_another_host(tmp_path)
        text = lock_of(tmp_path).read_text().replace("duration=120.0", "duration=0.4")
        lock_of(tmp_path).write_text(text)
        with writing(tmp_path):
            holder = holder_of(tmp_path)
            assert holder and holder.process == os.getpid()


def test_who_has_lost_the_lock_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_file, "LEASE", 0.4)
    monkeypatch.setattr(lock_file, "HEARTBEAT", 0.05)
    lost = threading.Event()
    with writing(tmp_path, lost.set):
        check_held(tmp_path)
        lock_of(tmp_path).unlink()
        assert lost.wait(10)
        with pytest.raises(LockedError, match="lost"):
            check_held(tmp_path)


def test_nested_blocks_are_one_and_other_threads_are_refused(tmp_path: Path) -> None:
    refused: list[bool] = []

    def other() -> None:
        try:
            with writing(tmp_path):
                refused.append(False)
        except LockedError:
            refused.append(True)

    with writing(tmp_path):
        with writing(tmp_path):
            pass
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert holder_of(tmp_path)
    assert refused == [True]


def test_a_new_folder_that_stays_empty_is_removed(tmp_path: Path) -> None:
    with pytest.raises(ValueError), writing(tmp_path / "out"):
        raise ValueError
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"), writing(tmp_path / "file" / "out"):
        pass


def test_waiting_ends_when_the_other_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_file, "POLL", 0.05)
    lines: list[str] = []
    inside = threading.Event()

    def other() -> None:
        with waiting(tmp_path / "build.lock", ""):
            inside.set()
            while not lines:
                pass

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(10)
    with shown(lines.append), waiting(tmp_path / "build.lock", "Another process builds"):
        assert lines == ["Another process builds"]
    thread.join()


def test_a_second_writer_may_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_file, "POLL", 0.05)
    lines: list[str] = []
    with held_elsewhere(tmp_path / "out") as other:
        end = threading.Timer(0.2, other.kill)
        end.start()
        with shown(lines.append), writing(tmp_path / "out", wait=True):
            end.join()
    assert str(other.pid) in lines[0]


def test_a_unit_has_one_worker_and_the_folder_another_writer(tmp_path: Path) -> None:
    attempt = Attempt(unit_lock_of(tmp_path, "a-0"))
    with writing(tmp_path), working(tmp_path, "b-0"), working(tmp_path, "a-0"):
        assert {unit: holder.process for unit, holder in workers_of(tmp_path).items()} == dict.fromkeys(
            ("a-0", "b-0"), os.getpid()
        )
        with pytest.raises(LockedError, match="a-0"), working(tmp_path, "a-0"):
            pass
        with working_if_free(attempt, "a-0") as is_mine:
            assert not is_mine
    with working_if_free(attempt, "a-0") as is_mine:
        assert is_mine and list(workers_of(tmp_path)) == ["a-0"]
    assert workers_of(tmp_path) == {} and list((tmp_path / "runs").iterdir()) == []


def test_who_has_lost_a_unit_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_file, "LEASE", 0.4)
    monkeypatch.setattr(lock_file, "HEARTBEAT", 0.05)
    taken_over = threading.Event()
    with working(tmp_path, "a-0", taken_over.set):
        check_held(tmp_path)
        unit_lock_of(tmp_path, "a-0").unlink()
        assert taken_over.wait(10)
        check_held(tmp_path / "other")
        with pytest.raises(LockedError, match="lost"):
            check_held(tmp_path)
