"""The verb data check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from radtl_tf.cli import manifest_options, options
from radtl_tf.cli.manifest_options import TASK
from radtl_tf.cli.options import ANY_PATH, FILE, Verb, as_json, log, refuse
from radtl_tf.records.experiment import Task

if TYPE_CHECKING:
    from radtl_tf.data.check.findings import Checked
    from radtl_tf.data.manifest.reader import Manifest


@click.command(cls=Verb)
@click.argument("source", type=ANY_PATH)
@manifest_options.task_options
@manifest_options.columns
@options.folds
@options.seed
@options.out(FILE, "HTML page to write.", required=False)
@click.option("--all", "everything", is_flag=True, help="Print every finding with its advice, and all tables.")
@as_json
def check(source: Path, folds: int, seed: int, out: Path | None, everything: bool, as_json: bool, **task: Any) -> None:
    """Find what could spoil an experiment, in every radiograph.

    SOURCE is a manifest (a table) or a folder of images. The check finds files that cannot be read, patients with two
    ids, duplicates and near-duplicates, paths and columns that reveal the label, and shortcuts in how the images were
    taken. It prints one screen, which begins with what to do first. An error means exit code 1. Options about labels,
    patients and folds are valid for a manifest only. Without --positive and --kind, the check compares all classes. It
    draws folds if you give --patient or --one-image-per-patient.

    Example:
      radtl data check labels.csv --positive pneumonia --patient patient_id
    """
    from radtl_tf.report.pages.check import as_dict, as_screen, as_text, verdict, write_page

    if as_json:
        refuse(["everything"], "--json prints everything. Remove it.")
    checked = _folder(source, task["depth"]) if source.is_dir() else _manifest(source, folds, seed, task)
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
        log(f"Error: {source}: {verdict(checked)}. The first: {checked.errors[0].message}")
        click.get_current_context().exit(1)


def _folder(folder: Path, depth: int | None) -> Checked:
    from radtl_tf.data.check.check_source import check_folder
    from radtl_tf.library.bars import bars

    names = {*TASK, "columns", "folds", "seed"} - {"depth"}
    refuse(names, "a folder has no labels and no patients. Remove it or name a manifest.")
    with bars() as watch:
        return check_folder(folder, watch, depth=depth)


def _manifest(source: Path, folds: int, seed: int, given: dict[str, Any]) -> Checked:
    from radtl_tf.data.check.check_source import check_manifest
    from radtl_tf.data.manifest.reader import read_manifest
    from radtl_tf.library.bars import bars
    from radtl_tf.records.experiment import FoldPlan

    table = {name: given[name] for name in manifest_options.TABLE}
    manifest = read_manifest(source, collect=True, **table)
    task, plan = _task(manifest, source, given), FoldPlan(count=folds)
    if task and not task.names_patients:
        why = "no patients are named. Add --patient, --patient-pattern or --one-image-per-patient."
        refuse(["unit", "folds", "seed"], why)
    with bars() as watch:
        read = {"patient": given["patient"], "pattern": given["patient_pattern"], "depth": given["depth"]}
        return check_manifest(manifest, task, plan=plan, seed=seed, watch=watch, **read)


def _task(manifest: Manifest, source: Path, given: dict[str, Any]) -> Task | None:
    """Return what the columns mean, or ``None`` if there is no label.

    Without ``--positive`` the check compares all classes; without ``--unit`` it suggests one.
    """
    from radtl_tf.records.task_rules import check_patients

    if not given["labels"] and Task.label not in manifest.table.columns:
        names = set(TASK) - {"labels", "patient", "patient_pattern", "depth", *manifest_options.TABLE}
        refuse({*names, "columns", "folds", "seed"}, "the manifest has no column 'label'. Name yours with --label.")
        check_patients(Task(patient=given["patient"], patient_pattern=given["patient_pattern"]))
        return None
    kind = given["kind"]
    if not given["positive"] and not kind and not given["label_unit"]:
        several = len(given["labels"]) > 1 or given["label_separator"]
        kind = "multilabel" if several else "multiclass"
    return manifest_options.task_of(source, {**given, "kind": kind, "unit": given["unit"] or "image"})
