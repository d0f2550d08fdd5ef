from __future__ import annotations

import io
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.folder import OutputFolder
from radtl_tf.report.pages.summary import NO_WARNING, summary, summary_page, summary_picture, write_summary
from radtl_tf.report.pages.summary_picture import HEIGHT, WIDTH


@pytest.fixture(scope="module")
def page(evaluation: Evaluation) -> str:
    return unescape(summary_page(summary(evaluation)))


def test_the_card_says_everything_that_a_reader_needs(evaluation: Evaluation, page: str) -> None:
    answer, data = evaluation.question, evaluation.record.data
    assert answer and evaluation.learned
    found = summary(evaluation)
    picture = " ".join(re.findall(r">([^<]+)</text>", unescape(summary_picture(found))))
    for text in (
        *(f"{answer.a} or {answer.b}?", f"{data.examples} images of {data.patients} patients", answer.sentence),
        *(evaluation.record.facts.versions["radtl_tf"], data.sha256[:12], found.headline, found.advice),
        *(evaluation.record.experiment.grid.backbones[0], *found.said.values()),
    ):
        assert text in page
        assert text in picture
    assert list(found.said) == ["Was anything learned?", "Warning", "In numbers"]
    assert "<svg" in page and found.figure.key == "difference"


def test_a_warning_is_marked_in_words(evaluation: Evaluation) -> None:
    warned = summary_page(summary(replace(evaluation, alarms=["Something is wrong."])))
    assert '<p class="alarm"><b>Warning.</b> Something is wrong.' in warned
    calm = summary(replace(evaluation, alarms=[], learned=None))
    assert calm.said["Warning"] == NO_WARNING
    assert 'class="alarm"' not in summary_page(calm)


def test_without_a_question_it_shows_the_estimates(evaluation: Evaluation) -> None:
    found = summary(replace(evaluation, question=None, learned=None))
    assert (found.verdict, found.question, found.figure.key) == ("", "", "forest")
    assert 'class="verdict"' not in summary_page(found)


def test_the_page_needs_no_other_file(page: str) -> None:
    assert not re.search(r"https?:|url\((?!#)|@import|<script|<img", page)


def test_what_is_written(evaluation: Evaluation, tmp_path: Path) -> None:
    write_summary(OutputFolder(tmp_path), evaluation)
    image = Image.open(io.BytesIO((tmp_path / "card.png").read_bytes()))
    assert image.size == (2 * WIDTH, 2 * HEIGHT)
    assert float(np.asarray(image.convert("L")).std()) > 10  # not empty
    assert (tmp_path / "card.html").read_text(encoding="utf-8").startswith("<!doctype html>")
