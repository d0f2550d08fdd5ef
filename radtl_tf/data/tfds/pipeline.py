"""From uint16 grey to what a network is shown, in TensorFlow: 0..1, resized, augmented.

The same functions fill the pixel cache and go into the SavedModel. A resize is two small matrices, one per axis, so it
runs on every device and in every exported format, with sizes known only at run time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from numpy.typing import NDArray

from radtl_tf.data.tfds.builders import data_errors, fingerprint, stream_of, title
from radtl_tf.errors import DataError, ExperimentError, nearest
from radtl_tf.logs import get_logger
from radtl_tf.records.checksums import SummedFile, checksum_of
from radtl_tf.records.disk import temporary_file, unwritable, write_json

_log = get_logger(__name__)
_CACHE_FORMAT = 1
_SUM = "blake2b"  # of the file of pixels, in its key file
_EXACT = "CPU:0"  # a GPU rounds products to TensorFloat-32, 10 bits, and lacks 64-bit integers
_SHIFT, _ZOOM = 0.1, 0.1  # of the side; the public scripts of Mei et al. 2022
_NUM_DRAWS = 7
_SHEAR, _TURN = np.deg2rad(0.1), np.deg2rad(10.0)


def to_unit(image: tf.Tensor) -> tf.Tensor:
    """Return uint16 grey (H, W), (H, W, 1) or (B, H, W, 1) as float32 0..1 with a channel axis."""
    image = tf.convert_to_tensor(image)
    image = image[..., tf.newaxis] if image.shape.rank == 2 else image
    return tf.cast(image, tf.float32) / 65535.0


def resize(image: tf.Tensor, size: int, policy: str) -> tf.Tensor:
    """Return float32 (H, W, 1) or (B, H, W, 1) resized to (size, size, 1).

    ``pad`` keeps the aspect ratio and centers on zeros, ``stretch`` does not; both are bilinear and antialiased.
    ``published`` takes the nearest pixel, as Keras' ImageDataGenerator does.
    """
    weights = _known(policy, RESIZES, "resize")
    image = tf.convert_to_tensor(image)
    height, width = tf.shape(image)[-3], tf.shape(image)[-2]
    with tf.device(_EXACT):
        rows, columns = weights(height, width, size)
        plane = tf.matmul(tf.matmul(rows, tf.squeeze(image, -1)), columns, transpose_b=True)  # (..., size, size)
    return plane[..., tf.newaxis]


def preprocess(image: tf.Tensor, size: int, policy: str) -> tf.Tensor:
    """Return float32 0..1 (size, size, 1) of uint16 grey (H, W) or (H, W, 1), with or without a batch axis."""
    return resize(to_unit(image), size, policy)


def _stretch(height: tf.Tensor, width: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    return _triangle(height, tf.constant(size), size), _triangle(width, tf.constant(size), size)


def _pad(height: tf.Tensor, width: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    longest = tf.maximum(height, width)

    def scaled(length: tf.Tensor) -> tf.Tensor:  # rounded in integers, so that it is the same everywhere
        return tf.maximum((2 * length * size + longest) // (2 * longest), 1)

    return _triangle(height, scaled(height), size), _triangle(width, scaled(width), size)


def _published(height: tf.Tensor, width: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    return _nearest(height, size), _nearest(width, size)


RESIZES: dict[str, Callable[[tf.Tensor, tf.Tensor, int], tuple[tf.Tensor, tf.Tensor]]] = {
    "pad": _pad,
    "stretch": _stretch,
    "published": _published,
}


def _triangle(length: tf.Tensor, content: tf.Tensor, size: int) -> tf.Tensor:
    """Return (size, length): bilinear weights that take ``length`` pixels to ``content``, centered in ``size``.

    Downward the triangle widens with the scale, so that every source pixel counts (antialiasing).
    """
    scale = tf.cast(length, tf.float32) / tf.cast(content, tf.float32)
    row = tf.range(size) - (size - content) // 2
    center = (tf.cast(row, tf.float32) + 0.5) * scale
    distance = tf.abs(tf.range(tf.cast(length, tf.float32))[tf.newaxis] + 0.5 - center[:, tf.newaxis])
    weights = tf.maximum(1.0 - distance / tf.maximum(scale, 1.0), 0.0)
    weights = tf.where(((row >= 0) & (row < content))[:, tf.newaxis], weights, 0.0)
    return tf.math.divide_no_nan(weights, tf.reduce_sum(weights, axis=1, keepdims=True))


def _nearest(length: tf.Tensor, size: int) -> tf.Tensor:
    """Return (size, length) of 0 and 1: the source pixel that holds the center of each target pixel."""
    return tf.one_hot((2 * tf.range(size) + 1) * length // (2 * size), length)


def augment(
    image: tf.Tensor, policy: str, seed: int | tf.Tensor, epoch: int | tf.Tensor, example: int | tf.Tensor
) -> tf.Tensor:
    """Return (S, S, 1), or a batch with one ``example`` number per image, moved at random in one projective transform.

    The draw is a function of (seed, epoch, example) alone. ``published``: Mei et al. 2022 (shift and zoom .1, shear .1
    degrees, rotation 10 degrees, horizontal flip, edges repeated); ``laterality-safe``: the same without the flip.
    """
    flips = _known(policy, AUGMENTATIONS, "augmentation")
    image = tf.convert_to_tensor(image)
    if flips is None:
        return image
    examples = tf.reshape(tf.cast(example, tf.int64), [-1])
    batch = tf.reshape(image, tf.concat([tf.shape(examples), tf.shape(image)[-3:]], axis=0))
    side = tf.cast(tf.shape(image)[-3:-1], tf.float32)
    with tf.device(_EXACT):
        transforms = _transforms(_draw(seed, epoch, examples), side[0], side[1], flips=flips)
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=batch,
        transforms=transforms,
        output_shape=tf.shape(batch)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
    return tf.ensure_shape(tf.reshape(moved, tf.shape(image)), image.shape)


AUGMENTATIONS: dict[str, bool | None] = {"none": None, "laterality-safe": False, "published": True}  # does it flip?


def _draw(seed: int | tf.Tensor, epoch: int | tf.Tensor, examples: tf.Tensor) -> tf.Tensor:
    """Return (B, 7) in -1..1 for ``examples`` (B,), one row per example whatever the batch.

    A hash of the key in integers: TensorFlow's stateless generators take one key at a time, and differ between devices.
    """
    key = examples
    for number in (epoch, seed):
        key = tf.cast(number, tf.uint64) ^ _mixed(tf.cast(key, tf.uint64))
    words = _mixed(_mixed(key)[:, tf.newaxis] ^ np.arange(_NUM_DRAWS, dtype=np.uint64))
    leading = tf.bitwise.right_shift(words, tf.constant(40, tf.uint64))  # 24 bits, all that a float32 holds
    return tf.cast(leading, tf.float32) / 2**23 - 1.0


def _mixed(value: tf.Tensor) -> tf.Tensor:
    """Return the next word of SplitMix64 from the state ``value`` (Steele et al. 2014, figure 17)."""
    value += tf.constant(0x9E3779B97F4A7C15, tf.uint64)
    value = _folded(value, 30) * tf.constant(0xBF58476D1CE4E5B9, tf.uint64)
    value = _folded(value, 27) * tf.constant(0x94D049BB133111EB, tf.uint64)
    return _folded(value, 31)


def _folded(value: tf.Tensor, bits: int) -> tf.Tensor:
    return value ^ tf.bitwise.right_shift(value, tf.constant(bits, tf.uint64))


def _transforms(draws: tf.Tensor, height: tf.Tensor, width: tf.Tensor, *, flips: bool) -> tf.Tensor:
    """Return (B, 8), output to input coordinates: rotation x shift x shear x zoom about the center, then the flip.

    The product is that of Keras' ImageDataGenerator, written out: with angles t and s, the linear part in (x, y) is
    ((cos t, -sin(t + s)), (sin t, cos(t + s))) times the zoom of each axis.
    """
    turn, shear, right, down, zoom_x, zoom_y, coin = tf.unstack(draws, axis=1)
    turn, shear = turn * _TURN, shear * _SHEAR
    right, down = right * _SHIFT * width, down * _SHIFT * height
    zoom_x, zoom_y = 1 + zoom_x * _ZOOM, 1 + zoom_y * _ZOOM
    zoom_x *= tf.where(coin < 0, -1.0, 1.0) if flips else 1.0
    sine, cosine = tf.sin(turn), tf.cos(turn)
    xx, xy = cosine * zoom_x, -tf.sin(turn + shear) * zoom_y
    yx, yy = sine * zoom_x, tf.cos(turn + shear) * zoom_y
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    x = middle_x + cosine * right - sine * down - xx * middle_x - xy * middle_y
    y = middle_y + sine * right + cosine * down - yx * middle_x - yy * middle_y
    zero = tf.zeros_like(x)
    return tf.stack([xx, xy, x, yx, yy, y, zero, zero], axis=1)


def pixel_cache(
    builder: tfds.core.DatasetBuilder,
    num_examples: int,
    size: int,
    policy: str,
    path: Path,
    *,
    data_sha256: str | None = None,
) -> np.memmap:
    """Return float32 (num_examples, size, size, 1) on disk at ``path``; row i is example i, preprocessed.

    ``data_sha256`` is the fingerprint of the data set, where it is known already. A complete file of the same data,
    size and policy is used again once its checksum is found right; a damaged one, or one that an earlier version wrote
    without a checksum, is written again, and the log says so. Memory does not grow with the number of images.

    Raises:
        DataError: the data set is damaged or holds another number of examples.
        OutputError: the file cannot be written.
    """
    _known(policy, RESIZES, "resize")
    key, shape = _key(size, policy, data_sha256 or fingerprint(builder)), (num_examples, size, size, 1)
    try:
        if not _is_complete(path, key, shape):
            if _is_of(path, key) and path.exists():
                _log.warning("The decoded pixels are damaged or have no checksum: they are written again")
            _fill(builder, path, key, shape)
        return np.load(path, mmap_mode="r")
    except OSError as error:
        raise unwritable(path, error) from error


def read_pixels(path: Path, num_examples: int, size: int, policy: str, data_sha256: str) -> np.memmap:
    """Return what ``pixel_cache`` wrote for the data with the fingerprint ``data_sha256``.

    Raises:
        DataError: it is gone, damaged or of other data.
    """
    if not _is_complete(path, _key(size, policy, data_sha256), (num_examples, size, size, 1)):
        raise DataError(
            f"{path} is gone, damaged, or does not hold the images of this experiment: run it again; finished runs are "
            "kept."
        )
    return np.load(path, mmap_mode="r")


def _key(size: int, policy: str, data_sha256: str) -> dict[str, Any]:
    return {"format": _CACHE_FORMAT, "size": size, "policy": policy, "fingerprint": data_sha256}


def _key_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _is_complete(path: Path, key: dict[str, Any], shape: tuple[int, ...]) -> bool:
    try:
        sound = _is_of(path, key) and _sidecar(path).get(_SUM) == checksum_of(path)
        return sound and np.load(path, mmap_mode="r").shape == shape
    except (OSError, ValueError, EOFError):
        return False


def _is_of(path: Path, key: dict[str, Any]) -> bool:
    """Tell whether the file is of these data, size and policy, sound or not."""
    return {name: value for name, value in _sidecar(path).items() if name != _SUM} == key


def _sidecar(path: Path) -> dict[str, Any]:
    """Return what the key file says; nothing where it is missing or damaged."""
    try:
        known = json.loads(_key_file(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _fill(builder: tfds.core.DatasetBuilder, path: Path, key: dict[str, Any], shape: tuple[int, ...]) -> None:
    """Write pixels under a temporary name; the key file, which makes them count, goes first and comes last."""
    _key_file(path).unlink(missing_ok=True)
    with temporary_file(path) as temporary, temporary.open("wb") as opened:
        file = SummedFile(opened)  # not a memory map: it kills the process when the disk is full
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for image in _images(builder, shape[0], key["size"], key["policy"]):
            file.write(image.astype("<f4").tobytes())
    write_json(_key_file(path), {**key, _SUM: file.checksum})


def _images(builder: tfds.core.DatasetBuilder, number: int, size: int, policy: str) -> Iterator[NDArray[np.float32]]:
    """Yield the preprocessed images 0 to ``number`` - 1 in order."""

    def prepared(row: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        return row["example"], preprocess(row["image"], size, policy)

    expected = 0
    with data_errors(title(builder)):
        for example, image in stream_of(builder).map(prepared, tf.data.AUTOTUNE, deterministic=True).prefetch(8):
            if int(example) != expected:
                break
            expected += 1
            yield image.numpy()
    if expected != number:
        raise DataError(f"the data set {title(builder)} does not hold the examples 0 to {number - 1}: build it again.")


def _known(name: str, table: dict[str, Any], what: str) -> Any:
    if name not in table:
        raise ExperimentError(f"unknown {what} {name!r}{nearest(name, table)}; there are: {', '.join(table)}.")
    return table[name]
