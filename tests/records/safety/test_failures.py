"""The record of failed runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.records.safety.failures import (
    failures_file,
    forget_failures,
    read_failures,
    record_failures,
    words_for,
)


def test_failures_are_counted_until_they_are_forgotten(tmp_path: Path) -> None:
    assert read_failures(tmp_path) == {}
    record_failures(tmp_path, ["a/0-0", "a/0-1"], "killed")
    again = record_failures(tmp_path, ["a/0-1"], "crashed", "run.py:1 in train")
    assert list(again) == ["a/0-1"]
    known = read_failures(tmp_path)
    assert [(one.times, one.reason, one.is_final) for one in known.values()] == [
        (1, "killed", False),
        (2, "crashed", True),
    ]
    forget_failures(tmp_path, ["a/0-0"])
    assert list(read_failures(tmp_path)) == ["a/0-1"]
    forget_failures(tmp_path)
    assert not failures_file(tmp_path).exists()


def test_a_damaged_record_is_one_line(tmp_path: Path) -> None:
    for text in ('{"runs": {"a', '{"other": 1}', '{"runs": {"a": {"reason": "x"}}}'):
        failures_file(tmp_path).write_text(text)
        with pytest.raises(OutputError, match=r"failed\.json"):
            read_failures(tmp_path)


@pytest.mark.parametrize(("code", "word"), [(-9, "memory"), (-6, "memory"), (-11, "crashed"), (-10, ""), (7, "7")])
def test_the_end_of_a_process_in_words(code: int, word: str) -> None:
    assert word in words_for(code) and str(abs(code)) in words_for(code)
