"""Score new radiographs with an exported model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import Any

import tensorflow as tf

from radtl_tf.data.workers import pixels_of_all
from radtl_tf.deploy.saved_model import CARD
from radtl_tf.errors import OutputError
from radtl_tf.records.folder import read_json


@dataclass(frozen=True)
class Score:
    """The probability of the positive class for one file, or why there is none."""

    path: Path
    score: float | None
    error: str | None = None


@dataclass(frozen=True)
class Model:
    """An exported model and its card."""

    score: Callable[..., dict[str, tf.Tensor]]
    card: dict[str, Any]
    module: Any  # keeps the variables alive


def load_model(folder: Path) -> Model:
    """Load a model that ``radtl export`` wrote.

    Raises:
        OutputError: there is no such model.
    """
    card = folder / "assets.extra" / CARD
    if not card.is_file():
        raise OutputError(f"{folder} holds no model exported by radtl (no assets.extra/{CARD} in it).")
    module = tf.saved_model.load(str(folder))
    return Model(module.signatures["pixels"], read_json(card), module)


def predict(model: Model, files: Iterable[Path]) -> Iterator[Score]:
    """Yield the score of each file, decoded in a process of its own; one that cannot be read costs that file only."""
    files, ahead = tee(files)
    for path, (outcome, pixels) in zip(files, pixels_of_all(ahead), strict=True):
        if pixels is None:
            yield Score(path, None, outcome.reason)
            continue
        result = model.score(pixels=tf.constant(pixels[None, :, :, None]))
        yield Score(path, float(result["score"][0]))
