"""The summary card: what an experiment found, on one page to send on, as ``card.html`` and ``card.png``."""

from __future__ import annotations

from dataclasses import dataclass

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.disk import write_bytes, write_text
from radtl_tf.records.folder import OutputFolder
from radtl_tf.report.drawing.figure import Figure
from radtl_tf.report.drawing.templates import DISCLAIMER, render_template
from radtl_tf.report.pages.card import answer_words
from radtl_tf.report.pages.export import as_png
from radtl_tf.report.pages.summary_picture import Block, picture
from radtl_tf.report.results.difference import difference_figure
from radtl_tf.report.results.forest import forest_figure
from radtl_tf.report.results.method_tables import SHORT_HASH

NO_WARNING = "The report has no warning."


@dataclass(frozen=True)
class Summary:
    """What the card says: ``facts`` by heading, ``said`` by heading in the order of the card, and one figure.

    ``verdict`` is empty without a question. ``is_warned`` tells whether there is a warning.
    """

    name: str
    note: str
    question: str
    verdict: str
    headline: str
    facts: dict[str, str]
    advice: str
    said: dict[str, str]
    is_warned: bool
    figure: Figure
    origin: str


def summary(evaluation: Evaluation) -> Summary:
    """Return the content of the card."""
    words, record = answer_words(evaluation), evaluation.record
    answer, experiment = evaluation.question, record.experiment
    version, data = record.facts.versions.get("radtl_tf", "unknown"), record.data.sha256[:SHORT_HASH]
    said = {
        "Was anything learned?": words["learned"],
        "Warning": words["warning"] or NO_WARNING,
        "In numbers": words["sentence"],
    }
    return Summary(
        name=experiment.name,
        note=experiment.note,
        question=f"Which weights are the better start, {answer.a} or {answer.b}?" if answer else "",
        verdict=answer.verdict if answer else "",
        headline=words["headline"],
        facts=words["overview"],
        advice=words["advice"],
        said={name: text for name, text in said.items() if text},
        is_warned=bool(words["warning"]),
        figure=difference_figure(evaluation) or forest_figure(evaluation),
        origin=f"radtl_tf {version}; data sha256 {data}; folds sha256 {record.facts.folds_sha256[:SHORT_HASH]}. "
        "Details are in report.html.",
    )


def write_summary(output: OutputFolder, evaluation: Evaluation) -> None:
    """Write ``card.html``, one A4 page that prints as it is, and ``card.png``. Neither shows a patient's image.

    Raises:
        OutputError: the folder cannot be written.
    """
    found = summary(evaluation)
    write_text(output.card, summary_page(found))
    write_bytes(output.card_picture, as_png(summary_picture(found)))


def summary_page(found: Summary) -> str:
    """Return the card as a page without scripts and without any external address."""
    return render_template("summary.html", card=found)


def summary_picture(found: Summary) -> str:
    """Return the card as an SVG file of the size of an A4 page."""
    heading = "Question" if found.question else ""
    facts = [Block(text, label=name) for name, text in found.facts.items()]
    blocks = [
        Block(found.name, size=24, bold=True, gap=4),
        *([Block(found.note, color="soft")] if found.note else []),
        *([Block(found.question, label=heading, size=15, gap=14)] if heading else []),
        *facts,
        *([Block(found.headline, size=17, bold=True, color=found.verdict, gap=16)] if found.verdict else []),
        *([Block(found.advice, size=15, bold=True, gap=8)] if found.advice else []),
        *(_said(name, text, found) for name, text in found.said.items()),
    ]
    return picture(blocks, found.figure, [found.figure.caption, found.origin, DISCLAIMER])


def _said(name: str, text: str, found: Summary) -> Block:
    marked = name == "Warning" and found.is_warned
    return Block(text, label=name, gap=10, color="warned" if marked else "ink")
