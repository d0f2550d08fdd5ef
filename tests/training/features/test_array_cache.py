"""The cache on disk: whole or not at all, limited in size, shared."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.errors import OutputError
from radtl_tf.logs import shown
from radtl_tf.training.features.array_cache import ArrayCache, Arrays, Entry

SIZE = 4 * 3 * 5


def entry(name: str) -> Entry:
    return Entry({"name": name}, [(3, 2), (3, 3)])


def rows(value: float) -> Iterator[list[Arrays]]:
    """Yield the three rows of one entry in batches of two and one."""
    for number in (2, 1):
        yield [[np.full((number, 2), value, np.float32), np.full((number, 3), value + 1, np.float32)]]


def kept(cache: ArrayCache) -> int:
    return len(list(cache.folder.glob("[!.]*/key.json")))


def test_what_was_filled_is_found(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path, limit=1e9)
    assert cache.find(entry("a")) is None
    (filled,) = cache.fill([entry("a")], rows(7))
    found = cache.find(entry("a"))
    assert found is not None
    for one, other, value in zip(filled, found, (7, 8), strict=True):
        assert np.array_equal(one, other) and (one == value).all() and isinstance(one, np.memmap)
    assert entry("a").size == SIZE


def test_an_entry_is_what_its_key_says(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path, limit=1e9)
    cache.fill([entry("a")], rows(7))
    assert cache.find(entry("b")) is None
    assert cache.find(Entry({"name": "a"}, [(3, 2), (3, 4)])) is None


def test_a_damaged_entry_is_filled_again(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path, limit=1e9)
    cache.fill([entry("a")], rows(7))
    (file, _) = sorted(tmp_path.glob("*/*.npy"))
    file.write_bytes(file.read_bytes()[:-4])
    assert cache.find(entry("a")) is None
    cache.fill([entry("a")], rows(7))
    assert cache.find(entry("a")) is not None


def flip(file: Path, place: int, bit: int = 0) -> None:
    """Flip one bit of a file, like a failing disk, without changing its size."""
    content = bytearray(file.read_bytes())
    content[place] ^= 1 << bit
    file.unlink()
    file.write_bytes(content)


@pytest.mark.parametrize("place", [-1, -9, 24])  # two numbers, and the byte order in the header
def test_one_flipped_bit_is_seen_computed_again_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, place: int
) -> None:
    cache = ArrayCache(tmp_path, limit=1e9)
    cache.fill([entry("a")], rows(7))
    flip(sorted(tmp_path.glob("*/*.npy"))[0], place)
    assert cache.find(entry("a")) is None and cache.find(entry("a")) is None
    assert not caplog.records
    cache.fill([entry("a")], rows(7))
    assert len(caplog.records) == 1 and caplog.records[0].levelname == "WARNING"
    found = cache.find(entry("a"))
    assert found is not None and (found[0] == 7).all()


def test_an_entry_without_checksums_is_computed_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = ArrayCache(tmp_path, limit=1e9)
    cache.fill([entry("a")], rows(7))
    (tmp_path / entry("a").digest / "checksums.json").unlink()  # as in earlier versions
    assert cache.find(entry("a")) is None
    cache.fill([entry("a")], rows(8))
    assert len(caplog.records) == 1
    found = cache.find(entry("a"))
    assert found is not None and (found[0] == 8).all()


def test_a_failure_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[list[Arrays]]:
        yield next(rows(7))
        raise ZeroDivisionError

    cache = ArrayCache(tmp_path, limit=1e9)
    with pytest.raises(ZeroDivisionError):
        cache.fill([entry("a")], failing())
    assert list(tmp_path.iterdir()) == []


def test_the_least_recently_used_make_room(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path, limit=700)  # one entry of some 410 bytes with its headers, key and checksums
    for age, name in enumerate("abc"):
        cache.fill([entry(name)], rows(age))
        os.utime(tmp_path / entry(name).digest / "key.json", (1000 + age, 1000 + age))
        cache.find(entry("a"))  # used again, so the others are older
    assert [name for name in "abc" if cache.find(entry(name)) is not None] == ["a", "c"]


def test_arrays_that_are_open_outlive_their_entry(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path, limit=1)
    ((first, _),) = cache.fill([entry("a")], rows(7))
    cache.fill([entry("b")], rows(9))
    assert kept(cache) == 1
    assert (first == 7).all()


def test_other_users_cannot_read_it(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path / "cache", limit=1e9)
    cache.fill([entry("a")], rows(7))
    assert stat.S_IMODE((tmp_path / "cache" / entry("a").digest).stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = ArrayCache(tmp_path / "file", limit=1e9)
    with pytest.raises(OutputError, match=rf"{os.strerror(errno.ENOTDIR)}.*RADTL_CACHE"):
        cache.fill([entry("a")], rows(7))
    with pytest.raises(OutputError, match="RADTL_CACHE"), cache.computing({}):
        pass


COMPUTE = """
import sys
from pathlib import Path
import numpy as np
from radtl_tf.logs import shown
from radtl_tf.training.features.array_cache import ArrayCache, Entry

