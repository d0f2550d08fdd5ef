"""Set text and one figure on an A4 page as SVG, for the picture of the summary card."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.text_lines import wrapped
from radtl_tf.report.pages.export import in_light

WIDTH, HEIGHT = 794, 1123  # A4 at 96 pixels per inch
_MARGIN = 56
_LABEL = 170  # width of the column of labels
_LINE = 1.4  # distance of lines, in sizes of the font
_LARGEST_FIGURE = 1.6  # pixels per point of the drawing
_SHRINK = 0.94  # of all sizes, until everything fits
_SMALLEST = 0.3


@dataclass(frozen=True)
class Block:
    """A paragraph: ``label`` is printed to its left, ``gap`` is the space above it, ``color`` a name of the palette."""

    text: str
    label: str = ""
    size: float = 13
    bold: bool = False
    color: str = "ink"
    gap: float = 5


def picture(blocks: Sequence[Block], figure: Figure, footer: Sequence[str]) -> str:
    """Return an SVG file of one A4 page: the blocks, the figure, and ``footer`` in small print.

    All sizes shrink together until everything is on the page.
    """
    scale = 1.0
    while scale > _SMALLEST:
        rows, height = _page(blocks, figure, footer, scale)
        if height <= HEIGHT - _MARGIN:
            break
        scale *= _SHRINK
    start = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    font = 'font-family="system-ui, DejaVu Sans, sans-serif"'
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    return in_light(f"{start} {font}>{ground}{''.join(rows)}</svg>\n")


def _page(blocks: Sequence[Block], figure: Figure, footer: Sequence[str], scale: float) -> tuple[list[str], float]:
    """Return the elements of the page, and where the last one ends."""
    rows, y = [], float(_MARGIN)
    for block in blocks:
        lines, y = _text(replace(block, size=block.size * scale, gap=block.gap * scale), y)
        rows += lines
    drawing, y = _figure(figure, y + 18 * scale, scale)
    rows.append(drawing)
    for text in footer:
        lines, y = _text(Block(text, size=11 * scale, color="soft", gap=6 * scale), y)
        rows += lines
    return rows, y


def _text(block: Block, y: float) -> tuple[list[str], float]:
    left = _MARGIN + (_LABEL if block.label else 0)
    y += block.gap
    style = f'font-size="{block.size:.2f}" fill="var(--{block.color})"' + ' font-weight="bold"' * block.bold
    rows = []
    if block.label:
        label = f'font-size="{min(block.size, 13):.2f}" fill="var(--soft)"'
        rows.append(f'<text x="{_MARGIN}" y="{y + block.size:.1f}" {label}>{escape(block.label)}</text>')
    for line in wrapped(block.text, WIDTH - _MARGIN - left, block.size, bold=block.bold):
        rows.append(f'<text x="{left}" y="{y + block.size:.1f}" {style}>{escape(line)}</text>')
        y += _LINE * block.size
    return rows, y


def _figure(figure: Figure, y: float, scale: float) -> tuple[str, float]:
    """Return the drawing at ``y``, at most as wide as the text and half as high as the page."""
    width, height = (float(length) for length in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', figure.svg)[0])
    zoom = scale * min(_LARGEST_FIGURE, (WIDTH - 2 * _MARGIN) / width, HEIGHT / 2 / height)
    place = f'x="{_MARGIN}" y="{y:.1f}" width="{zoom * width:.1f}" height="{zoom * height:.1f}"'
    return figure.svg.replace("<svg", f"<svg {place}", 1), y + zoom * height
