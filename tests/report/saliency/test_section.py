"""The section on saliency maps: content, text, exported data, and a visible failed check."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import imagecodecs
import numpy as np
import pytest

from radtl_tf.errors import OutputError
from radtl_tf.evaluation.evaluate import evaluate
from radtl_tf.report.pages.experiment import write_report
from radtl_tf.report.pages.sections import contents
from radtl_tf.report.saliency.case_choice import KINDS, RULE
from radtl_tf.report.saliency.section import randomization_table, read_saliency, render_section, verdicts

HOSTILE = '<script>alert("x")</script>'
WEIGHTS = ("imagenet", "random")


@pytest.fixture
def drawn_in(outcome: Any, maps: ModuleType) -> Callable[..., Path]:
    """Return a function that gives the folder of an experiment with stored maps; keywords change the record."""

    def make(weights: tuple[str, str] = WEIGHTS, **changes: Any) -> Path:
        folder = outcome(signal=dict.fromkeys(weights, 1.0), backbones=("ResNet50",), num_patients=120)
        return maps.store(folder, weights, **changes)

    return make


def section(folder: Path) -> str:
    found = read_saliency(folder)
    assert found is not None
    return render_section(found, {figure.key: number for number, figure in enumerate(found.figures)})


class Images(HTMLParser):
    """Collects the images of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.text = ""
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "img":
            self.found.append({name: value or "" for name, value in attrs})

    def handle_data(self, data: str) -> None:
        self.text += data


def test_without_stored_maps_there_is_no_section(outcome: Any) -> None:
    folder = outcome(backbones=("ResNet50",))
    assert read_saliency(folder) is None
    page = write_report(folder, evaluate(folder)).read_text()
    assert "Saliency maps" not in page
    assert "img-src" not in page


def test_radiograph_and_both_maps_side_by_side_with_words(drawn_in: Any) -> None:
    page = Images(section(drawn_in()))
    assert len(page.found) == 3 * 5
    for image in page.found:
        start, _, data = image["src"].partition(",")
        assert start == "data:image/jpeg;base64"
        assert imagecodecs.jpeg8_decode(base64.b64decode(data)).shape[:2] == (32, 32)
        assert image["alt"]
    first = [image["alt"] for image in page.found[:3]]
    assert re.search(r"example 0, .*present", first[0])
    for name, words in zip(WEIGHTS, first[1:], strict=True):
        assert re.search(rf"Example 0, {name}, true positive .*\b0\.750: .*present .*upper left", words)
    assert RULE in page.text
    assert re.search("imagenet: 2 of 9", page.text)
    assert "folder saliency" in page.text


def test_the_map_lies_over_the_radiograph(drawn_in: Any) -> None:
    page = Images(section(drawn_in()))
    grey, clear, covered = (
        imagecodecs.jpeg8_decode(base64.b64decode(image["src"].partition(",")[2])).astype(float)
        for image in page.found[:3]
    )
    np.testing.assert_allclose(clear, grey[..., None].repeat(3, axis=-1), atol=6)  # its opacity is 0
    assert np.abs(covered - grey[..., None]).mean() > 10


def test_an_empty_map_is_said(drawn_in: Any, maps: ModuleType) -> None:
    empty = maps.case(0, KINDS[0])
    empty = replace(empty, maps=(empty.maps[0], replace(empty.maps[1], maximum=0.0, peak="")))
    page = Images(section(drawn_in(cases=(empty,))))
    assert "empty" in page.found[2]["alt"] and "empty" not in page.found[1]["alt"]
    assert "empty map" in page.text
    assert "maximum 0.5" in page.text


def test_names_stay_text(drawn_in: Any) -> None:
    folder = drawn_in(weights=(HOSTILE, "random"), classes=(HOSTILE, HOSTILE))
    page = Images(section(folder))
    assert "script" not in page.tags
    assert HOSTILE in page.text
    assert any(HOSTILE in image["alt"] for image in page.found)


def test_a_failed_check_is_not_hidden(maps: ModuleType) -> None:
    found = verdicts([*maps.rows(0.9), *maps.rows(0.1, "random")], WEIGHTS)
    assert found[0].startswith("imagenet: FAILED")
    assert "0.900" in found[0]
    assert found[1].startswith("random: passed")
    assert verdicts(maps.rows(0.5), ("imagenet",))[0].startswith("imagenet: FAILED")
    (unchecked,) = verdicts([], ("imagenet",))
    assert unchecked.startswith("imagenet: not checked")


