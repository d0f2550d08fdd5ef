"""Write a summary and hashes of an experiment's images, for later tests of its model on other images."""

from __future__ import annotations

from collections.abc import Sequence

from radtl_tf.data.check.image_summary import summary
from radtl_tf.data.decoding.reading import Reading
from radtl_tf.deploy.card.training_images import hashes_of
from radtl_tf.records.disk import write_bytes, write_json
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.folder_checksums import write_unless_intact


def write_inputs(folder: OutputFolder, readings: Sequence[Reading], num_patients: int) -> None:
    """Write ``inputs.json``, the summary of an experiment's images, unless it is there and intact.

    Raises:
        OutputError: the folder cannot be written.
    """
    write_unless_intact(folder, folder.inputs, lambda: write_json(folder.inputs, summary(readings, num_patients)))


def write_image_hashes(folder: OutputFolder, readings: Sequence[Reading]) -> None:
    """Write ``image_hashes.npz``, by which a model recognizes its training images, unless it is there and intact.

    Raises:
        OutputError: the folder cannot be written.
    """
    path = folder.image_hashes
    write_unless_intact(folder, path, lambda: write_bytes(path, hashes_of(readings).to_bytes()))
