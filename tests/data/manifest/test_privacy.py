from __future__ import annotations

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from radtl_tf.data.manifest.privacy import KEY_FILE, hashed, patient_key
from radtl_tf.errors import OutputError


def test_the_key_is_drawn_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    key = patient_key(tmp_path / "new")
    assert len(key) == 32
    assert patient_key(tmp_path / "new") == key
    assert stat.S_IMODE((tmp_path / "new" / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == [KEY_FILE]


def test_every_folder_has_its_own_key(tmp_path: Path) -> None:
    assert patient_key(tmp_path / "a") != patient_key(tmp_path / "b")


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: patient_key(tmp_path), range(32)))
    assert len(keys) == 1


def test_a_damaged_key_is_refused_not_replaced(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(OutputError, match="damaged, 5 bytes instead of 32"):
        patient_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == b"short"


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be read or written"):
        patient_key(tmp_path / "file" / "folder")


def test_hashes_are_keyed_blake2b_of_24_characters() -> None:
    key = bytes(range(32))
    assert hashed("001", key) == hashlib.blake2b(b"001", key=key, digest_size=12).hexdigest()
    assert len(hashed("", key)) == 24
    assert len({hashed("001", key), hashed("1", key), hashed("001", bytes(32))}) == 3
