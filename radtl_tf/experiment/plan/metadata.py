"""Write the patients' age, sex and subgroups from the data, so that reports can be made without the data."""

from __future__ import annotations

from collections.abc import Sequence

from radtl_tf.data.decoding.reading import Reading
from radtl_tf.errors import ExperimentError
from radtl_tf.evaluation.question.subgroups import OF_PATIENTS
from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.disk import write_text
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.integrity.folder_checksums import remember, state_of


def write_metadata(
    folder: OutputFolder, readings: Sequence[Reading], names: Sequence[str], known: Sequence[str]
) -> None:
    """Write ``metadata.csv``: example, age and sex if the data have them, and ``names``; unknown cells are empty.

    ``known`` names the metadata that some image has. Names come from ``records.experiment.Subgroup`` only, so paths and
    ids of the data cannot get in. If nothing is known, no file is written; an intact file with these columns is kept.

    Raises:
        ExperimentError: no image has a value for one of ``names``.
    """
    for name in names:
        if name not in known:
            raise ExperimentError(
                f"evaluation.subgroups names {name!r}, but no image has a value for it: add a column {name!r} to the "
                "manifest, or remove the subgroup."
            )
    columns = ["example", *(name for name in dict.fromkeys((*OF_PATIENTS, *names)) if name in known)]
    if len(columns) == 1:
        folder.metadata.unlink(missing_ok=True)
        remember(folder, folder.metadata)
    elif state_of(folder, folder.metadata) != "intact" or _columns(folder) != columns:
        rows = ([number, *(of.metadata.get(name, "") for name in columns[1:])] for number, of in enumerate(readings))
        write_text(folder.metadata, csv_text(columns, rows))
        remember(folder, folder.metadata)


def _columns(folder: OutputFolder) -> list[str]:
    with folder.metadata.open(encoding="utf-8") as file:
        return file.readline().strip().split(",")
