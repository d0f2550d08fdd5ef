"""The verbs of a trained model: export and predict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from radtl_tf.cli import options
from radtl_tf.cli.options import ANY_PATH, FILE, FOLDER, Verb, load_tensorflow, log
from radtl_tf.deploy.formats.table import FORMATS, SAVED_MODEL

if TYPE_CHECKING:
    from radtl_tf.deploy.choice import Networks


@click.command(cls=Verb)
@click.argument("folder", type=FOLDER)
@click.option(
    "--setting",
    metavar="NAME",
    help="Setting to export, as the report names it.  [default: the one with the lowest inner loss]",
)
@options.out(FOLDER, "Folder of the model. The SavedModel is a folder in it, named by the version number.")
@click.option(
    "--format",
    "formats",
    type=click.Choice(list(FORMATS)),
    multiple=True,
    default=[SAVED_MODEL],
    show_default=True,
    help="Format to write. Repeatable. A format other than saved_model is a folder of that name in --out.",
)
@click.option(
    "--version-number",
    "version",
    type=click.IntRange(min=1),
    metavar="N",
    default=1,
    show_default=True,
    help="Version of the model. It must not exist in --out.",
)
@options.fold
def export(
    folder: Path, setting: str | None, out: Path, formats: tuple[str, ...], version: int, fold: Networks
) -> None:
    """Export one setting of a finished experiment as a model.

    FOLDER is the output folder of `radtl run`. The model is a SavedModel that averages the networks of all folds, or
    what --fold names; `--fold refit` trains with the epochs that the folds chose, and has no thresholds. Without
    --setting, the setting with the lowest inner loss is exported. If the next best one is within one standard error,
    nothing is exported, and an error names both. TensorFlow Serving takes the newest version in the folder.

    Up to 64 images of the test parts are scored by Keras and by every exported format. If a format differs, nothing is
    exported, and the error shows the differences.

    Example:
      radtl export results --out model --format saved_model --format onnx
    """
    load_tensorflow()
    from radtl_tf.deploy.export import export as export_model
    from radtl_tf.places import weights_folder
    from radtl_tf.records.folder import OutputFolder

    results = OutputFolder(folder)
    chosen = export_model(
        results, setting, out, weights_folder=weights_folder(), version=version, formats=formats, fold=fold
    )
    for name in dict.fromkeys(formats):
        log(f"Exported {chosen.name} to {FORMATS[name].folder(out, version)}")


@click.command(cls=Verb)
@click.argument("model", type=FOLDER)
@click.argument("paths", type=ANY_PATH, nargs=-1, required=True)
@options.out(FILE, "Table (CSV) to write.  [default: print it]", required=False)
@click.option(
    "--dicom-sr",
    type=FOLDER,
    help="New folder for a structured report (TID 1500) of each DICOM image. Reports contain patient data.",
)
def predict(model: Path, paths: tuple[Path, ...], out: Path | None, dicom_sr: Path | None) -> None:
    """Score new radiographs with an exported model.

    MODEL is a folder that `radtl export` wrote, PATHS are radiographs (DICOM, PNG, JPEG) or folders of them. The
    columns are path and score (of the positive class) or, for a model of several classes, score_CLASS for each class.
    A file that cannot be read gets a line on stderr and no score; the exit code is then 1.

    Example:
      radtl predict model new-images --out scores.csv
    """
    load_tensorflow()
    from radtl_tf.library.results.exported_models import predictions
    from radtl_tf.records.csv_text import csv_text
    from radtl_tf.records.disk import write_text

    found = predictions(model, paths, dicom_sr)
    failed = found["error"].notna()
    for path, error in zip(found["path"][failed], found["error"][failed], strict=True):
        log(f"Error: {path}: {error}")
    scored = found[~failed].drop(columns="error")
    text = csv_text(list(scored.columns), scored.itertuples(index=False))
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)
    if failed.any():
        raise SystemExit(1)
