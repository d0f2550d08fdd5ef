"""The verb test: a frozen model on another hospital's data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from radtl_tf.cli.options import FILE, FOLDER, as_json, load_tensorflow, log


@click.command("test")
@click.argument("model", type=FOLDER)
@click.option("--manifest", type=FILE, required=True, help="CSV with a row per radiograph: path, label, patient id.")
@click.option("--compare", type=FOLDER, help="A second model, to be compared with the first on the same cases.")
@click.option(
    "--label",
    "labels",
    multiple=True,
    help="Column of the label (default: label), whose values are the classes; several for a multilabel model.",
)
@click.option("--label-separator", help="What divides several labels in one cell, such as '|'.")
@click.option("--positive", help="Positive class of a binary model.  [default: the model's; another one is refused]")
@click.option("--patient", help="Column of the patient id.")
@click.option("--one-image-per-patient", is_flag=True, help="No patient column: each image is a patient of its own.")
@click.option("--unit", type=click.Choice(["patient", "image"]), help="What counts as one case.")
@click.option("--images", type=FOLDER, help="Image root; default: the manifest's folder.")
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
    labels: tuple[str, ...],
    threshold: float | None,
    out: Path,
    as_json: bool,
    **options: Any,
) -> None:
    """Test an exported MODEL on patients that it was not made with, or compare two.

    Writes scores, results.json and external.html: AUROC with an interval that allows for patients who have several
    images, calibration, and whether the images are like those that the model was trained on. Of several classes, each
    is measured against the rest, with the mean over them.

    Example: radtl test model --manifest other-hospital.csv --patient patient_id --out test
    """
    load_tensorflow()
    from radtl_tf.experiment.external_test import PAGE, assess
    from radtl_tf.library.bars import bars
    from radtl_tf.records.experiment import Task
    from radtl_tf.report.pages.external import as_text

    models = [model] if compare is None else [model, compare]
    task = Task(manifest=manifest, label=labels[0] if len(labels) == 1 else labels or "label", **options)
    with bars() as watch:
        tested = assess(models, task, out, threshold=threshold, watch=watch)
    click.echo(json.dumps(tested.results, indent=1) if as_json else as_text(tested.external, tested.drifts))
    log(f"Page: {out / PAGE}")
