"""The verb data check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from radtl_tf.cli import options
from radtl_tf.cli.options import ANY_PATH, FILE, TASK, as_json, log, refuse
from radtl_tf.records.experiment import Task

if TYPE_CHECKING:
    from radtl_tf.data.check.findings import Checked
    from radtl_tf.data.manifest.reader import Manifest


@click.command()
@click.argument("source", type=ANY_PATH)
@options.task_options
@options.columns
@options.folds
@options.seed
@click.option("--out", type=FILE, help="HTML page to write, too.")
@click.option("--all", "everything", is_flag=True, help="Print every finding with its advice, and all tables.")
@as_json
def check(
    source: Path,
    images: Path | None,
    depth: int | None,
    folds: int,
    seed: int,
    out: Path | None,
    everything: bool,
    as_json: bool,
    **task: Any,
) -> None:
    """Open every radiograph of SOURCE, a manifest (CSV) or a folder, and tell what could spoil an experiment.

    It finds files that cannot be read, patients under two ids, duplicates and near-duplicates, paths and columns that
    give away the label, and shortcuts through how images were taken. Exit code 1 if there is an error. It prints one
    screen, with what to do first. Of a folder the images are checked; the options about labels, patients and folds are
    for a manifest. Without --positive and --kind the classes are compared with each other. Folds are drawn where
    --patient or --one-image-per-patient is given.

    Example: radtl data check labels.csv --positive pneumonia --patient patient_id --out check.html
    """
    from radtl_tf.report.pages.check import as_dict, as_screen, as_text, verdict, write_page

    if as_json:
        refuse(["everything"], "--json prints everything.")
    checked = _folder(source, depth) if source.is_dir() else _manifest(source, images, depth, folds, seed, task)
    if out:
        write_page(out, checked, source.name)
        log(f"Page: {out}")
    if as_json:
        click.echo(json.dumps(as_dict(checked), indent=1))
    else:
        click.echo(as_text(checked) if everything else as_screen(checked))
    if not (as_json or everything or out):
        log("Add --all for every finding and the tables, or --out check.html for a page.")
    if checked.errors:
        log(f"Error: {source}: {verdict(checked)}; the first: {checked.errors[0].message}")
        click.get_current_context().exit(1)


def _folder(folder: Path, depth: int | None) -> Checked:
    from radtl_tf.data.check.check_source import check_folder
    from radtl_tf.library.bars import bars

    names = {*TASK, "columns", "folds", "seed"} - {"depth"}
    refuse(names, "SOURCE is a folder, which has no labels and no patients; name a manifest.")
    with bars() as watch:
        return check_folder(folder, watch, depth=depth)


def _manifest(
    source: Path, images: Path | None, depth: int | None, folds: int, seed: int, given: dict[str, Any]
) -> Checked:
    from radtl_tf.data.check.check_source import check_manifest
    from radtl_tf.data.manifest.reader import read_manifest
    from radtl_tf.library.bars import bars
    from radtl_tf.records.experiment import FoldPlan

    manifest = read_manifest(source, images, collect=True)
    task, plan = _task(manifest, source, given), FoldPlan(count=folds)
    if task and not (task.patient or task.one_image_per_patient):
        refuse(["unit", "folds", "seed"], "nothing is said of patients; add --patient or --one-image-per-patient.")
    with bars() as watch:
        patient = given["patient"]
        return check_manifest(manifest, task, patient=patient, plan=plan, seed=seed, depth=depth, watch=watch)


def _task(manifest: Manifest, source: Path, given: dict[str, Any]) -> Task | None:
    """Return what the columns mean, or ``None`` where there is no label.

    Without ``--positive`` classes are compared with each other; without ``--unit`` the check suggests one.
    """
    if not given["labels"] and Task.label not in manifest.table.columns:
        names = set(TASK) - {"labels", "patient", "images", "depth"}
        refuse({*names, "columns", "folds", "seed"}, "the manifest has no column 'label'; name yours with --label.")
        return None
    kind = given["kind"]
    if not given["positive"] and not kind:
        several = len(given["labels"]) > 1 or given["label_separator"]
        kind = "multilabel" if several else "multiclass"
    return options.task_of(source, {**given, "kind": kind, "unit": given["unit"] or "image"})
