from __future__ import annotations

import json
from pathlib import Path

import pytest

from radtl_tf.records.integrity.sealed_json import digest_of, intact_object, is_intact, is_sealed, sealed

VALUE = {"run": "a/0-0", "files": {"run.json": "00"}, "share": 0.1}


def test_every_flipped_bit_of_a_sealed_object_is_seen_or_changes_no_value(tmp_path: Path) -> None:
    content = json.dumps(sealed(VALUE)).encode()
    path = tmp_path / "a.json"
    for position in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[position // 8] ^= 1 << position % 8
        path.write_bytes(damaged)
        found = intact_object(path)
        assert found is None or found == sealed(VALUE), damaged


@pytest.mark.parametrize("text", ["", "[]", '"a"', '{"run": '])
def test_what_is_no_object_is_not_intact(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    assert intact_object(tmp_path / "a.json") is None


def test_an_object_of_an_earlier_version_has_no_checksum() -> None:
    assert is_intact(VALUE)
    assert not is_sealed(VALUE)
    assert is_sealed(sealed(VALUE))


def test_sealing_again_replaces_the_checksum() -> None:
    assert sealed({**sealed(VALUE), "run": "b"}) == sealed({**VALUE, "run": "b"})


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1}) != digest_of({"a": 1, "b": 3})
