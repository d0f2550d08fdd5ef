"""The verbs of a trained model: export and predict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from radtl_tf.cli import manifest_options, options
from radtl_tf.cli.options import ANY_PATH, FILE, FOLDER, Verb, log, refuse
from radtl_tf.cli.tensorflow_import import load_tensorflow
from radtl_tf.deploy.formats.table import FORMATS, KERAS, SAVED_MODEL, WITH_TENSORFLOW, format_of
from radtl_tf.errors import OutputError
from radtl_tf.records.csv_text import csv_line
from radtl_tf.records.disk import temporary_file

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

    Up to 64 images of the test parts are scored by Keras and by every exported format. The differences
    are printed; if one is above its tolerance, nothing is exported.

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
@click.option("--force", is_flag=True, help="Replace the table of --out if it exists.")
@click.option("--explain", type=FOLDER, help="New folder for pictures that show what speaks for each score (Grad-CAM).")
@click.option(
    "--dicom-sr",
    type=FOLDER,
    help="New folder for a structured report (TID 1500) of each DICOM image. Reports contain patient data.",
)
@manifest_options.path_column
def predict(
    model: Path,
    paths: tuple[Path, ...],
    out: Path | None,
    force: bool,
    explain: Path | None,
    dicom_sr: Path | None,
    path_column: str | None,
) -> None:
    """Score new radiographs with an exported model.

    MODEL is a folder that `radtl export` wrote. PATHS are radiographs (DICOM, PNG, JPEG, TIFF), folders of them, or
    manifests (.csv, .tsv, .xlsx, .parquet). Each input gets a row, in order, as soon as it is scored: path, valid,
    reason (why there is no score), score of the positive class (of a regression: the number) or score_CLASS for each
    class or stage, stage (the predicted one), above_NAME for each operating point of the model, and quality, which
    names how the image differs from the training images: size, brightness, bits, and range for a number outside the
    training labels. A file that cannot be scored also gets a line on stderr, and the exit code is then 1.

    Example:
      radtl predict model new-images --out scores.csv
    """
    from radtl_tf.deploy.card.facts import version_folder
    from radtl_tf.library.results.score_sources import is_table

    if not any(map(is_table, paths)):
        refuse(["path_column"], "no path is a manifest. Remove it.")
    if out is None:
        refuse(["force"], "nothing is replaced without --out. Remove it.")
    elif out.exists() and not force:
        raise OutputError(f"{out} already exists: choose another file, or add --force to replace it.")
    format = format_of(version_folder(model))
    if format and format.name in WITH_TENSORFLOW:
        load_tensorflow(with_keras=format.name == KERAS)
    from radtl_tf.library.bars import bars
    from radtl_tf.library.results.scores import scoring

    found = scoring(model, paths, path_column, explain, dicom_sr)
    with bars() as watch, found.rows(watch) as rows, _table(out) as write:
        write(csv_line(found.columns))
        num_failed = sum(_written(row, write) for row in rows)
    if num_failed:
        raise SystemExit(1)


def _written(row: tuple[Any, ...], write: Callable[[str], None]) -> bool:
    """Write a row; report it, and return True, if the image has no score."""
    path, valid, reason = row[:3]
    write(csv_line(str(cell).lower() if isinstance(cell, bool) else cell for cell in row))
    if not valid:
        log(f"Error: {path}: {reason}")
    return not valid


@contextmanager
def _table(out: Path | None) -> Iterator[Callable[[str], None]]:
    """Yield a function that writes text to stdout, or to a file that gets its name when the block ends."""
    if out is None:
        yield partial(click.echo, nl=False)
        return
    with temporary_file(out) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        yield partial(_flushed, file)


def _flushed(file: TextIO, text: str) -> None:
    file.write(text)
    file.flush()
