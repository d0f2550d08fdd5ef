"""Keep of the data's metadata who the patients are and what subgroups need, so that no report needs the data."""

from __future__ import annotations

from collections.abc import Sequence

from radtl_tf.data.decoding.reading import Reading
from radtl_tf.errors import ExperimentError
from radtl_tf.evaluation.question.subgroups import OF_PATIENTS
from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.disk import write_text
from radtl_tf.records.folder import OutputFolder


def write_metadata(folder: OutputFolder, readings: Sequence[Reading], names: Sequence[str]) -> None:
    """Write ``metadata.csv``: example, age and sex where the data know them, and ``names``; empty where unknown.

    Only names among ``records.experiment.Subgroup`` get here, so no path and no id of the data can. There is no file
    where nothing is known.

    Raises:
        ExperimentError: no image says anything of a name.
    """
    known = {name for name in (*OF_PATIENTS, *names) if any(reading.metadata.get(name) for reading in readings)}
    for name in names:
        if name not in known:
            raise ExperimentError(
                f"evaluation.subgroups names {name!r}, of which the data say nothing: add a column {name!r} to the "
                "manifest, or remove it."
            )
    columns = [name for name in dict.fromkeys((*OF_PATIENTS, *names)) if name in known]
    if columns:
        rows = ([number, *(of.metadata.get(name, "") for name in columns)] for number, of in enumerate(readings))
        write_text(folder.metadata, csv_text(["example", *columns], rows))
    else:
        folder.metadata.unlink(missing_ok=True)
