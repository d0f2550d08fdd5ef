"""A checksum is computed when a file is written and again when it is read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.records.checksums import SummedFile, checksum_of


def test_what_is_written_has_the_sum_of_the_file(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as opened:
        file = SummedFile(opened)
        assert file.write(b"header") == 6
        assert file.write(np.arange(5, dtype="<f4").data) == 20
    content = (tmp_path / "a").read_bytes()
    assert content == b"header" + np.arange(5, dtype="<f4").tobytes()
    assert file.checksum == checksum_of(tmp_path / "a") == hashlib.blake2b(content, digest_size=16).hexdigest()


def test_a_file_is_read_once_and_again_when_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, read = tmp_path / "a", list[str]()
    digest = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, make: (read.append(file.name), digest(file, make))[1])
    path.write_bytes(b"one")
    first = checksum_of(path)
    assert checksum_of(path) == first and len(read) == 1
    path.write_bytes(b"other")
    assert checksum_of(path) != first and len(read) == 2


def test_a_missing_file_has_no_sum(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        checksum_of(tmp_path / "a")
