"""The page and the JSON of the data check."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from radtl_tf.data.check.findings import KINDS, Checked, Finding
from radtl_tf.report.pages.check import (
    CONFOUNDERS,
    as_dict,
    as_screen,
    as_text,
    first_steps,
    lines_text,
    verdict,
    write_page,
)

AGES = pd.DataFrame(
    [
        ("Age (years)", "<b>child</b>", 5, "9", "1", "8", "9", "10"),
        ("Age (years)", "adult", 5, "50", "9", "40", "50", "60"),
    ],
    columns=["What", "Class", "Known", "Mean", "SD", "25 %", "Median", "75 %"],
)


@pytest.fixture
def checked() -> Checked:
    findings = (Finding("unreadable", "2 images cannot be read", (3, 9)), Finding("shortcut", "AUROC 0.9", ()))
    return Checked({"Images": "10 decoded"}, findings, {CONFOUNDERS: AGES})


def test_the_text_says_what_is_wrong_where_and_what_to_do(checked: Checked) -> None:
    text = as_text(checked)
    assert f"ERROR unreadable: {checked.findings[0].message}" in text and "3, 9." in text
    assert text.index("ERROR") < text.index("WARNING shortcut")
    assert text.endswith(verdict(checked))


def test_a_screen_has_24_lines_of_80_columns_and_begins_with_three_things_to_do() -> None:
    codes = ["unreadable", "two-labels", *sorted(set(KINDS) - {"unreadable", "two-labels"}, key=lambda c: KINDS[c][0])]
    findings = tuple(Finding(code, "word " * 60, tuple(range(100))) for code in codes)
    checked = Checked({"Images": "10 decoded", "Patients": "5"}, findings, {})
    lines = as_screen(checked).splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80
    assert [line[:2] for line in lines if line[:2] in ("1.", "2.", "3.")] == ["1.", "2.", "3."]
    assert [finding.code for finding in first_steps(checked)] == codes[:3]
    assert all(code in as_text(checked) for code in codes)


def test_advice_is_no_first_step() -> None:
    checked = Checked({"Images": "1"}, (Finding("unit", "Patients have several images."),), {})
    assert first_steps(checked) == () and "unit" in as_screen(checked)


def test_many_lines_are_counted() -> None:
    assert lines_text(Finding("duplicates", "x", tuple(range(1, 15)))) == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 4 more"


def test_nothing_found_is_said() -> None:
    assert verdict(Checked({}, (), {})).count("no ") == 2


def test_a_machine_reads_everything(checked: Checked) -> None:
    record = json.loads(json.dumps(as_dict(checked)))
    assert record["findings"][0]["lines"] == [3, 9]
    assert record["tables"][CONFOUNDERS][1]["Median"] == "50"


@pytest.mark.parametrize(
    ("codes", "color"),
    [((), "better"), (("unit",), "better"), (("unit", "shortcut"), "warned"), (("shortcut", "unreadable"), "worse")],
)
def test_the_badge_has_the_color_of_the_worst_finding(codes: tuple[str, ...], color: str, tmp_path: Path) -> None:
    write_page(tmp_path / "page.html", Checked({}, tuple(Finding(code, "x", ()) for code in codes), {}), "data")
    assert f'class="verdict" style="background: var(--{color})"' in (tmp_path / "page.html").read_text()


def test_the_page_stands_alone_and_escapes_names(checked: Checked, tmp_path: Path) -> None:
    write_page(tmp_path / "check.html", checked, "<script>.csv")
    page = (tmp_path / "check.html").read_text()
    assert "http://" not in page and "https://" not in page and "<script" not in page
    assert "<b>child</b>" not in page and "&lt;b&gt;child" in page
    assert verdict(checked) == "1 error, 1 warning"
    assert verdict(checked) in page and "<svg" in page and 'class="error"' in page


def test_a_page_without_ages_has_no_figure(tmp_path: Path) -> None:
    write_page(tmp_path / "check.html", Checked({"Images": "1"}, (), {}), "a")
    page = (tmp_path / "check.html").read_text()
    assert "<svg" not in page and "<ol>\n</ol>" in page
