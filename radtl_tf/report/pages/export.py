"""The report's tables and figures as files of their own, for a manuscript: CSV, LaTeX, SVG and PNG."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import resvg_py

from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.disk import write_bytes, write_text
from radtl_tf.records.folder import OutputFolder
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.table import Table

# The light palette of templates/report.css: a file of its own has no page to take its colors from.
PALETTE = {
    "ink": "#1b1f24",
    "soft": "#57606a",
    "faint": "#b6bec8",
    "panel": "#f5f7f9",
    "better": "#1a6e42",
    "worse": "#a5382b",
    "equivalent": "#0b5f9e",
    "undecided": "#57606a",
    "warned": "#a8480a",
    **{f"series-{number}": color for number, color in enumerate(
        ("#0b6fb8", "#c4560a", "#2a7f4f", "#8a4fb0", "#a8781a", "#b3366b"), start=1)},
}  # fmt: skip
_PIXELS = 4 / 3  # of a point, in which matplotlib draws
_DENSITY = 2  # of the PNG: pixels per pixel
_KNOWN = "\u2300"  # below it the fonts that matplotlib ships have nearly all letters
_LATEX = {
    "\\": r"\textbackslash{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
}


def export(folder: Path, figures: Sequence[Figure], tables: Sequence[Table]) -> None:
    """Write ``tables/<key>.csv`` and ``.tex``, ``figures/<key>.svg`` and ``.png``, each completely or not at all.

    Raises:
        OutputError: the folder cannot be written.
    """
    output = OutputFolder(folder)
    for table in tables:
        write_text(output.table(table.key, ".csv"), as_csv(table))
        write_text(output.table(table.key, ".tex"), as_latex(table))
    for figure in figures:
        drawing = standalone(figure)
        write_text(output.figure(figure.key, ".svg"), drawing)
        write_bytes(output.figure(figure.key, ".png"), as_png(drawing))


def as_csv(table: Table) -> str:
    """Return the cells as CSV; a signed number becomes a number, a lone dash an empty cell."""
    return csv_text(table.columns, ((_value(cell) for cell in row) for row in table.rows))


def _value(cell: str) -> str | float:
    if cell == "-":
        return ""
    return float(cell) if re.fullmatch(r"[-+]\d+(\.\d+)?", cell) else cell


def as_latex(table: Table) -> str:
    """Return the table for a manuscript that loads booktabs; every cell is escaped."""
    columns = "".join("r" if right else "l" for right in table.numeric)
    head, *rows = (" & ".join(map(latex, row)) + r" \\" for row in (table.columns, *table.rows))
    lines = [
        *(r"\begin{table}", r"\centering", rf"\caption{{{latex(table.title)}. {latex(table.caption)}}}"),
        *(rf"\label{{tab:{table.key}}}", rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule", *rows),
        *(r"\bottomrule", r"\end{tabular}", r"\end{table}"),
    ]
    return "\n".join(lines) + "\n"


def latex(text: str) -> str:
    r"""Return ``text`` so that LaTeX prints it as it is.

    >>> print(latex("50 % of a_b"))
    50 \% of a\_b
    """
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))


def standalone(figure: Figure) -> str:
    """Return the drawing as an SVG file: light palette, white ground, its size in pixels."""
    start, body = figure.svg.split(">", 1)
    width, height = (float(length) for length in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', start)[0])
    size = f'width="{width * _PIXELS:.2f}" height="{height * _PIXELS:.2f}"'
    start = re.sub(r' style="[^"]*"', "", start).replace("<svg", f'<svg xmlns="http://www.w3.org/2000/svg" {size}', 1)
    said, drawing = re.match(r"((?:<(title|desc)>.*?</\2>)*)(.*)", body, flags=re.DOTALL).group(1, 3)  # type: ignore[union-attr]
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return in_light(f"{start}>{said}{ground}{drawing}") + "\n"


def in_light(drawing: str) -> str:
    """Return a drawing with the colors of the light palette in place of the page's variables."""
    return re.sub(r"var\(--([\w-]+)\)", lambda match: PALETTE[match[1]], drawing)


def as_png(drawing: str) -> bytes:
    """Return an SVG file as PNG at twice its size, drawn with the fonts that matplotlib ships."""
    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=drawing,
            background="#ffffff",
            zoom=_DENSITY,
            skip_system_fonts=max(drawing) < _KNOWN,
            font_files=[str(fonts / name) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")],
        )
    )
