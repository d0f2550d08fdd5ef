"""Event files of TensorBoard, written without TensorFlow: scalars, images, precision-recall curves, hyper-parameters.

``history.csv`` and ``predictions.csv`` are the reliable records: everything here can be written again from them.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.plugins.hparams import metadata as hparams
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.plugins.image import metadata as images
from tensorboard.plugins.pr_curve import metadata as pr_curves
from tensorboard.plugins.scalar import metadata as scalars
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util.tensor_util import make_tensor_proto

from radtl_tf.records.disk import unwritable

BEST_LOSS, BEST_AUROC, TEST_AUROC = "best/inner_loss", "best/inner_auroc", "test/auroc"
TEST_MAE = "test/mae"  # of a regression
METRICS = {BEST_LOSS: "best inner loss", BEST_AUROC: "inner AUROC", TEST_AUROC: "test AUROC"}  # as columns
PATTERN = "events.out.tfevents.*"
THRESHOLDS: NDArray[np.float64] = np.linspace(0, 1, 201)  # TensorBoard expects even steps
_VERSION = "brain.Event:2"
_PNG_SIZE = slice(16, 24)  # width and height in the header of a PNG


class EventFile:
    """One event file in ``folder``; it replaces an earlier one of the same ``kind``. Use it as a context manager."""

    def __init__(self, folder: Path, kind: str) -> None:
        """Create the folder and the file.

        Raises:
            OutputError: the folder cannot be written, or the disk is full.
        """
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.glob(f"{PATTERN}.{kind}"):
                old.unlink()
            name = PATTERN.replace("*", f"{int(time.time()):010d}.{kind}")  # TensorBoard reads in the order of names
            self._records = RecordWriter((folder / name).open("wb"))
        except OSError as error:
            raise unwritable(folder, error) from error
        self._write(Event(file_version=_VERSION))

    def write(self, values: Iterable[Any], step: int = 0) -> None:
        """Write the ``values`` of one step, as the functions of this module make them; they can be seen at once.

        Raises:
            OutputError: the disk is full.
        """
        self._write(Event(step=step, summary=Summary(value=values)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._records.close()

    def _write(self, event: Any) -> None:
        event.wall_time = time.time()
        try:
            self._records.write(event.SerializeToString())
            self._records.flush()
        except OSError as error:
            raise unwritable(self._folder, error) from error


def scalar(tag: str, value: float) -> Any:
    """Return a number as a summary value."""
    return _value(tag, make_tensor_proto(np.float32(value)), scalars.create_summary_metadata("", ""))


def image(tag: str, png: bytes) -> Any:
    """Return a picture, the content of a PNG file, as a summary value."""
    size = [str(length).encode() for length in struct.unpack(">II", png[_PNG_SIZE])]
    return _value(tag, make_tensor_proto([*size, png]), images.create_summary_metadata("", ""))


def pr_curve(tag: str, truth: NDArray[Any], score: NDArray[np.float64]) -> Any:
    """Return the precision-recall curve of ``truth`` (n,) of 0 and 1 and ``score`` (n,) in 0..1 as a summary value.

    A case is called positive from the threshold on. Above the highest score there is no precision; it counts as 0.
    """
    called = score >= THRESHOLDS[:, None]
    found, false = (called & (truth == 1)).sum(axis=1), (called & (truth == 0)).sum(axis=1)
    positives, negatives = found[0], false[0]  # every score reaches the threshold 0
    precision, recall = found / np.maximum(found + false, 1), found / np.maximum(positives, 1)
    rows = np.stack([found, false, negatives - false, positives - found, precision, recall]).astype(np.float32)
    return _value(tag, make_tensor_proto(rows), pr_curves.create_summary_metadata(tag, "", len(THRESHOLDS)))


def hparams_value(tag: str, **content: Any) -> Any:
    """Return a record of the HParams page, ``experiment``, ``session_start_info`` or ``session_end_info``."""
    return _value(tag, hparams.NULL_TENSOR, hparams.create_summary_metadata(HParamsPluginData(**content)))


def _value(tag: str, tensor: TensorProto, metadata: Any) -> Any:
    return Summary.Value(tag=tag, tensor=tensor, metadata=metadata)
