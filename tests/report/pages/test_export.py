"""Tables and figures as files that a manuscript can take."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radtl_tf.errors import OutputError
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.table import Table
from radtl_tf.report.pages.export import PALETTE, as_csv, as_latex, as_png, export, latex, standalone
from radtl_tf.report.pages.sections import Contents

CSS = Path(__file__).parents[3] / "radtl_tf" / "report" / "templates" / "report.css"


def table(*rows: tuple[str, ...]) -> Table:
    return Table("k", "Title", "50 % of a_b.", ("Name", "Value"), rows)


def test_every_table_and_figure_is_written(drawn: Contents, tmp_path: Path) -> None:
    shown = [*drawn.tables, *drawn.checklist_tables()]
    export(tmp_path, drawn.figures, shown)
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {f"tables/{made.key}.{kind}" for made in shown for kind in ("csv", "tex")} | {
        f"figures/{figure.key}.{kind}" for figure in drawn.figures for kind in ("svg", "png")
    }
    text = (tmp_path / "tables" / "settings.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == list(drawn.tables[0].columns)
    assert len(rows) == 1 + len(drawn.tables[0].rows)


def test_a_folder_that_cannot_be_written_is_one_clear_error(drawn: Contents, tmp_path: Path) -> None:
    (tmp_path / "tables").write_text("a file")
    with pytest.raises(OutputError, match="tables"):
        export(tmp_path, [], drawn.tables)


def test_csv_has_numbers_and_nothing_that_a_spreadsheet_runs() -> None:
    text = as_csv(table(("=cmd", "+0.050"), ("-", "-0.020 to 0.125"), ("001", "0.820")))
    assert list(csv.reader(io.StringIO(text)))[1:] == [["'=cmd", "0.05"], ["", "'-0.020 to 0.125"], ["001", "0.820"]]


def test_latex_is_a_booktabs_table_that_no_cell_can_leave() -> None:
    text = as_latex(table((r"\input{x} & $y$", "0.5"), ("a_b {#~^}\n", "1")))
    assert r"\caption{Title. 50 \% of a\_b.}" in text
    assert r"\begin{tabular}{lr}" in text and text.count(r"\\") == 3
    assert r"\textbackslash{}input\{x\} \& \$y\$ & 0.5 \\" in text
    assert r"a\_b \{\#\textasciitilde{}\textasciicircum{}\} & 1 \\" in text
    assert [line for line in text.splitlines() if line.endswith("rule")] == [r"\toprule", r"\midrule", r"\bottomrule"]


def test_every_special_character_of_latex_is_escaped() -> None:
    assert latex("& % $ # _ { }") == r"\& \% \$ \# \_ \{ \}"
    assert latex("~^\\<>±") == (r"\textasciitilde{}\textasciicircum{}\textbackslash{}\textless{}\textgreater{}$\pm$")


def test_a_drawing_of_its_own_has_the_light_palette_a_size_and_a_ground(drawn: Contents) -> None:
    for figure in drawn.figures:
        text = standalone(figure)
        root = ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "var(" not in text
        assert float(root.attrib["width"]) > 100 and float(root.attrib["height"]) > 20
        assert [child.tag.split("}")[1] for child in root][:3] == ["title", "desc", "rect"]
        assert root[1].text == figure.alt
        assert len(re.findall("https?:", text)) == 1  # the namespace


def test_the_palette_is_that_of_the_page() -> None:
    light = CSS.read_text(encoding="utf-8").split("@media")[0]
    assert {name: re.search(rf"--{name}: (#\w+);", light)[1] for name in PALETTE} == PALETTE  # type: ignore[index]


@pytest.mark.slow
def test_a_png_is_twice_the_size_and_not_empty(drawn: Contents) -> None:
    for figure in drawn.figures:
        drawing = standalone(figure)
        root = ElementTree.fromstring(drawing)
        image = Image.open(io.BytesIO(as_png(drawing)))
        assert image.size == pytest.approx([2 * float(root.attrib[side]) for side in ("width", "height")], abs=2)
        pixels = np.asarray(image.convert("RGB")).astype(int)
        assert (pixels[0, 0] == 255).all()
        assert 0.001 < (pixels.sum(axis=2) < 600).mean() < 0.9


def test_a_png_has_its_text() -> None:
    assert _dark_pixels("") == 0
    assert min(map(_dark_pixels, ("abc", "±é", "\u22120.5"))) > 50


def _dark_pixels(text: str) -> int:
    style = "font-family: 'DejaVu Sans'; fill: var(--ink)"
    svg = f'<svg viewBox="0 0 60 20"><text x="5" y="15" style="{style}">{text}</text></svg>'
    image = Image.open(io.BytesIO(as_png(standalone(Figure("k", "", "", "", svg)))))
    return int((np.asarray(image.convert("L")) < 99).sum())
