"""Test frozen models on another hospital's data: read and score the images, measure, write all results at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from radtl_tf import __version__
from radtl_tf.data.check.examined_images import read_manifest_images
from radtl_tf.data.check.image_summary import describe
from radtl_tf.data.decoding.reading import Reading
from radtl_tf.data.manifest.cases import UNKNOWN, Cases
from radtl_tf.data.manifest.privacy import patient_key
from radtl_tf.data.manifest.reader import Manifest, manifest_of
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.deploy.card.facts import depth_of, read_card
from radtl_tf.deploy.card.training_images import read_training_images
from radtl_tf.deploy.class_check import check_labels, target_of, task_of
from radtl_tf.deploy.engines.engine import open_model
from radtl_tf.deploy.outputs import above_stages, score_names
from radtl_tf.deploy.predict import predict
from radtl_tf.errors import DataError, OutputError
from radtl_tf.evaluation.external.by_kind import ScoredCases, measured, scored_cases
from radtl_tf.evaluation.external.drift import Drift, drifts, sentence
from radtl_tf.evaluation.external.numbers import outside_note
from radtl_tf.evaluation.external.overlap import Overlap, overlap_sentence
from radtl_tf.evaluation.external.results import External
from radtl_tf.logs import get_logger
from radtl_tf.progress import Watch, counted, silent
from radtl_tf.records.csv_text import csv_text
from radtl_tf.records.disk import temporary_folder, write_json, write_text
from radtl_tf.records.experiment import Task
from radtl_tf.records.runs import Target
from radtl_tf.records.task_rules import check_task
from radtl_tf.report.pages.external import write_page

_log = get_logger(__name__)

SCORES, RESULTS, PAGE = "scores.csv", "results.json", "external.html"
CASE_COLUMNS = ("model", "example", "patient")  # of scores.csv, before those of the target
TRAINING_IMAGE = "training_image"  # the last column of scores.csv
SEED = 726  # of the bootstrap


@dataclass(frozen=True)
class Tested:
    """The results of a test: the numbers, the images compared with those of training, and ``results.json``.

    ``drifts`` say how the images differ from the training images, ``overlaps`` which of them are training images.
    """

    external: External
    drifts: tuple[Drift, ...]
    overlaps: tuple[Overlap, ...]
    results: dict[str, Any]

    @property
    def shown(self) -> tuple[External, tuple[Drift, ...], tuple[Overlap, ...]]:
        """What a text or a page shows."""
        return self.external, self.drifts, self.overlaps


def assess(
    models: Sequence[Path],
    task: Task,
    out: Path,
    *,
    manifest: Manifest | None = None,
    threshold: float | None = None,
    watch: Watch = silent,
) -> Tested:
    """Test one model, or compare two, on ``manifest`` or the manifest of ``task``; write a new folder ``out``.

    The folder gets ``scores.csv``, ``results.json``, ``external.html`` and the key of its patients' hashes, all or
    none of them. The kind of the task and its positive class come from the first model unless ``task`` names them.
    ``watch`` is called after each image and each score. ``threshold`` (binary models only) adds sensitivity,
    specificity and predictive values at that score.

    Raises:
        OutputError: a folder holds no model, or ``out`` exists or cannot be written.
        DataError: the manifest is wrong, its classes are not those of a model, or an image cannot be read.
        ExperimentError: the task contradicts itself.
    """
    cards = [_card(folder) for folder in models]
    task, target, names = task_of(cards, task), target_of(cards[0]), _names(cards)
    if manifest is None:
        check_task(task)
    _check_threshold(threshold, target, names[0])
    with _new_folder(out) as folder:
        labels = check_labels(manifest or _read(task), task, cards)
        manifest = labels.manifest
        cases = cases_of(manifest, task, patient_key(folder), labels.labels)
        _log.info(f"Reading and scoring {len(cases.truth)} images of {len(cases.patient_ids)} patients")
        readings = _readings(manifest, watch, depth_of(cards[0]))
        scored = (_scores(model, target, manifest) for model in models)
        total = len(cases.truth) * len(models)
        scores = np.array(list(counted(chain.from_iterable(scored), watch, "Scores", total)))
        scores = scores.reshape(len(models), len(cases.truth), -1).swapaxes(0, 1)  # (N, M, S)
        images = scored_cases(cases, target, scores)
        unit = cards[0].get("label_unit") or ""
        external = measured(names, images, cases, label_unit=unit, threshold=threshold, seed=SEED)
        external = _with_notes(external, cards, names, images)
        found = _drifts(cards[0], readings, cases)
        overlaps = tuple(_overlap(name, model, readings) for name, model in zip(names, models, strict=True))
        tested = Tested(external, found, overlaps, _results(cards, names, external, found, overlaps))
        columns = (*CASE_COLUMNS, *target.truth, *target.score, TRAINING_IMAGE)
        write_text(folder / SCORES, csv_text(columns, _score_rows(names, cases, images, overlaps)))
        write_json(folder / RESULTS, tested.results)
        write_page(folder / PAGE, external, found, images.images, overlaps)
    return tested


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """Yield a temporary folder that is renamed to ``out`` when the block ends without error."""
    if out.exists():
        raise OutputError(f"{out} already exists: choose another output folder or delete it.")
    with temporary_folder(out) as temporary:
        yield temporary


def _card(folder: Path) -> dict[str, Any]:
    """Return the card of a model, after checking that a binary model has two classes."""
    card = read_card(folder)
    target = target_of(card)
    if target.is_binary and len(target.classes) != 2:
        raise DataError(
            f"{folder}: the card says binary but lists {len(target.classes)} classes, not 2. Export the model again."
        )
    return card


def _read(task: Task) -> Manifest:
    return manifest_of(task, collect=True)


def _check_threshold(threshold: float | None, target: Target, name: str) -> None:
    if threshold is not None and not target.is_binary:
        raise DataError(f"A threshold is only valid for a binary model; {name} is {target.kind}. Leave it out.")


def _readings(manifest: Manifest, watch: Watch, depth: int | None) -> list[Reading]:
    """Read every image before scoring, so that one error reports all unreadable images."""
    outcomes = read_manifest_images(manifest, watch, depth=depth)
    bad = [
        (source.line, outcome) for source, outcome in zip(manifest.images, outcomes, strict=True) if not outcome.reading
    ]
    if bad:
        line, outcome = bad[0]
        raise DataError(
            f"{manifest.path}: {len(bad)} of {len(outcomes)} images cannot be read. The first, line {line}: "
            f"{outcome.reason} Fix them or remove their rows; `radtl data check` lists all. Nothing was written."
        )
    return [outcome.reading for outcome in outcomes if outcome.reading]


def _scores(folder: Path, target: Target, manifest: Manifest) -> Iterator[list[float]]:
    """Yield one model's scores (S,) of each image, in the order of ``target.score``; stages become thresholds."""
    model = open_model(folder)
    own = score_names(target_of(model.card))
    order = [own.index(name) for name in score_names(target)]
    for source, found in zip(manifest.images, predict(model, (source.path for source in manifest.images)), strict=True):
        if found.scores is None:
            raise DataError(f"{manifest.path}: line {source.line}: {found.error}")
        scores = [found.scores[at] for at in order]
        yield above_stages(np.array([scores]))[0].tolist() if target.kind == "ordinal" else scores


