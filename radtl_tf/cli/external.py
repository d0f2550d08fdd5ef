"""The verb test: a frozen model on another hospital's data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from radtl_tf.cli import options
from radtl_tf.cli.options import FOLDER, as_json, load_tensorflow, log


@click.command("test")
@click.argument("model", type=FOLDER)
@options.manifest
@click.option("--compare", type=FOLDER, help="A second model, to be compared with the first on the same cases.")
@options.label
@options.label_separator
@options.positive
@options.patient
@options.one_image_per_patient
@options.unit
@options.missing
@options.uncertain
@options.images
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="Score from which a binary model calls a case positive, fixed beforehand: adds sensitivity and specificity.",
)
@click.option("--out", type=FOLDER, required=True, help="Folder of the results; must not exist.")
@as_json
def external(
    model: Path,
    manifest: Path,
    compare: Path | None,
    threshold: float | None,
    out: Path,
    as_json: bool,
    **task: Any,
) -> None:
    """Test an exported MODEL on patients that it was not made with, or compare two.

    Writes scores, results.json and external.html: AUROC with an interval that allows for patients who have several
    images, calibration, and whether the images are like those that the model was trained on. Of several classes, each
    is measured against the rest, with the mean over them. The positive class is the model's: --positive may repeat it,
    and another one is refused.

    Example: radtl test model --manifest other-hospital.csv --patient patient_id --out test
    """
    load_tensorflow()
    from radtl_tf.experiment.external_test import PAGE, assess
    from radtl_tf.library.bars import bars
    from radtl_tf.report.pages.external import as_text

    models = [model] if compare is None else [model, compare]
    with bars() as watch:
        tested = assess(models, options.record_of(manifest, task), out, threshold=threshold, watch=watch)
    click.echo(json.dumps(tested.results, indent=1) if as_json else as_text(tested.external, tested.drifts))
    log(f"Page: {out / PAGE}")
