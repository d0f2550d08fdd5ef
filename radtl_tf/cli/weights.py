"""The group weights and its verbs: list, fetch, verify, convert."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from radtl_tf.cli import options
from radtl_tf.cli.options import ANY_PATH, FILE, FOLDER, InOrder, as_json, log, refuse
from radtl_tf.cli.tensorflow_import import load_tensorflow
from radtl_tf.places import weights_folder

if TYPE_CHECKING:
    from radtl_tf.models.weights.catalogue import Availability
    from radtl_tf.models.weights.convention_score import ConventionScores
    from radtl_tf.models.weights.inspection import Verified

_UNKNOWN_PIXELS = "unknown, because a weights file does not say: ask its author, or score them with --images"
_NOT_STATED = "not stated"
_STATUS = {"downloaded": "downloaded by Keras", "keras": "Keras downloads it"}
_COLUMNS = ("name", "backbone", "pixels", "status", "license", "file")


@click.group(cls=InOrder)
def weights() -> None:
    """Find, get and verify pre-trained weights.

    Example:
      radtl weights list
    """


@weights.command("list")
@as_json
def list_weights(as_json: bool) -> None:
    """List the published weights and where to get them.

    Shows which files you have and under which terms. The files are searched in the folder that the environment
    variable RADTL_WEIGHTS names, or else in ./weights.

    Example:
      radtl weights list
    """
    from radtl_tf.models.weights.catalogue import availability, catalogue

    folder = weights_folder()
    states = [availability(row, folder) for row in catalogue()]
    if as_json:
        click.echo(json.dumps({"weights": [_record(state) for state in states]}, indent=1))
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
    terms = row.license.split(" (")[0] or _NOT_STATED
    status = _STATUS.get(state.status, state.status)
    return row.name, row.backbone, row.pixels, status, terms, str(state.file or row.files[0])


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _advice(states: list[Availability]) -> list[str]:
    """Say, once per name, how to get missing files, and what is wrong with a refused file."""
    absent = [state.row for state in states if state.status in ("missing", "keras")]
    refused = [state.problem for state in states if state.status == "refused" and state.problem]
    return [*dict.fromkeys(f"{row.name}: {row.obtain}" for row in absent), *refused]


@weights.command()
@click.argument("name")
@options.backbone("Backbone, such as ResNet50.  [default: all in the catalogue]")
def fetch(name: str, backbone: str | None) -> None:
    """Download weights, or say where to get them.

    NAME is a name in the catalogue. Keras downloads the weights that it publishes. Prints each file and its sha256.

    Example:
      radtl weights fetch imagenet --backbone ResNet50
    """
    load_tensorflow()
    from radtl_tf.models.weights.catalogue import known_sum
    from radtl_tf.models.weights.sources import fetch as files_of

    for row, file in files_of(name, backbone, folder=weights_folder()):
        click.echo(f"{row.backbone}  {file}  sha256 {known_sum(file)}")


@weights.command()
@click.argument("file", type=ANY_PATH)
@options.backbone(required=True)
@click.option(
    "--images", type=FOLDER, help="Folder of radiographs that score the pixel conventions; at most 64 are read."
)
@options.image_size
@options.resize
@as_json
def verify(file: Path, backbone: str, images: Path | None, image_size: int | str, resize: str, as_json: bool) -> None:
    """Check that a weights file fits its backbone.

    FILE is an .h5 file, or the Hugging Face folder of a vision transformer. Shows what it holds and the features of a
    fixed test image, the golden output, which every correct installation computes alike. With --images, it scores each
    pixel convention by how well your radiographs fit the batch norms of the file.

    Example:
      radtl weights verify RadImageNet-ResNet50_notop.h5 --backbone ResNet50
    """
    if images is None:
        refuse(["image_size", "resize"], "there are no images to resize. Add --images.")
    load_tensorflow()
    from radtl_tf.experiment.weights.verify import verify_weights

    found = verify_weights(file, backbone, images, image_size=image_size, resize=resize)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=1))
        return
    for name, value in _lines(found):
        click.echo(f"{name:<13} {value}")
    for warning in found.warnings:
        log(f"Warning: {warning}")
    if found.conventions:
        _show(found.conventions)


def _lines(found: Verified) -> list[tuple[str, str]]:
    report, golden = found.report, found.golden
    version = report.keras_version or "of unknown version"
    first = " ".join(f"{value:.4g}" for value in golden.first)
    return [
        ("file", f"{report.file}: accepted for {found.backbone}"),
        ("matched", f"{len(report.matched)} layers: {found.num_tensors} tensors, {found.num_parameters:,} parameters"),
        ("missing", "nothing"),
        (
            "left over",
            f"the top, which is not used: {', '.join(map(ascii, report.left_over))}" if report.left_over else "nothing",
        ),
        ("layout", report.layout if report.layout == "pytorch" else f"{report.layout}, written by Keras {version}"),
        ("sha256", report.sha256),
        *_known(found),
        *([("trained at", f"{found.trained_at} px")] if found.trained_at else []),
        ("golden image", f"{golden.image_size} px, pixel convention {golden.pixels}"),
        ("golden output", f"mean {golden.mean:.4g}, SD {golden.sd:.4g}, first {first}"),
    ]


def _known(found: Verified) -> list[tuple[str, str]]:
    """Say what the catalogue knows about the file."""
    row = found.published
    if row is None:
        return [
            (
                "catalogue",
                "not listed: declare the file and its pixel convention in [weights.NAME] of the experiment file",
            ),
            ("pixels", f"{found.folder_pixels}, from its folder" if found.folder_pixels else _UNKNOWN_PIXELS),
        ]
    how = {
        "sum": "the published file (same checksum)",
        "name": "only the file name agrees: "
        + ("its checksum differs" if row.sha256 or row.md5 else "no checksum is published"),
    }
    return [
        ("catalogue", f"{row.name}, {how[found.known_by or 'name']}"),
        ("pixels", f"{row.pixels}, from the catalogue"),
        ("license", row.license or _NOT_STATED),
    ]


def _show(found: ConventionScores) -> None:
    """Print the table of conventions and its verdict."""
    from radtl_tf.models.pixels import CONVENTIONS

    rows: list[tuple[str, ...]] = [("convention", "agreement", "spread", "shrunk", "meaning")]
    for score in found.scores:
        pixels = CONVENTIONS[score.name]
        meaning = f"{pixels.channels}, black to white {pixels.low:.4g} to {pixels.high:.4g}"
        rows.append((score.name, f"{score.agreement:.3f}", f"{score.spread:.3g}", f"{score.shrink} x", meaning))
    click.echo("\n" + "\n".join(_table(rows)))
    for line in _verdict(found):
        click.echo(line)


def _verdict(found: ConventionScores) -> list[str]:
    from radtl_tf.models.weights.convention_score import DARK, POOR

    lines = [f"best: {found.best}; {_compared(found)}"]
    if found.close:
        lines.append(f"{', '.join(found.close)}: as good, so these images cannot tell them apart")
    if found.brightness < DARK:
        lines.append(
            f"The images are dark (mean {found.brightness:.2f} of 0..1), so radimagenet and zero_one look alike."
        )
    if found.scores[0].agreement < POOR:
        lines.append("No convention fits well: these images differ from those of pre-training.")
    return [*lines, "This is evidence, not proof, because the weights were trained on other images."]


def _compared(found: ConventionScores) -> str:
    if found.agrees is None:
        return "the catalogue has no convention for this file"
    if found.best == found.declared:
        return "the catalogue agrees"
    if found.agrees:
        return f"the catalogue says {found.declared}, which fits as well"
    return f"but the catalogue says {found.declared}: compare both with pixels = [...] in [grid]"


@weights.command()
@click.argument("file", type=FILE)
@options.backbone(required=True)
@options.pixels()
@options.out(FILE, "Weights file (.h5) to write. It must not exist.")
def convert(file: Path, backbone: str, pixels: str | None, out: Path) -> None:
    """Rewrite a file of Keras or PyTorch in our layout.

    FILE is an .h5 of Keras 2 or 3, or a .safetensors of PyTorch: torchvision's and timm's ResNet50 and InceptionV3
    (backbones ResNet50Torch and InceptionV3Torch), DenseNet121 and VGG16. A top is left out, half precision becomes
    float32. The new file loads in Keras 2 and 3. OUT.json records its pixel convention and its origin. Prints the lines
    that declare the weights in an experiment file. For a file in the catalogue, --pixels is known.

    Example:
      radtl weights convert net.safetensors --backbone ResNet50Torch --pixels torch --out mine.h5
    """
    load_tensorflow()
    from radtl_tf.experiment.weights.convert import convert_weights
    from radtl_tf.experiment.weights.make import declaration

    click.echo(declaration(convert_weights(file, backbone, out, pixels=pixels), out))