def _names(cards: Sequence[dict[str, Any]]) -> list[str]:
    """Return a name per model: its setting, numbered if both settings are the same."""
    settings = [card["setting"] for card in cards]
    return settings if len(set(settings)) == len(settings) else [f"{name} ({n})" for n, name in enumerate(settings, 1)]


def _drifts(card: dict[str, Any], readings: Sequence[Reading], cases: Cases) -> tuple[Drift, ...]:
    """Compare the images with the first model's training images, if the model includes a summary of them."""
    trained = card.get("inputs")
    return tuple(drifts(trained, describe(readings), len(cases.patient_ids))) if trained else ()


def _overlap(name: str, model: Path, readings: Sequence[Reading]) -> Overlap:
    """Find the images that a model was trained on; warn if there are any."""
    trained = read_training_images(model)
    overlap = Overlap(name) if trained is None else Overlap(name, *trained.find(readings))
    if overlap.number:
        _log.warning(overlap_sentence([overlap]))
    return overlap


def _with_notes(
    external: External, cards: Sequence[dict[str, Any]], names: Sequence[str], images: ScoredCases
) -> External:
    """Add the notes that follow from the models' cards."""
    balanced = [name for name, card in zip(names, cards, strict=True) if card.get("class_weights") == "balanced"]
    notes = [
        f"{name} was trained with balanced class weights: its scores rank cases but are not probabilities."
        for name in balanced
    ]
    if images.target.is_number and cards[0].get("label_range"):
        said = outside_note(images.truth[:, 0], cards[0]["label_range"], external.label_unit)
        notes += [said] if said else []
    if not cards[0].get("inputs"):
        notes.append(
            "The model has no summary of its training images, so they were not compared with these images. Run its "
            "experiment again with this version (finished runs are kept) and export the model again."
        )
    return replace(external, notes=(*notes, *external.notes))


