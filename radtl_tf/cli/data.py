"""The verbs of data: build, and those of cli/check.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from radtl_tf.cli.check import check
from radtl_tf.cli.options import FOLDER, TASK, columns, load_tensorflow, log, refuse, task_of, task_options
from radtl_tf.cli.preview import preview


@click.group()
def data() -> None:
    """Check radiographs, look at them as a network will, turn them into data sets."""


@data.command()
@click.argument("source")
@click.option("--out", type=FOLDER, default="data", show_default=True, help="Folder that holds TFDS data sets.")
@click.option("--manual-dir", type=FOLDER, help="Folder with the files of a builder that has to be downloaded by hand.")
@task_options
@columns
def build(source: str, out: Path, manual_dir: Path | None, images: Path | None, **task: Any) -> None:
    """Build a TFDS data set from SOURCE: a manifest (CSV), the name of a builder, such as adld, or its folder.

    The options about labels, patients and --images are for a manifest; a builder knows its own.

    Example: radtl data build labels.csv --positive pneumonia --patient patient_id --unit image --out data
    """
    load_tensorflow()
    from radtl_tf.data.tfds.builders import build_table

    if source.lower().endswith((".csv", ".tsv")):
        refuse(["manual_dir"], "it is for a builder; the files of a manifest are below --images.")
        _, builder = build_table(task_of(Path(source), {**task, "images": images}), out)
    else:
        builder = _build_named(source, out, manual_dir)
    log(f"{builder.info.splits.total_num_examples} examples")
    click.echo(str(builder.data_dir))


for command in (check, preview):
    data.add_command(command)


def _build_named(source: str, out: Path, manual_dir: Path | None) -> Any:
    from radtl_tf.data.tfds.builders import build_named, class_and_config

    refuse([*TASK, "columns"], f"{source} is a builder, which knows its labels and patients.")
    if not class_and_config(source)[0].MANUAL_DOWNLOAD_INSTRUCTIONS:
        refuse(["manual_dir"], f"{source} needs no files that you download.")
    return build_named(source, out, manual_dir)
