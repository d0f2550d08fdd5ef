"""Write an experiment's report: one page that needs nothing but itself, and the same in Markdown."""

from __future__ import annotations

import math
from pathlib import Path

from radtl_tf.evaluation.answer import Answer, Reading
from radtl_tf.evaluation.evaluate import Evaluation
from radtl_tf.records.folder import write_text
from radtl_tf.report.contents import tables
from radtl_tf.report.figures import conventions, fold_pairs, forest, similarities
from radtl_tf.report.page import DISCLAIMER, render_template
from radtl_tf.report.saliency_page import saliency_section
from radtl_tf.report.tables import plain, render_markdown

NO_QUESTION = "This experiment asks no question: it estimates and compares nothing."


def write_report(folder: Path, evaluation: Evaluation) -> Path:
    """Write ``report.html`` and ``report.md`` into the output folder and return the path of the first.

    Raises:
        OutputError: the folder cannot be written.
    """
    path = folder / "report.html"
    write_text(path, render_html(evaluation, saliency_section(folder)))
    write_text(folder / "report.md", render_page(evaluation))
    return path


def render_html(evaluation: Evaluation, saliency: str | None = None) -> str:
    """Return the report as one HTML page without scripts and without any external address.

    ``saliency`` is the section on saliency maps, where there are some.
    """
    answer = evaluation.question
    return render_template(
        "report.html",
        experiment=evaluation.record.experiment,
        answer=answer,
        headline=headline(answer) if answer else "",
        sentence=answer.sentence if answer else NO_QUESTION,
        chances=chances(answer) if answer else "",
        ablation=evaluation.ablation.sentences if evaluation.ablation else (),
        forest=forest(evaluation),
        pairs=fold_pairs(evaluation, answer) if answer else "",
        conventions=conventions(evaluation.ablation) if evaluation.ablation else "",
        similarities=similarities(evaluation) if len(evaluation.similarity) else "",
        notes=evaluation.notes,
        tables=tables(evaluation),
        saliency=saliency,
        versions=evaluation.record.facts["versions"],
    )


def render_page(evaluation: Evaluation) -> str:
    """Return the report in Markdown, without the figures."""
    answer, experiment = evaluation.question, evaluation.record.experiment
    lines = [f"# {plain(experiment['name'])}", plain(experiment["note"])]
    lines += [f"**{plain(answer.sentence)}**", plain(chances(answer))] if answer else [NO_QUESTION]
    lines += [plain(sentence) for sentence in evaluation.ablation.sentences] if evaluation.ablation else []
    lines += ["## Notes", "\n".join(f"- {plain(note)}" for note in evaluation.notes)]
    lines += [render_markdown(table).strip() for table in tables(evaluation)]
    return "\n\n".join([*filter(None, lines), DISCLAIMER]) + "\n"


def headline(answer: Answer) -> str:
    """Return the verdict as a reader of the first line needs it."""
    if not answer.agree:
        return f"{answer.a} and {answer.b}: undecided, it depends on the pixel convention"
    under = f" under {'both' if len(answer.readings) == 2 else 'all'} pixel conventions" * (len(answer.readings) > 1)
    if answer.verdict in ("better", "worse"):
        return f"{answer.a} {answer.verdict} than {answer.b}{under}"
    return f"{answer.a} and {answer.b}: {answer.verdict}{under}"


def chances(answer: Answer) -> str:
    """Say how probable each outcome is, per reading, or nothing where there is no spread to tell by."""
    told = [_chances(answer, reading) for reading in answer.readings if not any(map(math.isnan, reading.chances))]
    return f"By the Bayesian correlated t with a flat prior: {'; '.join(told)}." if told else ""


def _chances(answer: Answer, reading: Reading) -> str:
    above, within, below = map(_percent, reading.chances)
    under = f"with {reading.pixels} pixels, " * bool(reading.pixels)
    return (
        f"{under}{answer.a} better by more than {answer.margin:g}: {above}; "
        f"the two within {answer.margin:g}: {within}; {answer.b} better by more than {answer.margin:g}: {below}"
    )


def _percent(chance: float) -> str:
    """Return whole percents, never claiming certainty."""
    if chance < 0.01:
        return "< 1 %"
    return "> 99 %" if chance > 0.99 else f"{100 * chance:.0f} %"
