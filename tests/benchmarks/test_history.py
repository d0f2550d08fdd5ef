"""``benchmarks/history.csv``: its columns parse, a row per release and machine, and a worse number is said."""

from __future__ import annotations

import runpy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
NAMES = runpy.run_path(str(FOLDER / "_history.py"))
BETTER, WORSE = "folded_pass_ratio", "second_imports_ratio"  # when higher


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Return a file with the columns of the history and no row."""
    file = tmp_path / "history.csv"
    file.write_text(",".join(NAMES["COLUMNS"]) + "\n", encoding="utf-8")
    return file


def test_the_columns_of_the_history_parse() -> None:
    rows = NAMES["read"]()
    assert rows
    for row in rows:
        assert row["version"] and row["cpu"] and int(row["cores"]) > 0
        assert date.fromisoformat(row["date"])
        assert all(float(row[name]) > 0 for name in NAMES["NUMBERS"] if row[name])
    machines = [tuple(row[name] for name in NAMES["ROW"]) for row in rows]
    assert len(set(machines)) == len(machines)


def test_benchmarks_of_one_release_and_machine_fill_one_row(history: Path) -> None:
    for numbers in ({BETTER: 1.19}, {WORSE: 2.4}, {BETTER: 1.2}):
        assert NAMES["record"]("a CPU", history, "1.0", **numbers) == []
    NAMES["record"]("another CPU", history, "1.0", **{BETTER: 1.5})
    first, second = NAMES["read"](history)
    assert (float(first[BETTER]), float(first[WORSE]), first["cpu"]) == (1.2, 2.4, "a CPU")
    assert (float(second[BETTER]), second[WORSE]) == (1.5, "")


@pytest.mark.parametrize(("name", "now", "said"), [(BETTER, 1.0, 1), (BETTER, 2.0, 0), (WORSE, 2.0, 1), (WORSE, 1, 0)])
def test_a_number_that_became_worse_is_said(history: Path, name: str, now: float, said: int) -> None:
    record: Any = NAMES["record"]
    record("a CPU", history, "1.0", **{name: 1.5})
    assert record("another CPU", history, "1.1", **{name: now}) == []
    found = record("a CPU", history, "1.1", **{name: now})
    assert len(found) == said and all(name in line for line in found)


def test_a_history_with_other_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_text("version\n1.0\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        NAMES["read"](file)
