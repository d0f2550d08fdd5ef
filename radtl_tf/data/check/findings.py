"""What the data check is given, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from radtl_tf.data.decoding.reading import Outcome, Reading
from radtl_tf.data.folds.draw import Fold
from radtl_tf.errors import DataError, nearest

Level = Literal["error", "warning", "info"]

# Every finding there is: its level, and what to do.
KINDS: dict[str, tuple[Level, str]] = {
    "unreadable": ("error", "Mend or remove these files; the reasons are counted in the message."),
    "no-radiograph": (
        "error",
        "Take these rows out of the manifest: the files hold reports, signals or other objects.",
    ),
    "flat": ("error", "Export these images again, or remove their rows: nothing can be learned from them."),
    "range-differs": (
        "error",
        "Set task.depth if the files hold fewer bits than they have, or export all images in one way: a network learns "
        "the difference.",
    ),
    "two-labels": ("error", "Decide which label is right, or take both images out."),
    "patient-ids-damaged": (
        "error",
        "Export the table again with the id column formatted as text: a spreadsheet took the ids for numbers.",
    ),
    "folds": ("error", "Use fewer folds, or collect more patients."),
    "near-duplicates-two-labels": (
        "warning",
        "Look at these pairs: it may be one image with two labels, or two visits of one patient.",
    ),
    "patient-ids": ("warning", "Write each patient's id in one way, or the same patient may be trained and tested on."),
    "patient-ids-decimal": (
        "warning",
        "Write each id in one form, best as text without '.0', or the same patient may be trained and tested on.",
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
        "Remove the dates if each is one patient, or the same patient may be trained and tested on.",
    ),
    "patient-ids-visits": (
        "warning",
        "Remove the endings if each is one patient, or the same patient may be trained and tested on.",
    ),
    "dates-of-birth": (
        "warning",
        "Write ages in years, and remove dates of birth from the table: they identify patients.",
    ),
    "mixed-units": ("warning", "Write the unit in every cell, or convert all cells to years or millimeters."),
    "dominant-patient": (
        "warning",
        "Keep fewer images of this patient, or set task.unit = 'patient': one person may decide the result.",
    ),
    "duplicates-across": (
        "warning",
        "Correct the patient ids if it is one patient; until then these stay in one fold.",
    ),
    "near-duplicates-across": ("warning", "Look at these pairs; until then they stay on one side of every fold."),
    "label-in-path": ("warning", "Nothing reads the paths in training; make sure that nothing else does."),
    "label-in-column": ("warning", "Keep the column out of every analysis that predicts the label."),
    "shortcut": (
        "warning",
        "Compare the networks with this number: part of what they find may be how images were taken.",
    ),
    "association": ("warning", "Balance or stratify by this property, or report results within its values."),
    "intents": (
        "warning",
        "Use images of one presentation intent: raw and processed images differ in all grey values.",
    ),
    "burned-in": ("warning", "Look at these images: text in the picture may name the patient, or give the label away."),
    "few-patients": ("warning", "Collect more patients, use fewer folds, or read the intervals with this in mind."),
    "unread-metadata": ("info", "Check the column. Declare codes for sex in task.sex_codes."),
    "no-patients": ("info", "Name the patient column, unless no patient has two images."),
    "patient-ids-joined": ("info", "Write each id in one form if they are not one patient."),
    "duplicates": ("info", "Harmless for the folds; they count twice per image."),
    "near-duplicates": ("info", "Usually several exposures of one patient."),
    "not-compared": ("info", "Look for near-duplicates in parts of the data set."),
    "depth": ("info", "The exported model applies the same depth."),
    "display": ("info", "Open some in a viewer if you expect to see what was not drawn or cut off."),
    "secondary-captures": ("info", "Originals from the archive hold more grey values."),
    "lossy": ("info", "Lossy compression should not differ between the classes."),
    "unit": ("info", "Set task.unit in the experiment file."),
}


@dataclass(frozen=True)
class Examined:
    """One image of a data set as the check sees it.

    ``line`` is that of the manifest, or the number of the example. ``patient`` (an id as it is written, or a hash),
    ``path``, ``columns`` (the other cells of the row) and ``cells`` (those of metadata, by the name of the metadatum)
    are looked at and never shown.
    """

    line: int
    outcome: Outcome
    labels: tuple[str, ...] = ()
    patient: str = ""
    path: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)

    @property
    def reading(self) -> Reading:
        """Return the measurements of an image that was decoded."""
        if self.outcome.reading is None:
            raise ValueError("the image was not decoded")
        return self.outcome.reading


@dataclass(frozen=True)
class Finding:
    """One thing that a user should know; ``lines`` are the rows it is about, all of them."""

    code: str
    message: str
    lines: tuple[int, ...] = ()

    @property
    def level(self) -> Level:
        """Return how bad it is: an error stops an experiment."""
        return KINDS[self.code][0]

    @property
    def advice(self) -> str:
        """Return what to do."""
        return KINDS[self.code][1]


@dataclass(frozen=True)
class Checked:
    """What a check found: counts as text, findings with the worst first, tables by their title, and the folds."""

    counts: Mapping[str, str]
    findings: tuple[Finding, ...]
    tables: Mapping[str, pd.DataFrame]
    folds: tuple[Fold, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return the findings that stop an experiment."""
        return tuple(finding for finding in self.findings if finding.level == "error")


def check_accepted(codes: tuple[str, ...]) -> None:
    """Refuse to accept what is no warning.

    Raises:
        DataError: an unknown code, or that of an error.
    """
    for code in codes:
        if code not in KINDS:
            raise DataError(f"no finding is called {code!r}{nearest(code, KINDS)}; there are: {', '.join(KINDS)}.")
        if KINDS[code][0] == "error":
            raise DataError(f"the finding {code!r} is an error and cannot be accepted: {KINDS[code][1]}")
