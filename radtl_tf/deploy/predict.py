"""Score new radiographs with an exported model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError

from radtl_tf.data.decoding.worker_pool import pixels_of_all
from radtl_tf.deploy.card.facts import depth_of, verify, version_folder
from radtl_tf.errors import OutputError


@dataclass(frozen=True)
class Score:
    """The scores of one file, or why there are none.

    ``scores`` follow ``radtl_tf.records.runs.Target.score``: P(positive), or P(class) of each class.
    """

    path: Path
    scores: tuple[float, ...] | None
    error: str | None = None

    @property
    def score(self) -> float | None:
        """The probability of the positive class, of a binary model."""
        return self.scores[0] if self.scores else None


@dataclass(frozen=True)
class Model:
    """An exported model and its card."""

    score: Callable[..., dict[str, tf.Tensor]]
    card: dict[str, Any]
    module: Any  # keeps the variables alive


def load_model(folder: Path) -> Model:
    """Load a model that ``radtl export`` wrote.

    Raises:
        OutputError: there is no such model, or it is damaged.
    """
    card = verify(folder)
    try:
        module = tf.saved_model.load(str(version_folder(folder)))
        return Model(module.signatures["pixels"], card, module)
    except (OSError, ValueError, KeyError, tf.errors.OpError, DecodeError) as error:
        raise OutputError(f"{folder}: the model is damaged. Export it again.") from error


def predict(model: Model, files: Iterable[Path]) -> Iterator[Score]:
    """Yield the scores of each file, decoded in a separate process; an unreadable file does not stop the others."""
    files, ahead = tee(files)
    for path, (outcome, pixels) in zip(files, pixels_of_all(ahead, depth=depth_of(model.card)), strict=True):
        if pixels is None:
            yield Score(path, None, outcome.reason)
            continue
        yield Score(path, _scores(model.score(pixels=tf.constant(pixels[None, :, :, None]))))


def _scores(result: dict[str, tf.Tensor]) -> tuple[float, ...]:
    """Return the scores of one image; only a binary model has a ``score``."""
    values = result["score"] if "score" in result else result["probabilities"][0]
    return tuple(values.numpy().tolist())
