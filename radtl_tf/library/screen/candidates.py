"""The candidates of a screen: each weights with each backbone that they fit, found before anything is computed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.networks import found_weights, says_pixels
from radtl_tf.library.read_embeddings import embeddings_of
from radtl_tf.library.results.compare_arguments import vectors_from
from radtl_tf.logs import get_logger
from radtl_tf.models.backbones import backbone as backbone_row
from radtl_tf.models.backbones import check_image_size
from radtl_tf.models.weights.catalogue import catalogue
from radtl_tf.models.weights.preset_folder import backbone_of
from radtl_tf.models.weights.sources import RANDOM, WeightsRecord
from radtl_tf.records.runs import EMBEDDINGS, NO_PIXELS

_log = get_logger(__name__)

File = str | os.PathLike[str]
Weights: TypeAlias = File | tuple[str, File]  # a name, a file or a folder; with its backbone if it must be said


@dataclass(frozen=True)
class Candidate:
    """A start to be screened: a backbone with weights, or ``vectors`` (N, C) that another program computed.

    ``name`` is the name of the weights: a known one, or the one of their file. ``record`` is ``None`` for vectors, and
    ``file`` is ``None`` for known weights and for vectors from memory.
    """

    name: str
    backbone: str
    record: WeightsRecord | None = None
    vectors: NDArray[np.float32] | None = None
    file: Path | None = None

    @property
    def pixels(self) -> str:
        """The pixel convention of the weights."""
        return self.record.pixels if self.record else NO_PIXELS

    @property
    def brought_in(self) -> NDArray[np.float32]:
        """The vectors of a candidate without a network."""
        if self.vectors is None:
            raise ValueError(f"{self.name} has neither a network nor vectors")
        return self.vectors

    @property
    def place(self) -> tuple[str, str]:
        """The content, by which candidates are told apart."""
        if self.record is None:
            return self.backbone, self.name
        return self.backbone, self.record.sha256 or self.record.source


def candidates_from(
    data: Dataset,
    weights: Sequence[Weights],
    backbones: Sequence[str],
    pixels: str | None,
    features: Mapping[str, ArrayLike | File],
    image_size: int | str,
) -> list[Candidate]:
    """Return the candidates, each once: all ``weights`` with the ``backbones`` that they fit, then ``features``.

    Raises:
        DataError: embeddings do not fit the images.
        ExperimentError: a name is unknown, a file does not say its backbone or its pixels, or there are no two
            candidates.
        WeightsError: a file is missing or not what it claims to be.
    """
    if isinstance(weights, (str, os.PathLike)):
        raise ExperimentError(f"weights = {str(weights)!r}: give a list of names, files and folders.")
    found = [one for given in weights for one in _networks(given, backbones, pixels)]
    for candidate in found:
        check_image_size(candidate.backbone, image_size)
    if pixels and not any(one.file and not says_pixels(one.file) for one in found):
        raise ExperimentError(f"pixels = {pixels!r} has no effect: all candidates say their own. Remove it.")
    found += [_brought(data, name, given) for name, given in features.items()]
    first: dict[tuple[str, str], Candidate] = {}
    for candidate in found:
        first.setdefault(candidate.place, candidate)
    unique = list(first.values())
    if len(unique) < 2:
        names = ", ".join(f"{one.backbone} {one.name}" for one in unique) or "none"
        raise ExperimentError(f"A screen ranks two candidates or more; found: {names}. Name more weights or backbones.")
    return unique


def _networks(given: Weights, backbones: Sequence[str], pixels: str | None) -> Iterator[Candidate]:
    """Yield a candidate per backbone that the weights fit."""
    said, word = given if isinstance(given, tuple) else (None, given)
    text = os.fspath(word)
    path = Path(text).expanduser()
    if path.is_dir() and text not in _known_names():
        yield _file(path.resolve(), said or backbone_of(path), pixels)
    elif path.suffix in (".h5", ".hdf5") or os.sep in text:
        yield _file(path.resolve(), said or _backbone_of_file(path, backbones), pixels)
    else:
        for backbone in [said] if said else _fitting(text, backbones):
            record = found_weights(backbone, text, None)
            yield Candidate(text, backbone, record)


def _file(file: Path, backbone: str, pixels: str | None) -> Candidate:
    backbone_row(backbone)
    record = found_weights(backbone, file, None if file.exists() and says_pixels(file) else pixels)
    return Candidate(record.name, backbone, record, file=file)


def _backbone_of_file(file: Path, backbones: Sequence[str]) -> str:
    """Return the backbone in the record next to a file, in the catalogue, or the only one that is given.

    Raises:
        ExperimentError: nothing says it.
    """
    try:
        said = json.loads(file.with_name(f"{file.name}.json").read_text(encoding="utf-8")).get("backbone")
    except (OSError, ValueError, AttributeError):
        said = None
    listed = (row.backbone for row in catalogue() if file.name in row.files)
    found = said or next(listed, None) or (backbones[0] if len(backbones) == 1 else None)
    if not isinstance(found, str):
        raise ExperimentError(f"{file} does not say which network it is for: name its backbone with it.")
    return found


def _known_names() -> set[str]:
    return {RANDOM, *(row.name for row in catalogue())}


def _fitting(name: str, backbones: Sequence[str]) -> list[str]:
    """Return the backbones for which known weights exist; all of them if there are none, so that the error is told."""
    listed = {row.backbone for row in catalogue() if row.name == name}
    if name == RANDOM or not listed & set(backbones):
        return list(backbones)
    out = [backbone for backbone in backbones if backbone not in listed]
    if out:
        _log.info(f"{name} has no file for {', '.join(out)}: left out")
    return [backbone for backbone in backbones if backbone in listed]


def _brought(data: Dataset, name: str, given: ArrayLike | File) -> Candidate:
    if isinstance(given, (str, os.PathLike)):
        file = Path(given).expanduser().resolve()
        return Candidate(name, EMBEDDINGS, vectors=embeddings_of(data, file), file=file)
    vectors = vectors_from(name, given, len(data))
    if not np.isfinite(vectors).all():
        raise DataError(f"features[{name!r}] has values that are not finite: compute them again.")
    return Candidate(name, EMBEDDINGS, vectors=vectors)
