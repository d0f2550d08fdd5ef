from __future__ import annotations

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from radtl_tf.data.manifest.privacy import KEY_FILE, hashed, is_missing_id, normal_id, patient_key
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
    with pytest.raises(OutputError, match=r"\b5 .*\b32\b"):
        patient_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == b"short"


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        patient_key(tmp_path / "file" / "folder")


def test_hashes_are_keyed_blake2b_of_24_characters() -> None:
    key = bytes(range(32))
    assert hashed("001", key) == hashlib.blake2b(b"001", key=key, digest_size=12).hexdigest()
    assert len(hashed("", key)) == 24
    assert len({hashed("001", key), hashed("1", key), hashed("001", bytes(32))}) == 3


@pytest.mark.parametrize("patient", ["001", "17.0", "P-1 a", "O'Brien", "x_Y#3", "1.23E+11"])
def test_plain_ids_keep_the_hash_of_earlier_versions(patient: str) -> None:
    assert normal_id(patient) == patient
    assert hashed(patient, bytes(32)) == hashlib.blake2b(patient.encode(), key=bytes(32), digest_size=12).hexdigest()


@pytest.mark.parametrize(
    "written", ["Mu\u0308ller 7", "M\xfcller\xa07 ", "'M\xfcller \uff17", "\ufeffM\xfc\u200bller 7\t"]
)
def test_equivalent_ids_have_one_form(written: str) -> None:
    assert normal_id(written) == "M\xfcller 7"
    assert normal_id(normal_id(written)) == "M\xfcller 7"


@pytest.mark.parametrize(
    ("written", "missing"),
    [("", True), (" nan", True), ("#N/A", True), ("NA", True), ("#REF!", True), ("Nana", False), ("0", False)],
)
def test_words_for_a_missing_value_are_no_ids(written: str, missing: bool) -> None:
    assert is_missing_id(written) == missing
