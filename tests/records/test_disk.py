"""Files and folders are written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.records.disk import (
    read_json,
    rename,
    temporary_file,
    temporary_folder,
    temporary_name,
    unwritable,
    write_bytes,
    write_json,
    write_text,
)
from radtl_tf.records.safety.processes import this_place


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what is synced and renamed, in order, as paths from the working folder of the descriptor."""
    events: list[str] = []
    sync, replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        events.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name.split(".")[-1])
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", lambda *paths: (events.append("renamed"), replace(*paths)))
    return events


def test_no_two_temporary_names_are_equal_on_any_host() -> None:
    path = Path("runs") / "0-1"
    names = [temporary_name(path) for _ in range(100)]
    assert len(set(names)) == 100
    for name in names:
        assert name.parent == path.parent
        assert name.name.startswith(f".0-1.{this_place()}.{os.getpid()}.") and name.suffix == ".part"


@pytest.mark.parametrize("writing", [temporary_file, temporary_folder])
def test_a_closed_pipe_is_not_reported_as_a_path_that_cannot_be_written(
    tmp_path: Path, writing: Callable[[Path], AbstractContextManager[Path]]
) -> None:
    with pytest.raises(BrokenPipeError), writing(tmp_path / "a"):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux' names of open files")
def test_everything_is_synced_before_it_is_renamed_and_its_folder_afterwards(tmp_path: Path, synced: list[str]) -> None:
    place = tmp_path / "new"
    with temporary_folder(place / "x") as temporary:
        (temporary / "inner").mkdir()
        (temporary / "inner" / "a.file").write_text("a")
    assert synced == ["inner", "file", "part", "renamed", "new"]
    synced.clear()
    write_text(place / "b", "b")
    assert synced == ["part", "renamed", "new"]


def test_a_file_takes_its_place_only_without_an_error(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.txt"
    write_text(path, "old")
    with pytest.raises(ZeroDivisionError), temporary_file(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert (files(tmp_path), path.read_text()) == (["new/a.txt"], "old")
    with temporary_file(path) as temporary:
        temporary.write_text("whole")
        assert path.read_text() == "old"
    assert (files(tmp_path), path.read_text()) == (["new/a.txt"], "whole")


def test_a_folder_takes_its_place_only_without_an_error(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder"
    with pytest.raises(KeyboardInterrupt), temporary_folder(path) as temporary:
        write_json(temporary / "a.json", 1)
        raise KeyboardInterrupt
    assert files(tmp_path) == []
    with temporary_folder(path, mode=0o700) as temporary:
        write_json(temporary / "a.json", 1)
        assert not path.exists()
    assert read_json(path / "a.json") == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_an_earlier_folder_gives_way_only_where_it_may(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    write_text(path / "old.txt", "old")
    with pytest.raises(OutputError), temporary_folder(path) as temporary:
        write_text(temporary / "new.txt", "new")
    assert files(tmp_path) == ["folder/old.txt"]
    with temporary_folder(path, replace=True) as temporary:
        write_text(temporary / "new.txt", "new")
    assert files(tmp_path) == ["folder/new.txt"]


def test_what_cannot_be_written_is_one_line_with_its_advice(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    inside = tmp_path / "file" / "inside"
    for write in (lambda: write_text(inside, "text"), lambda: rename(tmp_path / "file", inside)):
        with pytest.raises(OutputError) as caught:
            write()
        assert "\n" not in str(caught.value) and str(caught.value).startswith(f"{inside}: ")
    with pytest.raises(OutputError) as caught, temporary_folder(inside, advice="Go away."):
        pass
    assert str(caught.value).startswith(f"{inside}: ") and str(caught.value).endswith(" Go away.")


@pytest.mark.parametrize("temporary", [temporary_file, temporary_folder])
def test_a_file_that_cannot_be_read_is_not_called_unwritable(
    temporary: Callable[[Path], AbstractContextManager[Path]], tmp_path: Path
) -> None:
    source = tmp_path / "images" / "gone.png"
    with pytest.raises(FileNotFoundError) as caught, temporary(tmp_path / "out"):
        source.read_bytes()
    assert caught.value.filename == str(source)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_and_a_closed_folder_are_errors_of_writing(tmp_path: Path) -> None:
    with pytest.raises(OutputError), temporary_file(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OutputError), temporary_folder(tmp_path / "out") as folder:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder / "runs" / "a.csv"))


def test_an_error_of_hdf5_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught, temporary_file(tmp_path / "a.h5"):
        raise OSError("Unable to write\n(errno = 28)")
    assert "\n" not in str(caught.value)
    assert files(tmp_path) == []


def test_a_damaged_json_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": ')
    with pytest.raises(OutputError, match=r"a\.json"):
        read_json(tmp_path / "a.json")


def test_bytes_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_bytes(tmp_path / "new" / "a.png", b"\x89PNG\r\n")
    assert (tmp_path / "new" / "a.png").read_bytes() == b"\x89PNG\r\n"
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="folder"):
        write_bytes(tmp_path / "folder", b"x")
    assert files(tmp_path) == ["new/a.png"]


def test_text_is_utf8_with_the_line_ends_that_it_has(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "±\r\n\n")
    assert (tmp_path / "a.txt").read_bytes() == "±\r\n\n".encode()


def test_an_error_names_a_temporary_file_as_it_would_be_at_the_end(tmp_path: Path) -> None:
    inside = temporary_name(tmp_path / "runs" / "0-0") / "history.csv"
    said = str(unwritable(inside, OSError(errno.ENOSPC, "full")))
    assert str(tmp_path / "runs" / "0-0" / "history.csv") in said and ".part" not in said
    own = tmp_path / ".hidden.part"
    assert str(own) in str(unwritable(own, OSError(errno.ENOSPC, "full")))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "Make room on the disk of runs, then run the same command"),
        (OSError(errno.EROFS, "Read-only file system"), "read-only"),
        (OSError("Can't write data (file write failed: errno = 28, error message = 'x')"), "Make room on the disk of"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
    ],
)
def test_an_error_says_which_disk_is_full_and_what_to_do(error: OSError, said: str) -> None:
    message = str(unwritable(Path("runs") / "0-1", error))
    assert said in message and "\n" not in message and len(message) < 200


@pytest.mark.parametrize("way", [temporary_file, temporary_folder])
def test_an_error_of_hdf5_at_the_close_of_a_file_is_one_line(tmp_path: Path, way: Any) -> None:
    text = "Disable slist on flush dest failure failed (file write failed: errno = 28, error message = 'No space')"
    with pytest.raises(OutputError, match="Make room"), way(tmp_path / "weights.h5"):
        raise RuntimeError(text)
    with pytest.raises(RuntimeError, match="another"), way(tmp_path / "weights.h5"):
        raise RuntimeError("another")
