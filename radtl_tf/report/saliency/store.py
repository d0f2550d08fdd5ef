"""The folder ``saliency`` of an experiment: maps drawn once, so a report can show them without a network.

It holds patients' radiographs, but no patient id, path or file name: a case is named by its row in the manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from radtl_tf.errors import OutputError
from radtl_tf.records.disk import read_json, temporary_folder, write_json
from radtl_tf.records.folder import OutputFolder

FORMAT = 1
RADIOGRAPH = "radiograph"
_INDEX = "saliency.json"
Pictures = Mapping[tuple[int, str], NDArray[np.uint8]]  # by example and what it shows; grey (H, W) or RGBA (H, W, 4)


@dataclass(frozen=True)
class DrawnMap:
    """One map: ``score`` is P(positive), ``maximum`` the map's value before scaling, ``peak`` its place.

    ``cells`` is the map's height and width before enlargement.
    """

    weights: str
    scenario: str
    score: float
    outcome: str
    maximum: float
    peak: str
    cells: tuple[int, int]


@dataclass(frozen=True)
class DrawnCase:
    """A case with a map per weights; ``example`` is its row in the manifest, from 0."""

    example: int
    truth: int
    kind: str
    maps: tuple[DrawnMap, ...]


@dataclass(frozen=True)
class Randomized:
    """Similarity of the maps to the originals when a network is random down to ``step``: means over ``num_cases`` maps.

    ``num_empty`` of them became empty.
    """

    weights: str
    backbone: str
    step: str
    rank_correlation: float
    ssim: float
    num_cases: int
    num_empty: int


@dataclass(frozen=True)
class Drawn:
    """The content of ``saliency.json``. ``found`` counts the cases of each kind; ``classes``: negative, positive.

    ``score_gap`` is the largest difference between a score recorded by its run and the score reproduced here.
    """

    weights: tuple[str, ...]
    classes: tuple[str, str]
    rule: str
    found: dict[str, int]
    score_gap: float
    cases: tuple[DrawnCase, ...]
    randomized: tuple[Randomized, ...]


def write_drawn(output: Path, drawn: Drawn, pictures: Pictures) -> Path:
    """Write the folder ``saliency`` below ``output``, completely or not at all, replacing an earlier one; return it.

    Raises:
        OutputError: it cannot be written.
    """
    folder = OutputFolder(output).saliency
    with temporary_folder(folder, replace=True) as temporary:
        for key, pixels in pictures.items():
            write_png(temporary / picture_name(*key), pixels)
        write_json(temporary / _INDEX, {"format": FORMAT, **asdict(drawn)})
    return folder


def read_drawn(output: Path) -> Drawn | None:
    """Return what ``write_drawn`` wrote below ``output``; ``None`` where there is nothing.

    Raises:
        OutputError: it is damaged or was written by another version.
    """
    path = OutputFolder(output).saliency / _INDEX
    if not path.parent.exists():
        return None
    stored = read_json(path)
    try:
        if stored.pop("format") != FORMAT:
            raise damaged(path.parent)
        return _from_json(stored)
    except (AttributeError, KeyError, TypeError) as error:
        raise damaged(path.parent) from error


def read_picture(output: Path, example: int, what: str) -> NDArray[np.uint8]:
    """Return one of the stored pictures: grey (H, W), or a map as RGBA (H, W, 4).

    Raises:
        OutputError: it is missing or damaged.
    """
    return read_png(OutputFolder(output).saliency / picture_name(example, what))


def read_png(path: Path) -> NDArray[np.uint8]:
    """Return the pixels of a stored picture.

    Raises:
        OutputError: it is missing or damaged.
    """
    try:
        return np.asarray(imagecodecs.png_decode(path.read_bytes()))
    except (OSError, ValueError, imagecodecs.PngError) as error:
        raise damaged(path.parent) from error


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write a picture: grey (H, W) or RGBA (H, W, 4)."""
    path.write_bytes(bytes(imagecodecs.png_encode(pixels)))


def map_name(place: int) -> str:
    """Return the name of the map of the ``place``-th weights: names of weights may hold any character."""
    return f"map-{place + 1}"


def picture_name(example: int, what: str) -> str:
    """Return the file name of a picture of an example."""
    return f"{example:05d}-{what}.png"


def _from_json(stored: dict[str, Any]) -> Drawn:
    cases = tuple(
        DrawnCase(**{**case, "maps": tuple(DrawnMap(**{**one, "cells": tuple(one["cells"])}) for one in case["maps"])})
        for case in stored.pop("cases")
    )
    randomized = tuple(Randomized(**row) for row in stored.pop("randomized"))
    weights, classes = tuple(stored.pop("weights")), tuple(stored.pop("classes"))
    return Drawn(weights=weights, classes=classes, cases=cases, randomized=randomized, **stored)


def damaged(folder: Path) -> OutputError:
    """Return the error for a folder of pictures that cannot be read."""
    return OutputError(f"{folder} is damaged or was written by another version: delete it, or draw the pictures again.")
