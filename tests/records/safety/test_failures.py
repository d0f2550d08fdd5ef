"""The record of failed runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.records.safety.failures import (
    failures_file,
    failures_in,
    forget_earlier,
    forget_failures,
    read_failures,
    record_failures,
    words_for,
)


def test_failures_are_counted_until_they_are_forgotten(tmp_path: Path) -> None:
    assert read_failures(tmp_path) == {}
    record_failures(tmp_path, "a", ["a/0-0", "a/0-1"], "killed", call="x")
    record_failures(tmp_path, "b", ["b/0-0"], "killed", call="x")
    again = record_failures(tmp_path, "a", ["a/0-1"], "crashed", "run.py:1 in train", call="x")
    assert list(again) == ["a/0-1"]
    known = read_failures(tmp_path)
    assert {name: (one.times, one.reason, one.is_final) for name, one in known.items()} == {
        "a/0-0": (1, "killed", False),
        "a/0-1": (2, "crashed", True),
        "b/0-0": (1, "killed", False),
    }
    forget_failures(tmp_path, "a", ["a/0-0", "b/0-0"])
    assert list(read_failures(tmp_path)) == ["a/0-1", "b/0-0"]
    forget_failures(tmp_path, "a", ["a/0-1"])
    forget_failures(tmp_path, "b", ["b/0-0"])
    assert list(tmp_path.iterdir()) == []


def test_a_failure_counts_for_the_call_that_met_it(tmp_path: Path) -> None:
    record_failures(tmp_path, "a", ["a/0-0", "a/0-1"], "killed", call="first")
    assert failures_in(tmp_path, "a", "second") == {}
    record_failures(tmp_path, "a", ["a/0-1"], "killed", call="second")
    assert {name: one.times for name, one in read_failures(tmp_path).items()} == {"a/0-1": 1}


def test_the_record_of_earlier_versions_is_read_until_it_is_forgotten(tmp_path: Path) -> None:
    failure = {"reason": "killed", "times": 2, "when": "2026-01-01T00:00:00+00:00", "place": ""}
    (tmp_path / "failed.json").write_text(json.dumps({"runs": {"a/0-0": failure}}))
    assert read_failures(tmp_path)["a/0-0"].is_final
    forget_earlier(tmp_path)
    assert read_failures(tmp_path) == {}


def test_a_damaged_record_is_one_line(tmp_path: Path) -> None:
    file = failures_file(tmp_path, "unit-0")
    file.parent.mkdir()
    for text in ('{"runs": {"a', '{"other": 1}', '{"runs": {"a": {"reason": "x"}}}'):
        file.write_text(text)
        with pytest.raises(OutputError, match=r"unit-0\.json"):
            read_failures(tmp_path)


@pytest.mark.parametrize(("code", "word"), [(-9, "memory"), (-6, "memory"), (-11, "crashed"), (-10, ""), (7, "7")])
def test_the_end_of_a_process_in_words(code: int, word: str) -> None:
    assert word in words_for(code) and str(abs(code)) in words_for(code)
