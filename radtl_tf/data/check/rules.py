"""The rules of the data check: turn the readings of all images into findings. Nothing here opens a file.

Messages contain counts, line numbers, and names of classes and columns. They never contain a path, a patient id or any
other cell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.data.check import films
from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.dominant_patient import cause, dominant_patient
from radtl_tf.data.check.findings import KINDS, Checked, Examined, Finding
from radtl_tf.data.check.metadata_cells import metadata_cells
from radtl_tf.data.check.numbers import extreme_numbers, mixed_units
from radtl_tf.data.check.patient_ids import alike_ids, damaged_ids
from radtl_tf.data.check.tables import counts, tables
from radtl_tf.data.duplicates.copies import Copies
from radtl_tf.data.duplicates.pairs import Pairs
from radtl_tf.data.folds.draw import Fold, decisive_classes, patients_per_class
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.shortcuts.thumbnail import WARN_THUMBNAIL
from radtl_tf.data.shortcuts.without_image import WARN_ASSOCIATION, WARN_AUROC, leaking_columns
from radtl_tf.records.experiment import FoldPlan

_LEVELS = ("error", "warning", "info")
_SIGNIFICANT = 0.01
_MANY = 4.0  # standard errors: the best of 16 regions is above 0.5 by chance, too
_FEW = 10  # patients of a class per test fold: standard error 0.10 at AUROC 0.8 (Hanley & McNeil 1982)


def check(
    examined: Sequence[Examined],
    *,
    cases: Cases | None = None,
    plan: FoldPlan | None = None,
    seed: int = 0,
    folds: Sequence[Fold] | None = None,
    known: Sequence[Finding] = (),
    copies: Copies | None = None,
) -> Checked:
    """Return the findings, counts and tables for a data set; ``plan`` with ``cases`` adds the folds.

    ``folds`` are the folds that an experiment has already drawn, ``known`` are findings about the table, ``copies`` the
    images that occur twice.
    """
    data = CheckData(tuple(examined), cases, plan, seed, None if folds is None else tuple(folds), copies)
    findings = [*known, *(finding for rule in _RULES for finding in rule(data))]
    findings.sort(key=lambda finding: (_LEVELS.index(finding.level), list(KINDS).index(finding.code)))
    return Checked(counts(data), tuple(findings), tables(data), tuple(data.folds[0]))


def linked_cases(examined: Sequence[Examined], copies: Copies | None = None) -> NDArray[np.int64] | None:
    """Return (N,) groups of patients who share an image, or ``None`` if no two do.

    All images must be decoded. ``copies`` are the images that occur twice, if they are already searched.
    """
    data = CheckData(tuple(examined), None, None, 0, known_copies=copies)
    return data.groups if len(np.unique(data.groups)) < len(np.unique(data.patients)) else None


Rule = Callable[[CheckData], Iterator[Finding]]


def _outcomes(data: CheckData) -> Iterator[Finding]:
    for status, code, what in (
        ("refused", "unreadable", "cannot be read"),
        ("skipped", "no-radiograph", "are not radiographs"),
    ):
        images = [image for image in data.examined if image.outcome.status == status]
        if images:
            reasons = Counter(image.outcome.code for image in images)
            named = ", ".join(f"{reason} {number}" for reason, number in reasons.most_common())
            lines = tuple(image.line for image in images)
            yield Finding(code, f"{len(images)} images {what} ({named}); the first: {images[0].outcome.reason}", lines)


def _no_patients(data: CheckData) -> Iterator[Finding]:
    if any(image.labels for image in data.decoded) and not any(image.patient for image in data.decoded):
        yield Finding("no-patients", "No patient column is named, so every image counts as a patient of its own.")


def _duplicates(data: CheckData) -> Iterator[Finding]:
    """Yield findings for pairs of different patients, pairs of one patient, and pairs with different labels."""
    kinds = (
        ("duplicates", data.copies.exact, "have the same pixels as"),
        ("near-duplicates", data.copies.near, "look nearly the same as"),
    )
    for code, pairs, what in kinds:
        across = _across(data, pairs)
        if across.any():
            number = len(np.unique(pairs[across]))
            yield data.at(
                f"{code}-across", f"{number} images {what} an image of another patient.", pairs[across].ravel()
            )
        if len(pairs) and not across.all():
            number = len(np.unique(pairs[~across]))
            yield data.at(code, f"{number} images {what} another image of the same patient.", pairs[~across].ravel())
    exact = data.copies.exact
    two = data.differ(exact)
    if two.any():
        yield data.at("two-labels", f"{int(two.sum())} images occur twice, with different labels.", exact[two].ravel())
    pairs = data.copies.near
    two = data.differ(pairs)
    if (two & _across(data, pairs)).any():
        pairs = pairs[two & _across(data, pairs)]
        counted = "1 pair" if len(pairs) == 1 else f"{len(pairs)} pairs"
        message = f"{counted} of nearly the same images from two patients: the labels differ."
        yield data.at("near-duplicates-two-labels", message, pairs.ravel())


def _across(data: CheckData, pairs: Pairs) -> NDArray[np.bool_]:
    return data.patients[pairs[:, 0]] != data.patients[pairs[:, 1]]


def _labels_elsewhere(data: CheckData) -> Iterator[Finding]:
    if not data.can_compare:
        return
    common, truth = data.common()
    patients = pd.factorize(data.patients[data.frequent])[0]
    if leaking_columns(_parts_of_paths([image.path for image in common]), truth, patients):
        message = "The path (a folder, a word or the number in the file name) gives the label away."
        yield Finding("label-in-path", message)
    columns = pd.DataFrame([dict(image.columns) for image in common], index=range(len(common)))
    leaking = leaking_columns(columns, truth, patients)
    if leaking:
        yield Finding("label-in-column", f"A column gives the label away: {', '.join(map(ascii, leaking))}.")


def _parts_of_paths(paths: Sequence[str]) -> pd.DataFrame:
    split = [PurePosixPath(path.replace("\\", "/")) for path in paths]
    numbers = [re.findall(r"\d+", path.stem) for path in split]
    parts = {
        "path": paths,
        "folder": [str(path.parent) for path in split],
        "number": [found[-1] if found else "" for found in numbers],
    }
    return pd.DataFrame(parts, dtype=str)


def _acquisition(data: CheckData) -> Iterator[Finding]:
    if data.shortcut > max(WARN_AUROC, data.chance):
        yield Finding(
            "shortcut",
            "Size, border, brightness, contrast and header alone predict the label with an AUROC of "
            f"{data.shortcut:.2f} (cross-validated by patient; values above {WARN_AUROC:g} cause a warning).",
        )
    strong = [row for row in data.associations if row.v >= WARN_ASSOCIATION and row.p_value < _SIGNIFICANT]
    if strong:
        named = ", ".join(f"{row.name} (Cramer's V {row.v:.2f})" for row in strong)
        yield Finding("association", f"The way the images were taken is associated with the label: {named}.")


def _thumbnail(data: CheckData) -> Iterator[Finding]:
    found = data.thumbnail
    if data.numbers is not None:  # the size of a growing skull also shows in a thumbnail, so this proves no marker
        return
    if found is None or max(found.whole, found.best) < max(WARN_THUMBNAIL, data.by_chance(_MANY)):
        return
    yield Finding(
        "marker",
        f"A thumbnail of 16 x 16 pixels predicts the label with an AUROC of {found.whole:.2f}; the region "
        f"{found.region!r} alone reaches {found.best:.2f} (logistic regression, cross-validated by patient; "
        f"{WARN_THUMBNAIL:g} and more cause a warning). Networks may learn a marker in place of the disease.",
    )


def _notes(data: CheckData) -> Iterator[Finding]:
    intents = {image.reading.metadata.get("intent", "") for image in data.decoded} - {""}
    if len(intents) > 1:
        yield Finding("intents", "Some images are for presentation, others are raw detector values (for processing).")
    for code, note, what in (
        ("burned-in", "text burned into the image", "may have text burned in"),
        ("secondary-captures", "secondary capture, no original radiograph", "are secondary captures"),
        ("lossy", "lossy compressed", "were compressed with loss"),
    ):
        found = [position for position, image in enumerate(data.decoded) if note in image.reading.notes]
        if found:
            yield data.at(code, f"{len(found)} images {what}, according to the header.", found)


def _unit(data: CheckData) -> Iterator[Finding]:
    """Suggest what counts as a case."""
    table = pd.DataFrame({"patient": data.patients, "truth": data.labels})
    labels = table.groupby("patient")["truth"].nunique()
    repeated, mixed = int((table["patient"].value_counts() > 1).sum()), int((labels > 1).sum())
    if repeated and any(image.labels for image in data.decoded):
        fits = "'image'" if mixed else "'patient', or 'image' to count every image"
        yield Finding(
            "unit", f"{repeated} patients have several images, {mixed} with different labels. Use unit = {fits}."
        )


def _folds(data: CheckData) -> Iterator[Finding]:
    _, fault = data.folds
    if fault:
        yield Finding("folds", f"{fault}{cause(data)}")
    elif data.cases is not None and data.plan is not None and data.cases.classes and data.cases.kind != "multilabel":
        num_folds, patients = data.plan.count, patients_per_class(data.cases, np.arange(len(data.cases.truth)))
        counted = [(data.cases.classes[at], int(patients[at])) for at in decisive_classes(data.cases)]
        few = {name: number for name, number in counted if number < _FEW * num_folds}
        if few:
            named = ", ".join(f"{name!r} {number}" for name, number in few.items())
            yield Finding(
                "few-patients",
                f"Some classes have fewer than {_FEW * num_folds} patients: {named}. With fewer than {_FEW} "
                "per test fold, the AUROC of a fold has a standard error of 0.1 or more.",
            )


_RULES: tuple[Rule, ...] = (
    *(
        _outcomes,
        films.flat,
        films.grey_range,
        films.inverted,
        alike_ids,
        damaged_ids,
        films.header_patients,
        dominant_patient,
        metadata_cells,
        mixed_units,
        extreme_numbers,
        _no_patients,
        _duplicates,
        _labels_elsewhere,
        _acquisition,
        _thumbnail,
        _notes,
        films.display,
        _unit,
        _folds,
    ),
)
