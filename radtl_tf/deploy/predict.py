"""Score new radiographs with an exported model: decoding, in other processes, overlaps with the network."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import tee
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.decoding.worker_pool import num_cpus, pixels_of_all
from radtl_tf.deploy.card.facts import depth_of
from radtl_tf.deploy.class_check import target_of
from radtl_tf.deploy.engines.engine import Engine, Grey
from radtl_tf.deploy.engines.images import as_grey
from radtl_tf.deploy.formats.table import WITH_TENSORFLOW
from radtl_tf.training.prefetch import Ahead

BATCH = 16  # images at once
MAX_PIXELS = 16_000_000  # of a batch of images that the model itself resizes: 64 MB
_NO_NUMBER = "the model gives no finite score for this image."

Explain = Callable[[Grey], Grey]


@dataclass(frozen=True)
class Score:
    """The scores of one file, or why there are none.

    ``scores`` follow ``outputs.score_names``: P(positive), P(class) of each class or stage, or a number. ``reading``
    holds the measurements of an image that was decoded. ``saliency``, if requested, is the image as the network sees
    it, (H, W) in 0..1, and the maps of the evidence for each score, (h, w, K), 0 and above.
    """

    path: Path
    scores: tuple[float, ...] | None
    error: str | None = None
    reading: Reading | None = field(default=None, repr=False, compare=False)
    saliency: tuple[Grey, Grey] | None = field(default=None, repr=False, compare=False)

    @property
    def score(self) -> float | None:
        """The probability of the positive class of a binary model, or the number of a regression."""
        return self.scores[0] if self.scores else None


@dataclass(frozen=True)
class _Image:
    """One file: the image (H, W, 1) for the network, or why there is none."""

    path: Path
    grey: Grey | None
    error: str | None
    reading: Reading | None


def predict(engine: Engine, files: Iterable[Path], explain: Explain | None = None) -> Generator[Score]:
    """Yield the scores of each file, in order; an unreadable file does not stop the others.

    Files are decoded in separate processes, and resized in a thread, while the network scores the images before them.
    ``files`` is read only a little ahead, so that memory does not grow with their number. ``explain``: a function from
    images (B, H, W, 1) to maps (B, h, w, K), as ``deploy.graph.explain`` makes it.
    """
    for batch in Ahead(_batches(_images(engine, files))):
        yield from _scored(engine, batch, explain)


def _images(engine: Engine, files: Iterable[Path]) -> Iterator[_Image]:
    prepare = _preparation(engine)
    files, ahead = tee(files)
    workers = max(1, num_cpus() // 2)
    decoded = pixels_of_all(ahead, depth=depth_of(engine.card), num_workers=workers)
    for path, (outcome, pixels) in zip(files, decoded, strict=True):
        grey = None if pixels is None else prepare(pixels)
        yield _Image(path, grey, None if pixels is not None else outcome.reason, outcome.reading)


def _preparation(engine: Engine) -> Callable[[NDArray[np.uint16]], Grey]:
    """Return the function from pixels (H, W) to the image for the network, (H, W, 1) in 0..1.

    With TensorFlow it is the resize of training: images of all sizes then fit into one batch, and the model, which
    leaves an image of its own size as it is, gives the same scores. Other formats resize each image themselves, and so
    do models of earlier versions, which take only 16-bit pixels.
    """
    if engine.format not in WITH_TENSORFLOW or engine.card.get("format", 1) == 1:
        return lambda pixels: as_grey(pixels[..., None])
    import tensorflow as tf

    from radtl_tf.data.preprocessing.resizing import preprocess

    size, policy = engine.card["image_size"], engine.card["resize"]
    signature = [tf.TensorSpec((None, None), tf.uint16)]
    resized = tf.function(lambda pixels: preprocess(pixels, size, policy), input_signature=signature)
    return lambda pixels: np.clip(resized(pixels).numpy(), 0, 1)  # rounding may give 1.0000001, which a model refuses


def _batches(images: Iterable[_Image]) -> Iterator[list[_Image]]:
    """Yield the images in order, in batches of one size; the first batch is one image, so that its score is early."""
    batch: list[_Image] = []
    most = 1
    for image in images:
        if batch and (len(batch) == most or not _fits(image, batch)):
            yield batch
            batch, most = [], BATCH
        batch.append(image)
    if batch:
        yield batch


def _fits(image: _Image, batch: list[_Image]) -> bool:
    """Tell whether an image has the size of those in a batch, and the batch stays small; one without pixels fits."""
    others = [other.grey for other in batch if other.grey is not None]
    if image.grey is None or not others:
        return True
    return image.grey.shape == others[0].shape and image.grey.size * (len(others) + 1) <= MAX_PIXELS


def _scored(engine: Engine, batch: list[_Image], explain: Explain | None) -> Iterator[Score]:
    """Yield the scores of one batch."""
    valid = [image.grey for image in batch if image.grey is not None]
    if valid:
        grey = np.stack(valid)
        found = engine.scores(grey)
        found = found[:, 1:] if target_of(engine.card).is_binary else found
        maps = None if explain is None else explain(grey)
    at = 0
    for image in batch:
        if image.grey is None:
            yield Score(image.path, None, image.error)
            continue
        saliency = None if maps is None else (image.grey[..., 0], maps[at])
        if np.isfinite(found[at]).all():
            yield Score(image.path, tuple(found[at].tolist()), None, image.reading, saliency)
        else:
            yield Score(image.path, None, _NO_NUMBER, image.reading)
        at += 1
