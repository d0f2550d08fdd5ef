"""A model that is not the exported one is refused in one line that says what came and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from radtl_tf.deploy.card.integrity import check_facts, check_files, digest_of, sealed
from radtl_tf.errors import OutputError

PLACE = Path("model") / "radtl.json"


def refused(check: Any, *args: Any) -> str:
    with pytest.raises(OutputError) as caught:
        check(*args)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_digest_depends_on_every_fact_and_on_no_order() -> None:
    assert digest_of({"a": 1, "b": [0.1, None]}) == digest_of({"b": [0.1, None], "a": 1, "digest": "x"})
    assert len({digest_of(one) for one in ({"a": 1}, {"a": 2}, {"b": 1}, {"a": 1, "b": None})}) == 4


def test_facts_that_were_edited_are_refused(tmp_path: Path) -> None:
    facts = sealed({"positive": "sick", "classes": ["well", "sick"]}, tmp_path, ())
    check_facts(facts, PLACE)
    assert str(PLACE) in refused(check_facts, {**facts, "positive": "well"}, PLACE)
    assert "none" in refused(check_facts, {name: facts[name] for name in ("format", "positive")}, PLACE)


def test_an_unknown_format_names_the_version_that_wrote_it() -> None:
    found = refused(check_facts, {"format": 99, "radtl_tf": "7.1"}, PLACE)
    assert all(text in found for text in ("99", "1 and 2", "7.1", str(PLACE)))
    for damaged in ([], {}, "text", None):
        assert str(PLACE) in refused(check_facts, damaged, PLACE)


def test_format_1_has_no_checksums(tmp_path: Path) -> None:
    check_facts({"format": 1, "classes": ["a"]}, PLACE)
    check_files({"format": 1}, tmp_path)


def test_files_are_those_of_the_export(tmp_path: Path) -> None:
    (tmp_path / "variables").mkdir()
    for name in ("variables/data", "graph", "notes"):
        (tmp_path / name).write_text(name)
    facts = sealed({}, tmp_path, ("notes",))
    (tmp_path / "warm-up").write_text("added later")
    (tmp_path / "notes").write_text("edited")
    check_files(facts, tmp_path)
    (tmp_path / "variables" / "data").write_text("variables")  # truncated
    assert "variables/data" in refused(check_files, facts, tmp_path)
    (tmp_path / "variables" / "data").unlink()
    assert "variables/data is missing" in refused(check_files, facts, tmp_path)
