"""The group data and its verb build; its other verbs have modules of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from radtl_tf.cli import manifest_options, options
from radtl_tf.cli.check import check
from radtl_tf.cli.fix import fix
from radtl_tf.cli.manifest_options import TASK, task_of, task_options
from radtl_tf.cli.options import FOLDER, InOrder, log, refuse
from radtl_tf.cli.preview import preview
from radtl_tf.cli.tensorflow_import import load_tensorflow


@click.group(cls=InOrder)
def data() -> None:
    """Check your radiographs, fix the table, preview, build.

    Example:
      radtl data check labels.csv --positive pneumonia --patient patient_id
    """


for command in (check, fix, preview):
    data.add_command(command)


@data.command()
@click.argument("source")
@options.out(FOLDER, "Folder of the TFDS data sets.", default="data", show_default=True)
@click.option("--manual-dir", type=FOLDER, help="Folder with the files of a builder that you downloaded yourself.")
@task_options
@manifest_options.columns
def build(source: str, out: Path, manual_dir: Path | None, **task: Any) -> None:
    """Build a TFDS data set from a table or a builder.

    SOURCE is a manifest (a table), the name of a builder, such as adld, or the folder of a builder. Options about
    labels, patients and images are valid for a manifest only, because a builder knows its own.

    Example:
      radtl data build labels.csv --positive pneumonia --patient patient_id
    """
    load_tensorflow()
    from radtl_tf.data.tfds.builders import build_table

    if source.lower().endswith((".csv", ".tsv", ".txt", ".xlsx", ".parquet")) or Path(source).is_file():
        refuse(["manual_dir"], "it is valid for a builder only. For a manifest, set --images.")
        _, builder = build_table(task_of(Path(source), task), out)
    else:
        builder = _build_named(source, out, manual_dir)
    log(f"{builder.info.splits.total_num_examples} examples")
    click.echo(str(builder.data_dir))


def _build_named(source: str, out: Path, manual_dir: Path | None) -> Any:
    from radtl_tf.data.tfds.builders import build_named, class_and_config

    refuse([*TASK, "columns"], f"the builder {source} knows its labels and patients. Remove it.")
    if not class_and_config(source)[0].MANUAL_DOWNLOAD_INSTRUCTIONS:
        refuse(["manual_dir"], f"the builder {source} needs no files that you downloaded yourself. Remove it.")
    return build_named(source, out, manual_dir)
