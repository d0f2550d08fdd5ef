"""Expand the axes of an experiment to its scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path

from radtl_tf.errors import WeightsError
from radtl_tf.models.pixels import convention
from radtl_tf.models.weights.catalogue import CatalogueRow, MissingFilesError
from radtl_tf.models.weights.sources import WeightsRecord, brought_in, resolve
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.runs import EMBEDDINGS, PROBE, Scenario, Setting

Records = Mapping[tuple[str, str, str], WeightsRecord]  # by (backbone, weights, resolved pixel convention)


def weights_records(experiment: Experiment, folder: Path) -> dict[tuple[str, str, str], WeightsRecord]:
    """Resolve every (backbone, weights, pixels) of the grid; find and hash the files.

    Weights whose native convention has an ``alternative`` get a record for each, whatever ``grid.pixels`` says.

    Raises:
        WeightsError: files are missing; the message lists all of them. Or two weights are the same file with the same
            pixels, so there is nothing to compare.
    """
    absent: list[CatalogueRow] = []
    problems: list[str] = []
    records: dict[tuple[str, str, str], WeightsRecord] = {}
    for backbone, name in starts_of(experiment):
        try:
            found = _resolved(experiment, backbone, name, folder)
            records |= {(backbone, name, record.pixels): record for record in found}
        except MissingFilesError as error:
            absent += error.rows
        except WeightsError as error:
            problems.append(str(error))
    problems += MissingFilesError(absent, folder).sentences
    if problems:
        raise WeightsError(" ".join(dict.fromkeys(problems)))
    _refuse_same_file(records)
    return records


def starts_of(experiment: Experiment) -> list[tuple[str, str]]:
    """Return each backbone with the weights that it starts from; embeddings come last, once, as their own backbone.

    Weights that name ``backbones`` start only these.
    """
    grid, entries = experiment.grid, experiment.weights
    brought = [name for name in grid.weights if name in entries and entries[name].embeddings]
    networks = [name for name in grid.weights if name not in brought]
    limits = {name: entry.backbones for name, entry in entries.items() if entry.backbones}
    starts = [(one, name) for one, name in product(grid.backbones, networks) if one in limits.get(name, grid.backbones)]
    return [*starts, *((EMBEDDINGS, name) for name in brought)]


def _resolved(experiment: Experiment, backbone: str, name: str, folder: Path) -> list[WeightsRecord]:
    """Return the weights under every convention of the grid and under those that they may have been trained with."""
    entries = experiment.weights
    if backbone == EMBEDDINGS and (file := entries[name].embeddings):
        return [brought_in(name, file)]
    found = [resolve(name, backbone, entries=entries, pixels=each, folder=folder) for each in experiment.grid.pixels]
    return [*found, *_uncertain(found[0])]


def _refuse_same_file(records: Records) -> None:
    """Refuse two weights with the same content and the same conventions; one file under two conventions is allowed."""
    known: dict[tuple[str, str, frozenset[str]], str] = {}
    for backbone, name in dict.fromkeys((backbone, name) for backbone, name, _ in records):
        own = [record for key, record in records.items() if key[:2] == (backbone, name)]
        if own[0].sha256 is None:
            continue
        place = backbone, own[0].sha256, frozenset(record.pixels for record in own)
        first = known.setdefault(place, name)
        if first != name:
            raise WeightsError(
                f"The weights {first!r} and {name!r} are the same file for {backbone} (sha256 {own[0].sha256[:12]}): "
                "there is nothing to compare. Name another file, or remove one of them from grid.weights."
            )


def _uncertain(record: WeightsRecord) -> list[WeightsRecord]:
    """Return the weights under their native convention and its alternative, or nothing without an alternative."""
    native = convention(record.native_pixels)
    names = [native.name, native.alternative] if native.alternative else []
    return [replace(record, pixels=name) for name in names]


def scenarios_of(experiment: Experiment, records: Records) -> list[Scenario]:
    """Return the scenarios, each frozen Setting followed by its linear probe."""
    scenarios = []
    grid = experiment.grid
    for (start, size), tuning, share in product(_sized(experiment, records), grid.tunings, grid.train_fractions):
        setting = Setting(*start, tuning.name, share, size)
        scenarios += [Scenario(setting, rate) for rate in tuning.learning_rates]
        if tuning.mode == "frozen":
            scenarios.append(Scenario(replace(setting, tuning=PROBE), None))
    return scenarios


def _sized(experiment: Experiment, records: Records) -> Iterator[tuple[tuple[str, str, str], int | str | None]]:
    """Yield each start with each image size of the grid; ``None`` if the grid has none, and with embeddings."""
    for start in records:
        sizes = () if start[0] == EMBEDDINGS else experiment.grid.image_sizes
        yield from ((start, size) for size in sizes or (None,))
