"""The verb test: an exported model on patients of another hospital."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from radtl_tf.cli import manifest_options, options
from radtl_tf.cli.options import FOLDER, Verb, as_json, log
from radtl_tf.cli.tensorflow_import import load_tensorflow


@click.command("test", cls=Verb)
@click.argument("model", type=FOLDER)
@manifest_options.manifest
@click.option("--compare", type=FOLDER, help="Second model to compare with the first on the same cases.")
@manifest_options.label
@manifest_options.label_separator
@manifest_options.positive
@manifest_options.patient
@manifest_options.patient_pattern
@manifest_options.one_image_per_patient
@manifest_options.unit
@manifest_options.missing
@manifest_options.uncertain
@manifest_options.images
@manifest_options.path_column
@manifest_options.suffix
@manifest_options.encoding
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    metavar="X",
    help="Lowest score that a binary model calls positive, fixed beforehand. Adds sensitivity and specificity.",
)
@options.out(FOLDER, "Folder of the results. It must not exist.")
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
    """Test an exported model on new patients, or compare two.

    MODEL is a folder that `radtl export` wrote. Writes the scores, results.json and external.html: the AUROC with an
    interval that allows for several images of one patient, the calibration, and whether the images resemble those
    that the model was trained on. With several classes, each class is tested against the others, and the mean over
    the classes is given. A number is tested by its mean absolute error, bias and limits of agreement; stages also by
    kappa and a table of true and predicted stages. The model knows its positive class; --positive may only repeat it.

    Example:
      radtl test model --manifest other-hospital.csv --patient patient_id --out test
    """
    load_tensorflow()
    from radtl_tf.experiment.external_test import PAGE, assess
    from radtl_tf.library.bars import bars
    from radtl_tf.report.pages.external import as_text

    models = [model] if compare is None else [model, compare]
    with bars() as watch:
        tested = assess(models, manifest_options.record_of(manifest, task), out, threshold=threshold, watch=watch)
    click.echo(json.dumps(tested.results, indent=1) if as_json else as_text(*tested.shown))
    log(f"Page: {out / PAGE}")
