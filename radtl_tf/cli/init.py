"""The verb init: an experiment file from a preset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from radtl_tf.cli.options import FILE, log
from radtl_tf.errors import OutputError

PRESETS = ("quick", "mei2022", "okazaki2024")


@click.command()
@click.option(
    "--preset", type=click.Choice(PRESETS), default="quick", show_default=True, help="Which grid to start from."
)
@click.option("--manifest", type=FILE, required=True, help="CSV with a row per radiograph: path, label, patient id.")
@click.option("--label", default="label", show_default=True, help="Column of the label.")
@click.option("--label-separator", help="What divides several labels in one cell, such as '|'.")
@click.option("--positive", help="Label of the positive class of a binary task.")
@click.option(
    "--kind",
    type=click.Choice(["binary", "multiclass", "multilabel"]),
    default="binary",
    show_default=True,
    help="Two classes, several, or several labels an image.",
)
@click.option("--class", "classes", multiple=True, help="One of the classes of a multilabel task; default: all.")
@click.option("--patient", default="patient_id", show_default=True, help="Column of the patient id.")
@click.option("--unit", type=click.Choice(["patient", "image"]), help="What counts as one case in the AUROC.")
@click.option("--out", type=FILE, required=True, help="Experiment file to write; must not exist.")
def init(preset: str, out: Path, **task: Any) -> None:
    """Write an experiment file for your manifest, to read, change and run.

    Example: radtl init --preset quick --manifest labels.csv --positive pneumonia --out experiment.toml
    """
    from radtl_tf.experiment.presets import filled_preset
    from radtl_tf.records.disk import write_text

    if out.exists():
        raise OutputError(f"{out} exists already: choose another --out or delete it.")
    write_text(out, filled_preset(preset, folder=out.parent, **task))
    log(f"Wrote {out}. Next: radtl run {out} --out {out.stem}-results --dry-run")