folder, log = map(Path, sys.argv[1:])
cache, entry = ArrayCache(folder, limit=1e9), Entry({"name": "a"}, [(1, 2)])
with cache.computing({"of": "all"}):
    if cache.find(entry) is None:
        cache.fill([entry], iter([[[np.zeros((1, 2), np.float32)]]]))
        with open(log, "a") as file:
            file.write("computed ")
"""


def test_of_processes_at_once_one_computes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", COMPUTE, str(tmp_path / "cache"), str(tmp_path / "log")]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert (tmp_path / "log").read_text() == "computed "


def test_the_lock_of_a_killed_process_is_swept(tmp_path: Path) -> None:
    held = f"from pathlib import Path\nfrom {ArrayCache.__module__} import ArrayCache\nimport os, signal\n"
    held += f"with ArrayCache(Path({str(tmp_path)!r}), 1e9).computing({{'a': 1}}): os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", held])
    assert len(list(tmp_path.glob("locks/*"))) == 2  # the lock, and who holds it
    cache = ArrayCache(tmp_path, 1e9)
    with cache.computing({"b": 1}):
        cache.sweep()
        assert len(list(tmp_path.glob("locks/*"))) == 2
    assert not list(tmp_path.glob("locks/*"))


def test_one_who_waits_says_so(tmp_path: Path) -> None:
    cache, said = ArrayCache(tmp_path, limit=1e9), list[str]()
    begun = threading.Event()

    def compute() -> None:
        with cache.computing({"of": "both"}):
            begun.set()
            while not said:
                time.sleep(0.01)

    other = threading.Thread(target=compute)
    other.start()
    assert begun.wait(10)
    with shown(said.append), cache.computing({"of": "both"}):
        pass
    other.join()
    assert said == ["Another process computes the same features: waiting for it"]


@pytest.mark.parametrize("number", [errno.EROFS, errno.EPERM, errno.EACCES])
def test_a_complete_cache_that_cannot_be_written_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    cache, entry = ArrayCache(tmp_path, limit=1e9), Entry({"name": "a"}, [(1, 2)])
    cache.fill([entry], iter([[[np.ones((1, 2), np.float32)]]]))

    def refused(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "utime", refused)
    found = cache.find(entry)
    assert found is not None and found[0].tolist() == [[1, 1]]
    assert cache.find(Entry({"name": "b"}, [(1, 2)])) is None


@pytest.mark.parametrize(("given", "mode"), [(0o700, 0o700), (0o770, 0o2770)])
def test_a_group_shares_the_cache_if_it_may_write_its_folder(tmp_path: Path, given: int, mode: int) -> None:
    tmp_path.chmod(given)
    cache, entry = ArrayCache(tmp_path, limit=1e9), Entry({"name": "a"}, [(1, 2)])
    cache.fill([entry], iter([[[np.ones((1, 2), np.float32)]]]))
    for folder in (tmp_path / entry.digest, tmp_path / "locks"):
        assert stat.S_IMODE(folder.stat().st_mode) == mode
