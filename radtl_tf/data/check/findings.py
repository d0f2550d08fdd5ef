"""The input of the data check, and its findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from radtl_tf.data.decoding.reading import Outcome, Reading
from radtl_tf.data.folds.draw import Fold
from radtl_tf.errors import DataError, nearest

Level = Literal["error", "warning", "info"]

# All findings, each with its level and with advice on what to do.
KINDS: dict[str, tuple[Level, str]] = {
    "unreadable": ("error", "Fix or remove these files. The message counts the reasons."),
    "no-radiograph": (
        "error",
        "Remove these rows from the manifest: the files contain reports, signals or other objects.",
    ),
    "flat": ("error", "Export these images again, or remove their rows: nothing can be learned from them."),
    "range-differs": (
        "error",
        "Set task.depth if the files hold fewer bits than they have, or export all images in one way: a network learns "
        "the difference.",
    ),
    "two-labels": ("error", "Decide which label is correct, or remove both images."),
    "patient-ids-damaged": (
        "error",
        "Export the table again with the id column formatted as text: a spreadsheet converted the ids to numbers.",
    ),
    "folds": ("error", "Use fewer folds, or collect more patients."),
    "near-duplicates-two-labels": (
        "warning",
        "Look at these pairs: they may be one image with two labels, or two visits of one patient.",
    ),
    "patient-ids": ("warning", "Write each patient's id in one way, or one patient may be in both training and test."),
    "patient-ids-decimal": (
        "warning",
        "Write each id in one way, preferably without '.0', or one patient may be in both training and test.",
    ),
    "range": (
        "warning",
        "Set task.depth to the depth of the detector, or export the images again with all of their grey values.",
    ),
    "polarity": (
        "warning",
        "Look at these images, and export them again with bone in white: the same tissue should have the same grey.",
    ),
    "header-patient-shared": (
        "warning",
        "Correct the patient ids if these are one patient, who may be trained and tested on; an anonymizer may have "
        "written one id for all.",
    ),
    "header-patient-split": ("warning", "Check whether these rows mix up patients, or a patient got a new id."),
    "patient-ids-dated": (
        "warning",
        "Remove the dates if the ids belong to one patient, who may otherwise be in training and test.",
    ),
    "patient-ids-visits": (
        "warning",
        "Remove the endings if the ids belong to one patient, who may otherwise be in training and test.",
    ),
    "dates-of-birth": (
        "warning",
        "Write ages in years, and remove dates of birth from the table: they identify patients.",
    ),
    "label-units": ("warning", "Write all labels in the unit that task.label_unit names."),
    "label-extreme": ("warning", "Look at these rows: a wrong number, or a code for unknown, spoils the training."),
    "mixed-units": ("warning", "Write the unit in every cell, or convert all cells to years or millimeters."),
    "dominant-patient": (
        "warning",
        "Keep fewer images of this patient, or set task.unit = 'patient': one person may decide the result.",
    ),
    "duplicates-across": (
        "warning",
        "Correct the patient ids if this is one patient. Until then, these images stay in one fold.",
    ),
    "near-duplicates-across": ("warning", "Look at these pairs. Both images of a pair stay in one fold."),
    "label-in-path": ("warning", "Training does not use the paths. Make sure that nothing else does either."),
    "label-in-column": ("warning", "Do not use this column in any analysis that predicts the label."),
    "shortcut": (
        "warning",
        "Compare the networks with this AUROC: they may in part recognize how images were taken.",
    ),
    "marker": (
        "warning",
        "Look at this region in images of each class. Cut off or cover markers, letters and boxes, or collect images "
        "without them.",
    ),
    "association": ("warning", "Balance or stratify the data by this property, or report results for each value."),
    "intents": (
        "warning",
        "Use only one kind: raw and processed images have different grey values.",
    ),
    "burned-in": ("warning", "Look at these images: text in the picture may name the patient or give the label away."),
    "few-patients": ("warning", "Collect more patients, use fewer folds, or interpret the intervals with caution."),
    "unread-metadata": ("info", "Check the column. Declare codes for sex in task.sex_codes."),
    "no-patients": ("info", "Name the patient column, unless every patient has only one image."),
    "patient-ids-joined": ("info", "If they are different patients, give them ids that differ in other characters."),
    "duplicates": ("info", "Duplicates do not affect the folds, but each copy counts as an image."),
    "near-duplicates": ("info", "These are usually several exposures of one patient."),
    "depth": ("info", "The exported model applies the same depth."),
    "display": ("info", "Open some in a viewer if you expect to see what was not drawn or cut off."),
    "secondary-captures": ("info", "Originals from the archive hold more grey values."),
    "lossy": ("info", "Make sure that lossy compression does not differ between the classes."),
    "table-repaired": ("info", "Check that this is what you meant. `radtl data fix` writes a corrected copy."),
    "unit": ("info", "Set task.unit in the experiment file."),
}


@dataclass(frozen=True)
class Examined:
    """One image of a data set, with what the check knows about it.

    ``line`` is the line number in the manifest, or the number of the example. ``patient`` (an id as it is written, or a
    hash), ``path``, ``columns`` (the other cells of the row) and ``cells`` (the cells of metadata, by the name of the
    metadatum) are used and never shown. ``labels`` are the classes that the image has, ``unknown`` those that
    nobody knows. ``number`` is the label of a regression.
    """

    line: int
    outcome: Outcome
    labels: tuple[str, ...] = ()
    patient: str = ""
    path: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    number: float | None = None

    @property
    def reading(self) -> Reading:
        """Return the measurements of an image that was decoded."""
        if self.outcome.reading is None:
            raise ValueError("the image was not decoded")
        return self.outcome.reading


@dataclass(frozen=True)
class Finding:
    """One problem or fact that a user should know; ``lines`` holds the line numbers of all its rows."""

    code: str
    message: str
    lines: tuple[int, ...] = ()

    @property
    def level(self) -> Level:
        """Return how serious the finding is: an error stops an experiment."""
        return KINDS[self.code][0]

    @property
    def advice(self) -> str:
        """Return what the user should do."""
        return KINDS[self.code][1]


@dataclass(frozen=True)
class Checked:
    """The result of a check: counts as text, findings (most serious first), tables by their title, and the folds."""

    counts: Mapping[str, str]
    findings: tuple[Finding, ...]
    tables: Mapping[str, pd.DataFrame]
    folds: tuple[Fold, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return the findings that stop an experiment."""
        return tuple(finding for finding in self.findings if finding.level == "error")


def check_accepted(codes: tuple[str, ...]) -> None:
    """Refuse codes that cannot be accepted.

    Raises:
        DataError: a code is unknown, or it is the code of an error.
    """
    for code in codes:
        if code not in KINDS:
            raise DataError(f"unknown finding {code!r}{nearest(code, KINDS)}: use one of {', '.join(KINDS)}.")
        if KINDS[code][0] == "error":
            raise DataError(f"the finding {code!r} is an error and cannot be accepted. {KINDS[code][1]}")
