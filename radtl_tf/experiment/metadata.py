"""Keep of the data's metadata what the experiment's subgroups need, so that they can be evaluated without the data."""

from __future__ import annotations

from collections.abc import Sequence

from radtl_tf.data.reading import Reading
from radtl_tf.errors import ExperimentError
from radtl_tf.records.folder import OutputFolder, csv_text, write_text


def write_metadata(folder: OutputFolder, readings: Sequence[Reading], names: Sequence[str]) -> None:
    """Write ``metadata.csv``: example and the values of ``names``, empty where unknown; nothing without names.

    Only names among ``records.experiment.Subgroup`` get here, so no path and no id of the data can.

    Raises:
        ExperimentError: no image says anything of a name.
    """
    for name in names:
        if not any(reading.metadata.get(name) for reading in readings):
            raise ExperimentError(
                f"evaluation.subgroups names {name!r}, of which the data say nothing: add a column {name!r} to the "
                "manifest, or remove it."
            )
    if names:
        rows = ([number, *(of.metadata.get(name, "") for name in names)] for number, of in enumerate(readings))
        write_text(folder.metadata, csv_text(["example", *names], rows))
    else:
        folder.metadata.unlink(missing_ok=True)
