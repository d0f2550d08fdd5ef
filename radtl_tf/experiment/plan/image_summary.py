"""Write a summary of an experiment's images, for later tests of its model on other images."""

from __future__ import annotations

from collections.abc import Sequence

from radtl_tf.data.check.image_summary import summary
from radtl_tf.data.decoding.reading import Reading
from radtl_tf.records.disk import write_json
from radtl_tf.records.folder import OutputFolder


def write_inputs(folder: OutputFolder, readings: Sequence[Reading], num_patients: int) -> None:
    """Write ``inputs.json``, the summary of an experiment's images, unless it exists.

    Raises:
        OutputError: the folder cannot be written.
    """
    if not folder.inputs.exists():
        write_json(folder.inputs, summary(readings, num_patients))
