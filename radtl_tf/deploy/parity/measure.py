"""Compare an exported model with its Keras networks, each format in a process of its own without radtl_tf."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from radtl_tf.data.decoding.measuring import png_of
from radtl_tf.data.preprocessing.policies import EXACT
from radtl_tf.data.preprocessing.resizing import preprocess
from radtl_tf.deploy.formats.table import Format
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.outputs import main_output
from radtl_tf.deploy.parity import consumer
from radtl_tf.deploy.parity.encoding import stored_values
from radtl_tf.deploy.parity.images import RUN, HeldOut, NoImagesError
from radtl_tf.deploy.parity.table import LABEL_SD, PROBABILITY, RECORDED_FORMAT, Parity, Row, recorded_tolerance
from radtl_tf.errors import OutputError
from radtl_tf.logs import get_logger
from radtl_tf.models.precision import FLOAT32

_log = get_logger(__name__)

ROOM = 3
MOST_ROUNDING = 1e-4  # a network that rounding changes by more is not exported with a tolerance of its own
_BATCH = 16
_Scores = NDArray[np.float32]


def measure(
    ensemble: Ensemble,
    held_out: HeldOut,
    written: Mapping[Format, Path],
    *,
    recorded: bool = True,
    label_sd: float | None = None,
) -> Parity:
    """Return the differences of every signature and format in ``written`` (format to folder) from Keras.

    They are differences in probability, or of a regression in ``label_sd``, the SD of the training labels.
    ``recorded``: the members are the networks of the runs of ``held_out``, so each is also compared with the
    predictions that its run recorded.

    Raises:
        DataError: the data set of the experiment is damaged.
        OutputError: an exported model cannot be run.
    """
    if held_out.rows.empty:
        return _not_checked("the runs have no images in their test parts")
    step, relative_to = (1.0, PROBABILITY) if label_sd is None else (label_sd, LABEL_SD)
    with tempfile.TemporaryDirectory(prefix="radtl-") as scratch:
        images = Path(scratch)
        try:
            greys = np.stack(list(_prepared(ensemble, held_out, images)))
        except NoImagesError as error:
            return _not_checked(str(error))
        expected = _scores(ensemble, greys)
        rows = [_recorded(ensemble, held_out, greys, step)] if recorded else []
        for format, folder in written.items():
            for signature, found in _consumed(format, folder, images, main_output(ensemble.kind)).items():
                known = expected[_encoded(images, len(greys))] if signature == "serving_default" else expected
                rows.append(Row(format.name, signature, len(known), _difference(found, known) / step, format.tolerance))
    if not all(row.is_within for row in rows):
        rows = list(_with_room(rows, _rounding(ensemble, greys, expected) / step))
    return Parity(tuple(rows), relative_to=relative_to)


def _not_checked(reason: str) -> Parity:
    _log.warning(f"The exported model was not compared with Keras: {reason}")
    return Parity(reason=reason)


def _prepared(ensemble: Ensemble, held_out: HeldOut, place: Path) -> Iterator[NDArray[np.float32]]:
    """Write the files of each image for ``consumer``; yield the image (H, W, 1) as the network gets it."""
    for number, pixels in enumerate(held_out.images()):
        np.save(place / f"{number}.npy", pixels)
        values = stored_values(pixels, ensemble.depth)
        if values is not None:
            (place / f"{number}.png").write_bytes(png_of(values))
        resized = preprocess(pixels, ensemble.image_size, ensemble.resize).numpy()
        np.save(place / f"{number}.resized.npy", resized)
        yield resized


def _encoded(place: Path, number: int) -> list[int]:
    """Return the positions of the images that could be encoded."""
    return [at for at in range(number) if (place / f"{at}.png").exists()]


def _scores(ensemble: Ensemble, greys: NDArray[np.float32]) -> _Scores:
    """Return the scores of Keras: probabilities (N, K), or the numbers (N,) of a regression."""
    output = main_output(ensemble.kind)
    return _on_cpu(lambda batch: ensemble.outputs(batch)[output], greys)


def _on_cpu(network: Callable[[tf.Tensor], tf.Tensor], greys: NDArray[np.float32]) -> _Scores:
    """Return the results of a network, on the CPU: a GPU rounds to TensorFloat-32."""
    with tf.device(EXACT):
        batches = [network(tf.constant(greys[at : at + _BATCH])) for at in range(0, len(greys), _BATCH)]
    return np.concatenate([batch.numpy() for batch in batches])


def _rounding(ensemble: Ensemble, greys: NDArray[np.float32], expected: _Scores) -> float:
    """Return the change of Keras' scores if every grey value becomes the next float32 number, up or down.

    Some networks enlarge rounding errors: with random weights, features hardly vary, and the head standardizes them.
    """
    return max(_difference(_scores(ensemble, np.nextafter(greys, np.float32(limit))), expected) for limit in (0, 1))


def _with_room(rows: Sequence[Row], rounding: float) -> Iterator[Row]:
    """Yield the rows with a tolerance of at least ``ROOM`` times ``rounding``, which counts up to ``MOST_ROUNDING``."""
    allowed = ROOM * min(rounding, MOST_ROUNDING)
    _log.info(f"Rounding alone changes the scores of these networks by up to {rounding:.1e}")
    for row in rows:
        yield replace(row, tolerance=max(row.tolerance, allowed))


def _recorded(ensemble: Ensemble, held_out: HeldOut, greys: NDArray[np.float32], step: float) -> Row:
    """Compare each member with the predictions that its run recorded of the images that it was tested on."""
    target, rows = held_out.facts.target, held_out.rows
    differences = []
    for at, member in enumerate(ensemble.members):
        of_run = rows[rows[RUN] == at]
        if not of_run.empty:
            found = _on_cpu(replace(ensemble, members=[member]).means, greys[of_run.index])
            said = of_run[list(target.score)].to_numpy()
            differences.append(_difference(found[:, 1:] if target.is_binary else found, said))
    tolerance = recorded_tolerance(held_out.facts.hardware.get("precision", FLOAT32))
    return Row(RECORDED_FORMAT, "", len(rows), float(np.max(differences)) / step, tolerance)


def _consumed(format: Format, folder: Path, images: Path, output: str) -> dict[str, _Scores]:
    """Return the scores of each signature, the model's ``output``, from a process without radtl_tf."""
    answers = images / f"{format.name}.npz"
    script, model = Path(consumer.__file__), folder / format.file
    quiet = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(
        [sys.executable, "-I", str(script), format.engine, str(model.absolute()), str(images), str(answers), output],
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode or not answers.is_file():
        last = "".join(done.stderr.strip().splitlines()[-1:])
        raise OutputError(f"The exported {format.name} model cannot be run ({last or f'exit code {done.returncode}'}).")
    with np.load(answers) as found:
        return {signature.strip("-"): found[signature] for signature in found.files}


def _difference(found: NDArray[np.floating], expected: NDArray[np.floating]) -> float:
    """Return the largest absolute difference; NaN if a value is missing or the shapes differ."""
    if found.shape != expected.shape:
        return float("nan")
    return float(np.max(np.abs(found.astype(np.float64) - expected)))
