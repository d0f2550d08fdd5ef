"""The verb data fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from radtl_tf.cli import manifest_options, options
from radtl_tf.cli.options import FILE, Verb, log


@click.command(cls=Verb)
@click.argument("manifest", type=FILE)
@options.out(FILE, "CSV file to write. It must not exist.")
@manifest_options.label
@manifest_options.patient
@manifest_options.patient_pattern
@manifest_options.images
@manifest_options.path_column
@manifest_options.suffix
@manifest_options.encoding
def fix(
    manifest: Path,
    out: Path,
    labels: tuple[str, ...],
    patient: str | None,
    patient_pattern: str | None,
    **table: Any,
) -> None:
    """Write a corrected copy of a table and a list of changes.

    MANIFEST is the table. The copy is a CSV file in UTF-8. The verb corrects what can mean one thing only: the
    encoding, columns without a name, empty rows and totals, spaces and invisible characters, full-width digits, and
    paths that differ from the names of the files in case or Unicode form. It prints what only you can decide: missing
    images, and classes (with --label) and patient ids (with --patient or --patient-pattern) that may be the same. The
    table and the images do not change. The list of changes contains lines and columns, but no values.

    Example:
      radtl data fix labels.csv --patient patient_id --out labels-fixed.csv
    """
    from radtl_tf.data.fixing.fixed_table import fixed, write_fixed
    from radtl_tf.data.manifest.reader import read_manifest
    from radtl_tf.records.experiment import Task
    from radtl_tf.records.reader import normal_task
    from radtl_tf.records.task_rules import check_patients

    root = table["images"] or manifest.parent
    named = normal_task(Task(label=labels, patient=patient, patient_pattern=patient_pattern))
    check_patients(named)
    read = read_manifest(manifest, collect=True, **table)
    found = fixed(read, root, labels=named.label, patient=named.patient, pattern=patient_pattern)
    notes = write_fixed(found, out)
    for line in found.left:
        click.echo(f"Not changed: {line}")
    log(f"Wrote {out}: {found.summary} Each change: {notes}")
    if out.parent.resolve() != root.resolve():
        log(f"Paths are relative to the images, so use the copy with --images {root}")
