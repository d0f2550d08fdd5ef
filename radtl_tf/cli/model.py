"""The verbs of a trained model: export and predict."""

from __future__ import annotations

from pathlib import Path

import click

from radtl_tf.cli.options import ANY_PATH, FILE, FOLDER, load_tensorflow, log


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--setting", help="Setting to export, as named in the report; default: that of lowest inner loss.")
@click.option("--out", type=FOLDER, required=True, help="Folder of the SavedModel; must not exist.")
def export(folder: Path, setting: str | None, out: Path) -> None:
    """Write the ensemble of the folds of one setting of the experiment in FOLDER as a SavedModel.

    Without --setting it is the one of lowest inner loss; if the next one is within one standard error, both are named
    and nothing is exported.

    Example: radtl export results --out model
    """
    load_tensorflow()
    from radtl_tf.deploy.saved_model import export as export_model
    from radtl_tf.places import weights_folder
    from radtl_tf.records.folder import OutputFolder

    chosen = export_model(OutputFolder(folder), setting, out, weights_folder=weights_folder())
    log(f"Exported {chosen.name} to {out}")


@click.command()
@click.argument("model", type=FOLDER)
@click.argument("paths", type=ANY_PATH, nargs=-1, required=True)
@click.option("--out", type=FILE, help="CSV to write; default: stdout.")
def predict(model: Path, paths: tuple[Path, ...], out: Path | None) -> None:
    """Score radiographs (DICOM, PNG, JPEG, or folders of them) with an exported MODEL.

    Columns: path, and score (of the positive class) or, of a model of several classes, score_CLASS for each. A file
    that cannot be read costs that file: it is named on stderr, and the exit code is 1.

    Example: radtl predict model new-images --out scores.csv
    """
    load_tensorflow()
    from radtl_tf.library.results.exported_models import predictions
    from radtl_tf.records.csv_text import csv_text
    from radtl_tf.records.disk import write_text

    found = predictions(model, paths)
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
