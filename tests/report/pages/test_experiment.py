from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.report.drawing.table import plain
from radtl_tf.report.pages.card import NO_QUESTION
from radtl_tf.report.pages.experiment import DISCLAIMER, report_html, report_markdown, write_report
from radtl_tf.report.pages.sections import SECTIONS, Contents, contents
from radtl_tf.report.text.advice import advice, chances, headline

Outcome = Callable[..., Path]
HOSTILE = '<script>alert("x")</script>{{ 7 * 7 }}'
VOID = {"meta", "br"}


class Page(HTMLParser):
    """Collects tags, links and visible text, and checks that every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self._joins = False  # a tooltip does not divide a sentence
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._joins = tag == "abbr"
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "xlink:href")]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self._joins = tag == "abbr"

    def handle_data(self, data: str) -> None:
        if self._joins:
            self.words[-1] += data
        else:
            self.words.append(data)
        self._joins = False

    @property
    def text(self) -> str:
        return " ".join(self.words)


def render_html(evaluation: Evaluation) -> str:
    return report_html(evaluation, contents(evaluation))


def render_page(evaluation: Evaluation) -> str:
    return report_markdown(evaluation, contents(evaluation))


@pytest.fixture(scope="module")
def html(evaluation: Evaluation, drawn: Contents) -> str:
    return report_html(evaluation, drawn)


@pytest.fixture(scope="module")
def markdown(evaluation: Evaluation, drawn: Contents) -> str:
    return report_markdown(evaluation, drawn)


def test_the_page_stands_alone(html: str) -> None:
    page = Page(html)
    assert "This page shows no patient's image." in page.text
    assert not re.search(r"https?:|//[a-z]|url\((?!#)|@import", html)
    assert not {"script", "link", "iframe", "img", "object", "base"} & set(page.tags)
    assert all(address.startswith("#") for address in page.addresses)
    assert {address[1:] for address in page.addresses} <= set(page.ids)


def test_the_first_screen_answers_the_question(html: str, evaluation: Evaluation) -> None:
    assert evaluation.question is not None
    text = Page(html).text
    order = [
        text.index(part)
        for part in (
            "synthetic",
            "imagenet better than random",
            evaluation.question.sentence,
            "ResNet50, frozen",
            "Settings",
        )
    ]
    assert order == sorted(order)


def test_every_table_and_note_is_in_both_reports(
    html: str, markdown: str, evaluation: Evaluation, drawn: Contents
) -> None:
    page = Page(html)
    for table in drawn.tables:
        assert table.key in page.ids
        assert f"## {table.title}" in markdown
        assert all(cell in page.text for row in table.rows for cell in row)
    assert all(note in page.text for note in evaluation.notes)
    assert DISCLAIMER in page.text
    assert DISCLAIMER in markdown
    assert evaluation.question is not None
    assert evaluation.question.sentence in markdown


def test_hostile_names_stay_text(outcome: Outcome) -> None:
    found = evaluate(
        outcome(
            name=HOSTILE,
            note=HOSTILE,
            classes=("no", HOSTILE),
            backbones=("ResNet50",),
            signal={HOSTILE: 1.0, "b": 0.5},
        )
    )
    page, markdown = Page(render_html(found)), render_page(found)
    assert "script" not in page.tags
    assert page.text.count(HOSTILE) >= 4
    assert "<script" not in markdown.replace(r"\<script", "")
    assert "49" not in page.words


def test_the_advice_and_its_certainty_come_before_the_figures(html: str, markdown: str, evaluation: Evaluation) -> None:
    assert evaluation.question is not None
    text = Page(html).text
    order = [advice(evaluation.question), "How sure?", "Figure 1", "Notes", "What next", "Contents"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert advice(evaluation.question) in markdown


def test_methods_checklists_and_references_are_in_both_reports(html: str, markdown: str, drawn: Contents) -> None:
    page, found = Page(html), drawn
    for words in (*found.methods.values(), *found.citations):
        assert words in page.text
        assert plain(words) in markdown
    assert found.bibtex in page.text
    for table in found.checklist_tables():
        assert table.key in page.ids
        assert f"## {table.title}" in markdown
        assert all(row[1] in page.text for row in table.rows)
    assert "CLAIM 2024: " in page.text and " drafted, " in page.text


def test_figures_are_numbered_described_and_share_no_id(html: str, drawn: Contents) -> None:
    page, found = Page(html), drawn
    assert len(set(page.ids)) == len(page.ids)
    assert re.findall(r"Figure (\d+)\.", page.text) == [str(number + 1) for number in range(len(found.figures))]
    for figure in found.figures:
        assert figure.key in page.ids
        assert figure.caption in page.text
        assert figure.alt in page.text
    assert page.tags.count("figcaption") == page.tags.count("svg") == len(found.figures)


def test_the_page_has_landmarks_and_a_way_past_the_head(html: str) -> None:
    tags = Page(html).tags
    assert [tags.count(tag) for tag in ("header", "main", "nav", "footer", "h1")] == [1] * 5
    assert html.index('class="skip" href="#main"') < html.index("<header")
    assert html.count('class="scroll" tabindex="0" role="group" aria-label=') == tags.count("table")


def test_each_topic_that_holds_something_is_folded_and_in_the_contents(html: str, drawn: Contents) -> None:
    used = {one.section for one in (*drawn.figures, *drawn.tables)}
    contents = html[html.index("<nav") : html.index("</nav>")]
    for key, title in SECTIONS.items():
        fold = rf'<details class="topic">\n<summary><h2>{title}</h2>[^\n]*</summary>\n<div id="part-{key}">'
        assert bool(re.search(fold, html)) == (key in used)
        assert (f'href="#part-{key}"' in contents) == (key in used)
    assert "<details open" not in html
    assert html.index('id="next"') < html.index("<nav") < html.index('<details class="topic"')


@pytest.mark.slow
def test_long_tables_are_folded_and_short_ones_open(outcome: Outcome) -> None:
    html = render_html(evaluate(outcome(tunings={"full": (1e-1, 1e-2, 1e-3, 1e-4), "frozen": (1e-2, 1e-3, 1e-4)})))
    assert re.search(r'id="scenarios".*?<details>\s*<summary>32 rows</summary>', html, re.DOTALL)
    assert "<details" not in html[html.index('id="settings"') : html.index('id="comparisons"')]


@pytest.mark.slow
def test_the_note_is_prominent_and_absent_otherwise(outcome: Outcome, html: str) -> None:
    note = "Drawn scores: no evidence of anything."
    found = render_html(evaluate(outcome(note=note, backbones=("ResNet50",))))
    assert found.index('class="banner"') < found.index(note) < found.index('class="answer"')
    assert 'class="banner"' not in html


def test_without_a_question_it_estimates_only(outcome: Outcome) -> None:
    found = evaluate(outcome(question=None, backbones=("ResNet50",), signal={"imagenet": 1.0}))
    text = Page(render_html(found)).text
    assert NO_QUESTION in text
    assert "Comparisons" not in text
    assert NO_QUESTION in render_page(found)


def test_what_is_written(outcome: Outcome) -> None:
    folder = outcome(backbones=("ResNet50",))
    found = evaluate(folder)
    path = write_report(folder, found)
    assert path == folder / "report.html"
    assert path.read_text(encoding="utf-8") == render_html(found)
    assert (folder / "report.md").read_text(encoding="utf-8").startswith("# synthetic\n")
    assert {path.name for path in (folder / "figures").iterdir()} >= {"forest.svg", "forest.png", "roc.svg", "roc.png"}
    assert {path.name for path in (folder / "tables").iterdir()} >= {"settings.csv", "settings.tex", "stard-ai.csv"}
    assert (folder / "card.html").stat().st_size > 5_000 < (folder / "card.png").stat().st_size


@pytest.mark.slow
def test_a_verdict_that_depends_on_the_convention_is_undecided_everywhere(outcome: Outcome) -> None:
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    under = {("radimagenet", "radimagenet"): 2.5, ("radimagenet", "zero_one"): 0.1}
    options = {"signal": signal, "alternatives": {"radimagenet": "zero_one"}, "backbones": ("ResNet50",)}
    found = evaluate(outcome(under=under, **options))
    assert found.question is not None
    assert headline(found.question) == "radimagenet and imagenet: undecided, it depends on the pixel convention"
    html, markdown = render_html(found), render_page(found)
    text = Page(html).text
    assert headline(found.question) in text
    assert 'style="background: var(--undecided)"' in html
    for words in (found.question.sentence, chances(found.question)):
        assert words in text
        assert words.replace("_", r"\_").replace("<", r"\<").replace(">", r"\>") in markdown
    assert chances(found.question).count("radimagenet better by more than 0.02") == 2
    same = {("radimagenet", "radimagenet"): 2.5, ("radimagenet", "zero_one"): 2.4}
    agreed = evaluate(outcome("agreed", under=same, **options)).question
    assert agreed is not None
    assert headline(agreed) == "radimagenet better than imagenet under both pixel conventions"


@pytest.mark.slow
def test_the_ablation_is_told_shown_and_tabled(outcome: Outcome) -> None:
    found = evaluate(outcome(backbones=("ResNet50",), pixels=("caffe", "tf")))
    html = render_html(found)
    assert found.ablation is not None
    assert len(found.ablation.sentences) == 2
    for sentence in found.ablation.sentences:
        assert sentence in Page(html).text
        assert sentence.replace("_", r"\_") in render_page(found)
    assert "under each pixel convention with its 95 % interval" in html
    assert "pixels" in Page(html).ids


@pytest.mark.slow
def test_the_report_of_a_published_grid_stays_small(outcome: Outcome) -> None:
    """Two weights x 24 settings x 5 folds: 240 runs and 40 probes."""
    folder = outcome(
        backbones=("ResNet50", "DenseNet121", "InceptionV3", "InceptionResNetV2"),
        tunings={"full": (1e-3, 1e-4), "frozen": (1e-2, 1e-3), "top10": (1e-2, 1e-3)},
    )
    assert len(render_html(evaluate(folder)).encode("utf-8")) < 3_000_000
