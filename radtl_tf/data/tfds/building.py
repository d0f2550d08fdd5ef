"""Build a data set completely or not at all, one process at a time, and describe what goes wrong in one line."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf
import tensorflow_datasets as tfds
from absl import logging as absl_logging

from radtl_tf.data.tfds.builder_folders import author_errors
from radtl_tf.data.tfds.continued import ChangedRowsError
from radtl_tf.data.tfds.shards import forget_shards, shards_folder, write_splits
from radtl_tf.errors import DamagedDataSetError, DataError, RadtlError
from radtl_tf.records.disk import unwritable
from radtl_tf.records.safety.lock import waiting

_DAMAGE = (  # a bit flipped, a file cut, a file gone
    tf.errors.DataLossError,
    tf.errors.FailedPreconditionError,
    tf.errors.OutOfRangeError,
    tf.errors.NotFoundError,
)


def title(builder: tfds.core.DatasetBuilder) -> str:
    """Return the name and the folder of a built data set, for messages."""
    return f"{builder.name} ({builder.data_path})"


@contextlib.contextmanager
def data_errors(name: str) -> Iterator[None]:
    """Turn exceptions of TensorFlow and TFDS about a damaged data set into a DataError of one line.

    A full disk, which they report in ways of their own, is raised as an OSError.
    """
    try:
        yield
    except RadtlError:
        raise
    except _DAMAGE as error:
        raise DamagedDataSetError(
            f"the data set {name} is damaged on disk: delete its folder and build it again."
        ) from error
    except Exception as error:
        full = _disk_error(error)
        if full is not None:
            raise full from error
        if not isinstance(error, (tf.errors.OpError, AssertionError, ValueError, KeyError)):
            raise
        raise DataError(f"the data set {name} cannot be built or read ({type(error).__name__}).") from error


def _disk_error(error: BaseException | None) -> OSError | None:
    """Return the error of a disk that is full or may not be written, if TensorFlow or TFDS has wrapped one."""
    while error is not None:
        if isinstance(error, tf.errors.ResourceExhaustedError) and "No space left" in str(error):
            return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG):
            return error
        error = error.__cause__ or error.__context__
    return None


def prepared(
    builder: tfds.core.DatasetBuilder, origin: str, manual_dir: Path | None = None
) -> tfds.core.DatasetBuilder:
    """Return the data set and build it unless it is complete; an interrupted build is continued.

    One process at a time builds it; others wait. ``origin`` names the data set in messages, ``manual_dir`` is the
    folder of its downloaded files.

    Raises:
        DataError: its files are missing or damaged.
        OutputError: its folder cannot be written.
    """
    with quiet():
        if builder.is_prepared():
            return builder
    place = Path(builder.data_path)
    message = f"Another process builds the data set {builder.name}: waiting for it"
    with waiting(place.with_name(f".{place.name}.lock"), message):
        with quiet():
            if builder.is_prepared():
                return builder
        for leftover in place.parent.glob(f"incomplete.*_{place.name}"):
            shutil.rmtree(leftover, ignore_errors=True)
        return _built(builder, origin, place, manual_dir)


def _built(
    builder: tfds.core.DatasetBuilder, origin: str, place: Path, manual_dir: Path | None
) -> tfds.core.DatasetBuilder:
    try:
        own_code = author_errors(builder.name, type(builder).__module__)
        with quiet(), data_errors(builder.name), own_code:
            try:
                _build(builder, place, manual_dir)
            except ChangedRowsError:
                forget_shards(place)
                _build(builder, place, manual_dir)
    except DataError as error:
        raise DataError(f"{origin}: {error}") from error
    except OSError as error:
        raise unwritable(place, error) from error
    forget_shards(place)
    return builder


def _build(builder: tfds.core.DatasetBuilder, place: Path, manual_dir: Path | None) -> None:
    """Let TFDS build the data set, with our way to write the examples."""
    config = tfds.download.DownloadConfig(try_download_gcs=False, manual_dir=manual_dir)
    if isinstance(builder, tfds.core.GeneratorBasedBuilder):
        folder = shards_folder(place)
        # TFDS has no setting for how examples are written: this replaces its method for this one builder.
        vars(builder)["_download_and_prepare"] = lambda dl_manager, **_: write_splits(builder, dl_manager, folder)
    builder.download_and_prepare(download_config=config, download_dir=place.parent / "downloads")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Prevent output of TFDS: stdout is for data, and its progress bars do not detect this."""
    level = absl_logging.get_verbosity()
    tfds.disable_progress_bar()
    absl_logging.set_verbosity(absl_logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        absl_logging.set_verbosity(level)
