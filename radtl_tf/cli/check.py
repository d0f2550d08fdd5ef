"""The verb data check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from radtl_tf.cli.options import ANY_PATH, FILE, as_json, log, task_of, task_options

if TYPE_CHECKING:
    from radtl_tf.data.check.findings import Checked
    from radtl_tf.data.manifest.reader import Manifest
    from radtl_tf.records.experiment import FoldPlan, Task


@click.command()
@click.argument("source", type=ANY_PATH)
@task_options
@click.option(
    "--folds", type=click.IntRange(2, 50), default=5, show_default=True, help="Folds whose parts are counted."
)
@click.option("--seed", type=click.IntRange(0), default=726, show_default=True, help="Seed of the folds.")
@click.option("--out", type=FILE, help="HTML page to write, too.")
@as_json
def check(
    source: Path, images: Path | None, folds: int, seed: int, out: Path | None, as_json: bool, **task: Any
) -> None:
    """Open every radiograph of SOURCE, a manifest (CSV) or a folder, and tell what could spoil an experiment.

    Files that cannot be read, patients under two ids, duplicates and near-duplicates, labels that stand in a path or a
    column, shortcuts through how images were taken. Exit code 1 if there is an error.

    Example: radtl data check labels.csv --positive pneumonia --patient patient_id --out check.html
    """
    from radtl_tf.errors import DataError
    from radtl_tf.records.experiment import FoldPlan
    from radtl_tf.report.pages.check import as_dict, as_text, verdict, write_page

    checked = _checked(source, images, FoldPlan(count=folds), seed, task)
    if out:
        write_page(out, checked, source.name)
        log(f"Page: {out}")
    click.echo(json.dumps(as_dict(checked), indent=1) if as_json else as_text(checked))
    if checked.errors:
        raise DataError(f"{source}: {verdict(checked)}; the first: {checked.errors[0].message}")


def _checked(source: Path, images: Path | None, plan: FoldPlan, seed: int, options: dict[str, Any]) -> Checked:
    from radtl_tf.data.check.check_source import check_folder, check_manifest
    from radtl_tf.data.manifest.reader import read_manifest
    from radtl_tf.library.bars import bars

    if source.is_dir():
        with bars() as watch:
            return check_folder(source, watch)
    manifest = read_manifest(source, images, collect=True)
    task = _task(manifest, source, options)
    with bars() as watch:
        return check_manifest(manifest, task, patient=options["patient"], plan=plan, seed=seed, watch=watch)


def _task(manifest: Manifest, source: Path, options: dict[str, Any]) -> Task | None:
    """Return what the columns mean, or ``None`` where there is no label.

    Without ``--positive`` classes are compared with each other; without ``--unit`` the check suggests one.
    """
    if not options["labels"] and "label" not in manifest.table.columns:
        return None
    if not options["positive"] and not options["kind"]:
        several = len(options["labels"]) > 1 or options["label_separator"]
        options["kind"] = "multilabel" if several else "multiclass"
    return task_of(source, {**options, "unit": options["unit"] or "image"})
