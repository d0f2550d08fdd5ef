"""The scripts in ``benchmarks/``: each says how to run it, and the page of results has a place for its table."""

from __future__ import annotations

import ast
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
SCRIPTS = sorted(FOLDER.glob("[a-z]*.py"))


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return the names of ``benchmarks/_shared.py``, with a page of results of its own."""
    names = runpy.run_path(str(FOLDER / "_shared.py"))
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- begin a -->\nold\n<!-- end a -->\nbetween\n<!-- begin b -->\n<!-- end b -->\nafter\n")
    monkeypatch.setitem(names["publish"].__globals__, "PAGE", page)
    return {**names, "page": page}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_says_what_it_compares_and_how_it_is_run(script: Path) -> None:
    says = ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""
    assert f"python benchmarks/{script.name}" in says


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_what_a_script_publishes_has_its_place(script: Path) -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    names = re.findall(r'(?:publish|_show|_table)\(\s*"(\w+)"', script.read_text(encoding="utf-8"))
    assert names or script.stem == "reading"  # its output is in docs/decisions/0006
    for name in names:
        assert page.count(f"<!-- begin {name} -->") == page.count(f"<!-- end {name} -->") == 1


def test_a_table_takes_the_place_of_the_old_one_and_of_nothing_else(shared: dict[str, Any]) -> None:
    shared["publish"]("a", "speed \\1 of 2\n")  # a backslash is text, not a group reference
    text = shared["page"].read_text()
    assert "old" not in text
    assert re.fullmatch(
        r"before\n<!-- begin a -->\n```\nspeed \\1 of 2\nother work took \d+% of the cores.*\n```\n<!-- end a -->\n"
        r"between\n<!-- begin b -->\n<!-- end b -->\nafter\n",
        text,
    )


def test_a_table_without_a_place_is_an_error(shared: dict[str, Any]) -> None:
    with pytest.raises(SystemExit, match="'c'"):
        shared["publish"]("c", "text")


def test_other_work_is_what_neither_this_process_nor_its_children_did(
    shared: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    names, cores = shared["other_work"].__globals__, shared["psutil"].cpu_count()
    monkeypatch.setitem(names, "_START", (0.0, 100.0, 50.0))
    monkeypatch.setattr(names["time"], "monotonic", lambda: 10.0)
    monkeypatch.setitem(names, "_computing", lambda: (100.0 + 4.0 * cores, 50.0 + 1.0 * cores))
    assert "30%" in shared["other_work"]()
    monkeypatch.setitem(names, "_computing", lambda: (100.0 + 4.0 * cores, 50.0 + 4.0 * cores))
    assert " 0%" in shared["other_work"]()


def test_an_experiment_is_written_as_toml_that_reads_the_same(shared: dict[str, Any]) -> None:
    import tomllib

    content = {"name": "n", "grid": {"weights": ["a"], "tunings": [{"mode": "frozen", "learning_rates": [0.01]}]}}
    assert tomllib.loads(shared["as_toml"]({**content, "question": None})) == content
