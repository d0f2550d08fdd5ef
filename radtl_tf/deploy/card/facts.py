"""``radtl.json`` of an exported model: the facts that a caller needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from radtl_tf.errors import OutputError
from radtl_tf.records.disk import read_json

CARD = "radtl.json"
EXTRA = "assets.extra"  # TensorFlow Serving leaves this folder of a SavedModel alone

Card = Mapping[str, Any]


def find_version(model: Path) -> Path | None:
    """Return the folder of ``model`` that holds its files: ``model`` itself, or the newest version in it.

    ``model`` itself holds files if it is a folder such as ``exported/1``, or an export of an earlier version of radtl.
    ``None``: ``radtl export`` wrote no model there.
    """
    versions = [place for place in model.glob("[0-9]*") if place.name.isdecimal()]
    newest_first = sorted(versions, key=lambda place: int(place.name), reverse=True)
    return next((place for place in [model, *newest_first] if (place / EXTRA / CARD).is_file()), None)


def version_folder(model: Path) -> Path:
    """Return the folder of ``model`` that holds its files, as ``find_version``.

    Raises:
        OutputError: there is no model that ``radtl export`` wrote.
    """
    place = find_version(model)
    if place is None:
        raise OutputError(
            f"{model} contains no model exported by radtl ({EXTRA}/{CARD} is missing). Name the folder of an exported "
            "model."
        )
    return place


def read_card(model: Path) -> dict[str, Any]:
    """Return the card of a model that ``radtl export`` wrote: its classes, pixels, size and training images.

    Raises:
        OutputError: there is no such model, or its card is damaged.
    """
    return read_json(version_folder(model) / EXTRA / CARD)


def depth_of(card: Card) -> int | None:
    """Return the depth with which a model's images are decoded, as of a Task.

    A model of an earlier version, which knew neither ``task.depth`` nor sBIT, gets every value as it is stored.
    """
    return card.get("depth", 16)
