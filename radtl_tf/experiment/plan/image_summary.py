"""What an experiment's images are like from outside, written down for whoever tests or uses its model later."""

from __future__ import annotations

from collections.abc import Sequence

from radtl_tf.data.check.image_summary import summary
from radtl_tf.data.decoding.reading import Reading
from radtl_tf.records.disk import write_json
from radtl_tf.records.folder import OutputFolder


def write_inputs(folder: OutputFolder, readings: Sequence[Reading], num_patients: int) -> None:
    """Write ``inputs.json``, the summary of an experiment's images, unless it is there.

    Raises:
        OutputError: the folder cannot be written.
    """
    if not folder.inputs.exists():
        write_json(folder.inputs, summary(readings, num_patients))
