"""The verb init: an experiment file from a preset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from radtl_tf.cli import options
from radtl_tf.cli.options import FILE, log
from radtl_tf.errors import OutputError

PRESETS = ("quick", "mei2022", "okazaki2024")
_PATIENT = "patient_id"


@click.command()
@click.option(
    "--preset", type=click.Choice(PRESETS), default="quick", show_default=True, help="Which grid to start from."
)
@options.manifest
@options.task_options
@options.columns
@click.option("--out", type=FILE, required=True, help="Experiment file to write; must not exist.")
def init(preset: str, manifest: Path, out: Path, **task: Any) -> None:
    """Write an experiment file for your manifest, to read, change and run.

    The patient id is in the column patient_id unless --patient or --one-image-per-patient says something else.

    Example: radtl init --preset quick --manifest labels.csv --positive pneumonia --out experiment.toml
    """
    from radtl_tf.experiment.presets import filled_preset
    from radtl_tf.records.disk import write_text

    if out.exists():
        raise OutputError(f"{out} exists already: choose another --out or delete it.")
    if not task["one_image_per_patient"]:
        task["patient"] = task["patient"] or _PATIENT
    write_text(out, filled_preset(preset, options.record_of(manifest, task), folder=out.parent))
    log(f"Wrote {out}. Next: radtl run {out} --out {out.stem}-results --dry-run")
