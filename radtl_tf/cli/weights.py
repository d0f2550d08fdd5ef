"""The verbs of weights: list, verify, fetch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from radtl_tf.cli.options import FILE, as_json, load_tensorflow, log
from radtl_tf.places import weights_folder

if TYPE_CHECKING:
    from radtl_tf.models.weight_catalogue import Availability
    from radtl_tf.models.weight_check import Verified

_STATUS = {"downloaded": "downloaded by Keras", "keras": "Keras downloads it"}
_COLUMNS = ("name", "backbone", "pixels", "status", "license", "file")


@click.group()
def weights() -> None:
    """Find, check and obtain pre-trained weights."""


@weights.command("list")
@as_json
def list_weights(as_json: bool) -> None:
    """List the published weights: which are here, under which terms, where to get the others.

    Files are looked for in the folder that RADTL_WEIGHTS names, or else in ./weights.
    """
    from radtl_tf.models.weight_catalogue import availability, catalogue

    folder = weights_folder()
    states = [availability(row, folder) for row in catalogue()]
    if as_json:
        click.echo(json.dumps([_record(state) for state in states], indent=1))
        return
    click.echo("\n".join(_table([_COLUMNS, *map(_cells, states)])))
    log(f"\nWeights folder: {folder}")
    for line in _advice(states):
        log(line)


def _record(state: Availability) -> dict[str, Any]:
    row = state.row
    return {
        "name": row.name,
        "backbone": row.backbone,
        "pixels": row.pixels,
        "status": state.status,
        "file": str(state.file) if state.file else None,
        "problem": state.problem,
        "license": row.license,
        "citation": row.citation,
        "obtain": row.obtain,
    }


def _cells(state: Availability) -> tuple[str, ...]:
    row = state.row
    terms = row.license.split(" (")[0]
    status = _STATUS.get(state.status, state.status)
    return row.name, row.backbone, row.pixels, status, terms, str(state.file or row.files[0])


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _advice(states: list[Availability]) -> list[str]:
    """Say, once per name, how to get what is not here, and what is wrong with a file that is refused."""
    absent = [state.row for state in states if state.status in ("missing", "keras")]
    refused = [state.problem for state in states if state.status == "refused" and state.problem]
    return [*dict.fromkeys(f"{row.name}: {row.obtain}" for row in absent), *refused]


@weights.command()
@click.argument("file", type=FILE)
@click.option("--backbone", required=True, help="Backbone that the file is for, such as ResNet50.")
@as_json
def verify(file: Path, backbone: str, as_json: bool) -> None:
    """Tell whether FILE would be accepted, what it holds, and which features it gives for a golden image.

    The golden output is the same wherever the installation computes right: compare it with a colleague's.

    Example: radtl weights verify RadImageNet-ResNet50_notop.h5 --backbone ResNet50
    """
    load_tensorflow()
    from radtl_tf.models.weight_check import verify as verified

    found = verified(file, backbone)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=1))
        return
    for name, value in _lines(found):
        click.echo(f"{name:<13} {value}")
    for warning in found.warnings:
        log(f"Warning: {warning}")


def _lines(found: Verified) -> list[tuple[str, str]]:
    report, golden = found.report, found.golden
    first = " ".join(f"{value:.4g}" for value in golden.first)
    return [
        ("file", f"{report.file}: accepted for {found.backbone}"),
        ("matched", f"{len(report.matched)} layers: {found.num_tensors} tensors, {found.num_parameters:,} parameters"),
        ("left over", f"the top: {', '.join(map(ascii, report.left_over))}" if report.left_over else "nothing"),
        ("layout", f"{report.layout}, written by Keras {report.keras_version or 'of unknown version'}"),
        ("sha256", report.sha256),
        ("catalogue", _known(found)),
        ("golden image", f"{golden.image_size} px, pixel convention {golden.pixels}"),
        ("golden output", f"mean {golden.mean:.4g}, SD {golden.sd:.4g}, first {first}"),
    ]


def _known(found: Verified) -> str:
    if found.published is None:
        return "not listed: declare it, with its pixel convention, in [weights.NAME] of the experiment file"
    how = {"sum": "known by its sum", "name": "known by its name only"}
    return f"{found.published.name}, {how[found.known_by or 'name']}; {found.published.license}"


@weights.command()
@click.argument("name")
@click.option("--backbone", help="Backbone, such as ResNet50; default: all that the catalogue lists for NAME.")
def fetch(name: str, backbone: str | None) -> None:
    """Download the weights NAME where Keras can, or say where to get them; print each file and its sha256.

    Example: radtl weights fetch imagenet --backbone ResNet50
    """
    load_tensorflow()
    from radtl_tf.models.weight_catalogue import known_sum
    from radtl_tf.models.weight_sources import fetch as files_of

    for row, file in files_of(name, backbone, folder=weights_folder()):
        click.echo(f"{row.backbone}  {file}  sha256 {known_sum(file)}")
