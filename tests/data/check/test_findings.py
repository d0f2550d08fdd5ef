"""Findings have a level and advice; only warnings can be accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from radtl_tf.data.check.findings import KINDS, Checked, Examined, Finding, check_accepted
from radtl_tf.data.decoding.reading import Outcome
from radtl_tf.errors import DataError


def test_every_kind_has_a_level_and_says_what_to_do() -> None:
    for code, (level, advice) in KINDS.items():
        assert Finding(code, "x").level == level and Finding(code, "x").advice == advice
        assert advice.endswith(".")


def test_errors_are_those_that_stop() -> None:
    checked = Checked({}, (Finding("folds", "x"), Finding("shortcut", "y")), {})
    assert [finding.code for finding in checked.errors] == ["folds"]


def test_warnings_can_be_accepted_and_errors_cannot() -> None:
    check_accepted(("shortcut", "duplicates-across"))
    with pytest.raises(DataError, match="'shortcuts'.*'shortcut'"):
        check_accepted(("shortcuts",))
    with pytest.raises(DataError, match="'unreadable'"):
        check_accepted(("unreadable",))


def test_what_was_not_decoded_has_no_reading() -> None:
    with pytest.raises(ValueError):
        _ = Examined(1, Outcome("refused", "damaged", "x")).reading


def test_the_page_lists_every_finding_with_its_level() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "data-check.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", page, flags=re.MULTILINE))
    assert listed == {code: level for code, (level, _) in KINDS.items()}