def _results(
    cards: Sequence[dict[str, Any]],
    names: Sequence[str],
    external: External,
    found: Sequence[Drift],
    overlaps: Sequence[Overlap],
) -> dict[str, Any]:
    """Return the contents of ``results.json``; a missing number is null."""
    inputs = [
        {"outside": int(one.outside.sum()), "drift": one.is_drift}
        | {name: getattr(one, name) for name in ("name", "low", "median", "high", "here", "expected", "p_value")}
        for one in found
    ]
    return {
        "format": 1,
        "radtl_tf": __version__,
        "models": [{"name": name, **card} for name, card in zip(names, cards, strict=True)],
        "unit": external.unit,
        "counts": external.counts,
        "sentence": external.sentence,
        "estimates": [_plain(asdict(one)) for one in external.estimates],
        "comparisons": [_plain(asdict(one)) for one in external.comparisons],
        "inputs": {"sentence": sentence(found), "descriptors": inputs} if found else None,
        "training_images": {"sentence": overlap_sentence(overlaps), "models": [one.as_dict() for one in overlaps]},
        "notes": list(external.notes),
        **({"label_unit": external.label_unit} if external.label_unit else {}),
        **({"stages": _stages(external)} if external.stages else {}),
    }


def _stages(external: External) -> dict[str, Any]:
    """Return for each model the numbers of cases of each true stage (row) by the predicted stage (column)."""
    tables = {name: table.tolist() for name, table in external.confusions.items()}
    return {"names": list(external.stages), "predicted": tables}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row with ``None`` for NaN, which JSON lacks."""
    return {key: None if isinstance(value, float) and not np.isfinite(value) else value for key, value in row.items()}


def _score_rows(
    names: Sequence[str], cases: Cases, images: ScoredCases, overlaps: Sequence[Overlap]
) -> Iterator[tuple[object, ...]]:
    """Yield a row per model and image: the truth and the scores, and whether it is a training image."""
    unknown = UNKNOWN if images.target.kind == "multilabel" else np.nan  # which is equal to nothing
    truth = [[None if mark == unknown else mark for mark in row] for row in images.truth.tolist()]
    for column, name in enumerate(names):
        trained = overlaps[column].cells(len(truth))
        for row, cells in enumerate(zip(truth, images.scores[:, column].tolist(), trained, strict=True)):
            yield name, row, cases.patient_ids[cases.patients[row]], *cells[0], *cells[1], cells[2]
