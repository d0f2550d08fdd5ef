"""The verb demo: every step on synthetic radiographs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from radtl_tf.cli import options
from radtl_tf.cli.options import FOLDER, Verb
from radtl_tf.cli.tensorflow_import import load_tensorflow

if TYPE_CHECKING:
    from radtl_tf.deploy.predict import Score
    from radtl_tf.evaluation.evaluate import Evaluation

_COLUMNS = 5  # of the table of settings: what was compared, the AUROC and its interval
_NEXT = """\
Next, with your own radiographs and a table of them (path, label, patient_id):
  radtl data check labels.csv --positive POSITIVE --patient patient_id
  radtl init --manifest labels.csv --positive POSITIVE --out experiment.toml
  radtl run experiment.toml --out results"""


@click.command(cls=Verb)
@options.out(
    FOLDER,
    "Folder to work in. Run again with the same folder to resume.",
    default="radtl-demo",
    show_default=True,
)
def demo(out: Path) -> None:
    """Try every step on synthetic radiographs, in some minutes.

    The demo needs no download. It draws radiographs as DICOM files, pre-trains a small backbone on five findings,
    compares these weights, and those of a smaller backbone that are part of the package, with random weights on
    another task, writes the report, exports a model and scores new radiographs.

    Example:
      radtl demo
    """
    load_tensorflow()
    from radtl_tf.experiment.demo import NOTE, report_of, run_demo
    from radtl_tf.library.bars import bars

    with bars() as watch:
        evaluation, scores = run_demo(out, watch)
    _print_answer(evaluation)
    _print_scores(scores)
    click.echo(f"Report: {report_of(out)}\n{NOTE}\n\n{_NEXT}")


def _print_answer(evaluation: Evaluation) -> None:
    from radtl_tf.report.drawing.table import render_text
    from radtl_tf.report.results.setting_tables import settings_table

    table = settings_table(evaluation)
    rows = tuple(row[:_COLUMNS] for row in table.rows)
    click.echo(render_text(replace(table, columns=table.columns[:_COLUMNS], rows=rows)))
    if evaluation.question:
        click.echo(f"{evaluation.question.sentence}\n")


def _print_scores(scores: Iterable[Score]) -> None:
    click.echo("New radiographs, scored by the exported model:")
    for score in scores:
        click.echo(f"  {score.path.name}  {score.score:.4f}")
    click.echo()
