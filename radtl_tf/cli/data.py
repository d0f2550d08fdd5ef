"""The verbs of data: build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from radtl_tf.cli.options import FOLDER, load_tensorflow, log


@click.group()
def data() -> None:
    """Turn radiographs into data sets."""


@data.command()
@click.argument("source")
@click.option("--out", type=FOLDER, required=True, help="Folder that holds TFDS data sets.")
@click.option("--label", default="label", show_default=True, help="Column of the label (manifest only).")
@click.option("--positive", help="Label of the positive class (manifest only).")
@click.option("--patient", help="Column of the patient id (manifest only).")
@click.option("--one-image-per-patient", is_flag=True, help="Each image is a patient of its own (manifest only).")
@click.option("--unit", type=click.Choice(["patient", "image"]), help="What counts as one case (manifest only).")
@click.option("--images", type=FOLDER, help="Image root; default: the manifest's folder.")
def build(source: str, out: Path, **task: Any) -> None:
    """Build a TFDS data set from SOURCE: a manifest (CSV) or the name of a builder, such as radiograph_phantoms/skull.

    Example: radtl data build labels.csv --positive pneumonia --patient patient_id --unit image --out data
    """
    load_tensorflow()
    from radtl_tf.data.builders import build_named

    if source.lower().endswith((".csv", ".tsv")):
        builder = _build_manifest(source, out, task)
    else:
        builder = build_named(source, out)
    log(f"{builder.info.splits.total_num_examples} examples")
    click.echo(str(builder.data_dir))


def _build_manifest(source: str, out: Path, task: dict[str, Any]) -> Any:
    from radtl_tf.data.builders import build_manifest
    from radtl_tf.data.manifest import cases_of, read_manifest
    from radtl_tf.data.privacy import patient_key
    from radtl_tf.records.experiment import Task

    if not task["positive"]:
        raise click.UsageError("a manifest needs --positive: the label of the positive class.")
    images = task.pop("images")
    manifest = read_manifest(Path(source), Path(images) if images else None)
    return build_manifest(manifest, cases_of(manifest, Task(**task), patient_key(out)), out)
