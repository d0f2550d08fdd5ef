"""``radtl.json`` of an exported model: the facts that a caller needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radtl_tf.deploy.card.integrity import check_facts, check_files, sealed
from radtl_tf.errors import OutputError
from radtl_tf.records.disk import read_json, write_json

CARD = "radtl.json"
EXTRA = "assets.extra"  # TensorFlow Serving leaves this folder of a SavedModel alone
_SAVED_MODEL = "saved_model.pb"
README = "README.md"
EVAL_RESULTS = "eval_results.yaml"
TRAINING_IMAGES = "training_images.npz"

Card = Mapping[str, Any]


def card_file(folder: Path) -> Path:
    """Return the path of the card: next to the model file, or where TensorFlow Serving ignores it in a SavedModel."""
    return folder / EXTRA / CARD if (folder / _SAVED_MODEL).is_file() or (folder / EXTRA).is_dir() else folder / CARD


def find_version(model: Path) -> Path | None:
    """Return the folder of ``model`` that holds its files: ``model`` itself, or the newest version in it.

    If ``model`` holds no SavedModel but one other format, it is the newest version of that format. ``model`` itself
    holds files if it is a folder such as ``exported/1``, or an export of an earlier version of radtl. ``None``:
    ``radtl export`` wrote no model there, or several formats without a SavedModel.
    """
    own = _newest(model)
    others = _other_formats(model) if own is None else []
    return own or (_newest(others[0]) if len(others) == 1 else None)


def version_folder(model: Path) -> Path:
    """Return the folder of ``model`` that holds its files, as ``find_version``.

    Raises:
        OutputError: there is no model that ``radtl export`` wrote, or there are several formats to choose from.
    """
    place = find_version(model)
    if place is not None:
        return place
    if others := _other_formats(model):
        names = " or ".join(str(other) for other in others)
        raise OutputError(f"{model} contains models in {len(others)} formats. Name the folder of one: {names}.")
    raise OutputError(
        f"{model} contains no model exported by radtl ({CARD} is missing). Name the folder of an exported model."
    )


def write_facts(folder: Path, facts: Card) -> None:
    """Write ``radtl.json`` of the model in ``folder``, with the sha256 of its files: as the last of them.

    Texts for people may be edited later, and the hashes of the training images removed, so they have no sha256.

    Raises:
        OutputError: the folder cannot be written.
    """
    write_json(card_file(folder), sealed(facts, folder, (CARD, README, EVAL_RESULTS, TRAINING_IMAGES)))


def read_card(model: Path) -> dict[str, Any]:
    """Return the card of a model that ``radtl export`` wrote: its classes, pixels, size and training images.

    Raises:
        OutputError: there is no such model, or its card is damaged, changed, or of an unknown format.
    """
    file = card_file(version_folder(model))
    card = read_json(file)
    check_facts(card, file)
    return card


def verify(model: Path) -> dict[str, Any]:
    """Return the card of a model after checking that its files are those that ``radtl export`` wrote.

    A model of an earlier version (format 1) has no checksums; only its card is read.

    Raises:
        OutputError: there is no such model, or a file is missing, damaged or changed.
    """
    card = read_card(model)
    check_files(card, version_folder(model))
    return card


def depth_of(card: Card) -> int | None:
    """Return the depth with which a model's images are decoded, as of a Task.

    A model of an earlier version, which knew neither ``task.depth`` nor sBIT, gets every value as it is stored.
    """
    return card.get("depth", 16)


def _newest(folder: Path) -> Path | None:
    """Return ``folder`` if it holds a card, or else the version of the highest number in it that does."""
    versions = [place for place in folder.glob("[0-9]*") if place.name.isdecimal()]
    newest_first = sorted(versions, key=lambda place: int(place.name), reverse=True)
    return next((place for place in [folder, *newest_first] if card_file(place).is_file()), None)


def _other_formats(model: Path) -> list[Path]:
    """Return the folders in ``model`` that hold versions of another format, with the card next to the model file."""
    found = {place: _newest(place) for place in sorted(model.glob("*")) if not place.name.isdecimal()}
    return [place for place, newest in found.items() if newest and newest != place and (newest / CARD).is_file()]
