"""Load every weights file and all embeddings once before an experiment starts, and record the files."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.embeddings.checked import read_checked
from radtl_tf.data.embeddings.kept import keep_vectors, key_of
from radtl_tf.experiment.plan.data import Intake
from radtl_tf.experiment.plan.networks import Networks
from radtl_tf.experiment.plan.scenarios import Records
from radtl_tf.models.pixels import convention
from radtl_tf.models.weights.sources import WeightsRecord, needs_check
from radtl_tf.records.experiment_facts import WeightsFacts
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import EMBEDDINGS


def check_weights(records: Records, image_size: int | str, networks: Networks) -> None:
    """Read every weights file once for its backbone, so that a wrong file stops the experiment before it starts.

    A file that has passed this check before is not loaded: its sha256 is enough. ``networks`` keep what is built and
    read; the backbone that is trained first comes last.

    Raises:
        WeightsError: a file is not what it claims to be, or cannot be downloaded.
    """
    unknown = {(record.backbone, record.name): record for record in records.values() if needs_check(record)}
    for backbone, group in groupby(sorted(unknown, reverse=True), key=lambda key: key[0]):
        base = networks.take(backbone, image_size)
        for key in group:
            networks.weights(base, unknown[key], seed=0)
        networks.keep(base, backbone, image_size)


def vectors_of(
    records: Records, folder: OutputFolder, intake: Intake
) -> tuple[dict[str, NDArray[np.float32]], list[str]]:
    """Return the embeddings (N, C) of each weights that has some, kept in ``folder``, and warnings about them.

    Raises:
        DataError: a file is damaged, of another form, or does not fit the images.
        OutputError: ``folder`` cannot be written.
    """
    vectors: dict[str, NDArray[np.float32]] = {}
    warnings: list[str] = []
    for record in records.values():
        if record.backbone == EMBEDDINGS and record.file:
            found = read_checked(record.file, intake.names, intake.cases.kind, intake.cases.truth)
            vectors[record.name] = keep_vectors(folder, key_of(record.sha256, intake.sha256), found.values)
            warnings += found.warnings
    return vectors, warnings


def weights_facts(record: WeightsRecord) -> dict[str, Any]:
    """Return the entry of the weights in ``experiment.json``."""
    return WeightsFacts(
        name=record.name,
        backbone=record.backbone,
        source=record.source,
        pixels=record.pixels,
        native_pixels=record.native_pixels,
        alternative_pixels=None
        if record.backbone == EMBEDDINGS
        else convention(record.native_pixels).alternative or None,
        file=record.file.name if record.file else None,
        sha256=record.sha256,
    ).as_dict()
