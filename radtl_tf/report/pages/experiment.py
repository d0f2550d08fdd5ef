"""Write an experiment's report: one self-contained page, the same in Markdown, and its parts as files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.disk import write_text
from radtl_tf.records.folder import OutputFolder
from radtl_tf.report.drawing.table import plain, render_markdown
from radtl_tf.report.drawing.templates import DISCLAIMER, render_template
from radtl_tf.report.pages.card import answer_words
from radtl_tf.report.pages.export import export
from radtl_tf.report.pages.sections import SECTIONS, Contents, contents
from radtl_tf.report.pages.summary import write_summary
from radtl_tf.report.saliency.examples import render_examples
from radtl_tf.report.saliency.section import SECTION, read_saliency, render_section
from radtl_tf.report.text.advice import chances
from radtl_tf.report.text.guidelines import CAPTION, key_of
from radtl_tf.report.text.next_steps import next_steps
from radtl_tf.report.text.task_words import words

FIRST_SCREEN = ("forest", "pairs")


def write_report(folder: Path, evaluation: Evaluation) -> Path:
    """Write the report, and return the path of ``report.html``.

    The other files are ``report.md``, the summary card (``card.html`` and ``card.png``), ``tables/`` and ``figures/``.

    Stored example images and saliency maps show radiographs, so they appear on the page only.

    Raises:
        OutputError: the folder cannot be written, or the stored pictures are damaged.
    """
    found = contents(evaluation, read_saliency(folder))
    output, page = OutputFolder(folder), report_html(evaluation, found, render_examples(folder))
    export(folder, found.figures, [*found.tables, *found.checklist_tables()])
    write_text(output.markdown, report_markdown(evaluation, found))
    write_summary(output, evaluation)
    write_text(output.report, page)
    return output.report


def report_html(evaluation: Evaluation, found: Contents, images: str | None = None) -> str:
    """Return the report as one HTML page without scripts and without any external address.

    ``images`` is the section of ``render_examples``.
    """
    numbers = {figure.key: number for number, figure in enumerate(_in_order(found), start=1)}
    return render_template(
        "report.html",
        **answer_words(evaluation),
        metric=words(evaluation).metric,
        ablation=evaluation.ablation.sentences if evaluation.ablation else (),
        alarms=evaluation.alarms,
        notes=[note for note in evaluation.notes if note not in evaluation.alarms],
        steps=next_steps(evaluation),
        first=[figure for figure in found.figures if figure.key in FIRST_SCREEN],
        numbers=numbers,
        sections=_sections(found),
        methods=found.methods,
        guidelines=_guidelines(found),
        guidelines_caption=CAPTION,
        titles=found.titles,
        citations=found.citations,
        bibtex=found.bibtex,
        images=images,
        saliency=render_section(found.saliency, numbers) if found.saliency else None,
        versions=evaluation.record.facts.versions,
    )


def _in_order(found: Contents) -> list[Any]:
    """Return the figures in the order of the page."""
    first = [figure for figure in found.figures if figure.key in FIRST_SCREEN]
    last = [figure for figure in found.figures if figure.section == SECTION]
    return [*first, *(figure for section in _sections(found) for figure in section["figures"]), *last]


def _sections(found: Contents) -> list[Mapping[str, Any]]:
    """Return the topics that hold something, each with the figures and tables that name it."""
    sections = (
        {
            "key": key,
            "title": title,
            "figures": [f for f in found.figures if f.section == key and f.key not in FIRST_SCREEN],
            "tables": [table for table in found.tables if table.section == key],
        }
        for key, title in SECTIONS.items()
    )
    return [section | {"holds": _holds(section)} for section in sections if section["figures"] or section["tables"]]


def _holds(section: Mapping[str, Any]) -> str:
    """Return how much a topic holds, such as ``2 figures, 1 table``."""
    counts = ((len(section[kind]), kind) for kind in ("figures", "tables"))
    return ", ".join(f"{number} {kind[: len(kind) - (number == 1)]}" for number, kind in counts if number)


def _guidelines(found: Contents) -> list[Mapping[str, Any]]:
    counted = {name: Counter(item.state.split(":")[0] for item in items) for name, items in found.checklists.items()}
    return [
        {
            "key": key_of(name),
            "name": name,
            "rows": items,
            "summary": ", ".join(f"{number} {state}" for state, number in counted[name].items()),
        }
        for name, items in found.checklists.items()
    ]


def report_markdown(evaluation: Evaluation, found: Contents) -> str:
    """Return the report in Markdown, without the figures."""
    answer, experiment = evaluation.question, evaluation.record.experiment
    lines = [f"# {plain(experiment.name)}", plain(experiment.note)]
    words = answer_words(evaluation)
    lines += ["\n".join(f"- **{name}:** {plain(value)}" for name, value in words["overview"].items())]
    lines += [plain(words[name]) for name in ("advice", "learned")]
    lines += [f"**Warning.** {plain(words['warning'])}"] if words["warning"] else []
    lines += [f"**{plain(answer.sentence)}**", plain(chances(answer))] if answer else [plain(words["sentence"])]
    lines += [plain(sentence) for sentence in evaluation.ablation.sentences] if evaluation.ablation else []
    lines += [plain(evaluation.learning_curve.sentence)] if evaluation.learning_curve else []
    lines += ["## Notes", "\n".join(f"- {plain(note)}" for note in evaluation.notes)]
    lines += [render_markdown(table).strip() for table in found.tables if table.section != SECTION]
    lines += _check_of_maps(found)
    lines += ["## Methods text", *(f"**{title}.** {plain(text)}" for title, text in found.methods.items())]
    lines += [render_markdown(table).strip() for table in found.checklist_tables()]
    lines += ["## What next", "\n".join(f"- {plain(step.why)} `{step.command}`" for step in next_steps(evaluation))]
    lines += ["## How to cite", "\n".join(f"- {plain(reference)}" for reference in found.citations)]
    return "\n\n".join([*filter(None, lines), DISCLAIMER]) + "\n"


def _check_of_maps(found: Contents) -> list[str]:
    """Return the Markdown text on saliency maps, without the maps: they show patients' images."""
    if not found.saliency:
        return []
    verdicts = "\n".join(f"- {plain(sentence)}" for sentence in found.saliency.sentences)
    tables = [render_markdown(table).strip() for table in found.tables if table.section == SECTION]
    return ["## Saliency maps", "The maps show patients' images, so they are in report.html only.", verdicts, *tables]
