"""The data check for a reader: as text for a terminal, as JSON for a machine, as one HTML page."""

from __future__ import annotations

import textwrap
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from radtl_tf.data.check.findings import Checked, Finding
from radtl_tf.records.disk import write_text
from radtl_tf.report.drawing.svg import SERIES, STYLE, svg
from radtl_tf.report.drawing.table import Table, render_text
from radtl_tf.report.drawing.templates import render_template

CONFOUNDERS = "Age and pixel spacing by class"
_NUM_FIRST = 3
_SCREEN_LINES, _SCREEN_COLUMNS = 24, 80
_BADGES = {"error": "worse", "warning": "warned", "info": "better"}  # colors of the page, by the worst level
_GROUPS = {"error": "Errors", "warning": "Warnings", "info": "Notes"}
_CAPTIONS = {
    "Files": "Each file has one outcome.",
    "Classes": "An image with several labels is counted once, under the combination of its labels.",
    "Sizes": "Sizes after decoding, upright and with square pixels.",
    CONFOUNDERS: "Taken from the DICOM header, or from columns named age and spacing; unknown values are left out.",
    "Acquisition by class": "Cramer's V: 0 means no association, 1 a perfect one. The AUROC shows how well all of "
    "these properties together predict the label; 0.5 is chance.",
    "Thumbnail of 16 x 16 pixels": "How well a logistic regression on these pixels predicts the label, "
    "cross-validated by patient; the best of 16 regions is the second row. 0.5 is chance. "
    "Networks should do better.",
    "Folds": "Images and patients in each part of each fold, with images per class.",
}


def verdict(checked: Checked) -> str:
    """Return the result in a few words."""
    numbers = [(sum(found.level == level for found in checked.findings), level) for level in ("error", "warning")]
    parts = [f"{number} {level}{'s' if number > 1 else ''}" for number, level in numbers if number]
    return ", ".join(parts) or "no errors, no warnings"


def lines_text(finding: Finding, max_lines: int = 10) -> str:
    """Return the first lines of a finding, and how many more there are."""
    first = ", ".join(map(str, finding.lines[:max_lines]))
    more = len(finding.lines) - max_lines
    return first + (f" and {more} more" if more > 0 else "")


def first_steps(checked: Checked) -> tuple[Finding, ...]:
    """Return the findings to act on first: up to three errors and warnings, the worst first."""
    return tuple(finding for finding in checked.findings if finding.level != "info")[:_NUM_FIRST]


def as_screen(checked: Checked) -> str:
    """Return the check for one screen of a terminal, 24 lines of 80 columns: the result, and what to do first."""
    lines = [*(f"{what}: {value}" for what, value in checked.counts.items()), f"Result: {verdict(checked)}"]
    first = first_steps(checked)
    if first:
        lines += ["", "Do first"]
    for number, finding in enumerate(first, start=1):
        where = f" Lines: {lines_text(finding, 3)}." if finding.lines else ""
        text = f"{number}. {finding.level.upper()} {finding.code}: {finding.message}"
        lines += [*_wrapped(text, 3), *_wrapped(finding.advice + where, 2, indent="   ")]
    others = [_shortened(finding) for finding in checked.findings if finding not in first]
    space = max(_SCREEN_LINES - len(lines) - 3, 1)
    if others:
        lines += ["", "Also found", *others[:space]]
    return "\n".join(lines + [f"  and {len(others) - space} more"] * (len(others) > space))


def _wrapped(text: str, max_lines: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        _SCREEN_COLUMNS,
        initial_indent=indent,
        subsequent_indent="   ",
        max_lines=max_lines,
        placeholder=" ...",
    )


def _shortened(finding: Finding) -> str:
    return textwrap.shorten(f"{finding.level} {finding.code}: {finding.message}", _SCREEN_COLUMNS, placeholder=" ...")


def as_text(checked: Checked) -> str:
    """Return the whole check as text: every finding, every table."""
    lines = [f"{what}: {value}" for what, value in checked.counts.items()]
    for level, findings in groupby(checked.findings, key=_level):
        lines.append("")
        for finding in findings:
            lines.append(f"{level.upper()} {finding.code}: {finding.message}")
            lines.append(f"    {finding.advice}" + (f" Lines: {lines_text(finding)}." if finding.lines else ""))
    tables = "\n".join(render_text(table) for table in tables_of(checked))
    return "\n".join([*lines, "", tables, f"Result: {verdict(checked)}"])


def as_dict(checked: Checked) -> dict[str, Any]:
    """Return the check as plain JSON values."""
    return {
        "counts": dict(checked.counts),
        "findings": [
            {"code": f.code, "level": f.level, "message": f.message, "advice": f.advice, "lines": list(f.lines)}
            for f in checked.findings
        ],
        "tables": {title: table.astype(object).to_dict("records") for title, table in checked.tables.items()},
    }


def write_page(path: Path, checked: Checked, name: str) -> None:
    """Write the check of the data set ``name`` as one HTML page without scripts or external addresses.

    Raises:
        OutputError: the file cannot be written.
    """
    page = render_template(
        "check.html",
        name=name,
        verdict=verdict(checked),
        badge=_badge(checked),
        counts=checked.counts,
        first=first_steps(checked),
        groups=[(_GROUPS[level], list(found)) for level, found in groupby(checked.findings, key=_level)],
        lines=lines_text,
        figure=_confounders(checked),
        tables=tables_of(checked),
    )
    write_text(path, page)


def _badge(checked: Checked) -> str:
    """Return the color of the worst finding, wherever it is in the list."""
    levels = {finding.level for finding in checked.findings}
    return next((color for level, color in _BADGES.items() if level in levels), _BADGES["info"])


def tables_of(checked: Checked) -> list[Table]:
    """Return the tables of a check as text."""
    return [
        Table(
            key=title.lower().replace(" ", "-"),
            title=title,
            caption=_CAPTIONS[title],
            columns=tuple(map(str, table.columns)),
            rows=tuple(tuple(map(str, row)) for row in table.itertuples(index=False)),
        )
        for title, table in checked.tables.items()
    ]


def _level(finding: Finding) -> str:
    return finding.level


def _confounders(checked: Checked) -> str:
    """Return medians and quartiles of age and spacing per class as an SVG element; empty if none is known."""
    table = checked.tables.get(CONFOUNDERS)
    if table is None:
        return ""
    kinds = list(table.groupby("What", sort=False))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.3, 0.5 + 0.32 * len(table) + 0.45 * len(kinds)))
        all_axes = figure.subplots(len(kinds), squeeze=False, gridspec_kw={"hspace": 1.1})[:, 0]
        for axes, (what, rows) in zip(all_axes, kinds, strict=True):
            _quartiles(axes, rows)
            axes.set_xlabel(what)
        return svg(figure, "Median and quartiles of age and pixel spacing by class")


def _quartiles(axes: Any, rows: pd.DataFrame) -> None:
    names = list(rows["Class"])
    for position, row in enumerate(rows.to_dict("records")):
        color = SERIES[position % len(SERIES)]
        axes.plot([float(row["25 %"]), float(row["75 %"])], [position, position], color=color, linewidth=5, alpha=0.5)
        axes.plot(float(row["Median"]), position, "o", color=color, markersize=6)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