def test_the_verdict_is_on_what_is_left_at_the_end_over_all_backbones(maps: ModuleType) -> None:
    early = (replace(maps.rows(0.9)[0]), replace(maps.rows(0.9)[1], rank_correlation=0.1))
    other = (
        maps.rows(0.9, backbone="InceptionV3")[0],
        replace(maps.rows(0.4, backbone="InceptionV3")[1], num_cases=12),
    )
    (found,) = verdicts([*early, *other], ("imagenet",))
    assert "passed" in found
    assert f"{(0.1 * 4 + 0.4 * 12) / 16:.3f}" in found
    assert "16 maps" in found


def test_the_check_has_a_row_per_step_and_a_figure_per_backbone(drawn_in: Any, maps: ModuleType) -> None:
    found = (*maps.rows(0.2), *maps.rows(0.3, "random"), *maps.rows(0.4, backbone="InceptionV3"))
    page = section(drawn_in(randomized=found))
    assert re.findall(r'id="saliency-check-(\w+)"', page) == ["resnet50", "inceptionv3"]
    assert len(randomization_table(found).rows) == 6
    assert randomization_table(found).rows[2] == ("random", "ResNet50", "head", "0.300", "0.500", "4", "1")
    assert "var(--series-1)" in page


@pytest.mark.slow
def test_the_report_holds_the_section_and_nothing_from_outside(drawn_in: Any) -> None:
    folder = drawn_in()
    path = write_report(folder, evaluate(folder))
    page = path.read_text(encoding="utf-8")
    assert page.count('id="saliency"') == 1
    assert page.index('id="saliency"') < page.index("<footer")
    assert "style-src 'unsafe-inline'; img-src data:\"" in page
    assert ".saliency-case" in page.partition("</style>")[0]
    without_images = re.sub(r'src="data:image/jpeg;base64,[^"]*"', "", page)
    assert not re.search(r"https?:|//[a-z]|url\((?!#)|@import", without_images)


def test_damaged_maps_stop_the_report_in_one_line(drawn_in: Any) -> None:
    folder = drawn_in()
    (folder / "saliency" / "00000-map-1.png").unlink()
    with pytest.raises(OutputError, match="saliency"):
        section(folder)


@pytest.mark.slow
def test_the_check_leaves_the_page_and_no_radiograph_does(drawn_in: Any, maps: ModuleType) -> None:
    folder = drawn_in(randomized=(*maps.rows(0.2), *maps.rows(0.9, "random")))
    found = evaluate(folder)
    write_report(folder, found)
    shown = contents(found, read_saliency(folder))
    assert {path.stem for path in (folder / "figures").iterdir()} == {figure.key for figure in shown.figures}
    assert (folder / "figures" / "saliency-check-resnet50.png").exists()
    svg = (folder / "figures" / "saliency-check-resnet50.svg").read_text(encoding="utf-8")
    assert "imagenet, head: 0.200; imagenet, all layers: 0.200; random, head: 0.900" in svg
    assert "<image" not in svg and "data:" not in svg
    table = (folder / "tables" / "saliency-randomization.csv").read_text(encoding="utf-8")
    assert "random,ResNet50,head,0.900,0.500,4,1" in table
    assert (folder / "tables" / "saliency-randomization.tex").exists()
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    assert "## Saliency maps" in markdown and "random: FAILED" in markdown and "## Randomization check" in markdown
    assert "data:image" not in markdown and "example 0" not in markdown
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count('id="saliency-randomization"') == 1
    assert f"Figure {len(shown.figures)}. ResNet50: " in page
    assert "saliency maps" in page[page.index("<footer") :]


def test_checklists_draw_on_the_maps(drawn_in: Any) -> None:
    folder = drawn_in()
    lists = contents(evaluate(folder), read_saliency(folder)).checklists
    (item,) = (item for item in lists["CLAIM 2024"] if item.topic == "Explainability or interpretability")
    assert item.evidence == ("saliency", "saliency-randomization")
    assert "imagenet: passed, " in item.draft and RULE in item.draft
