"""Example images of a report: the cases of the saliency maps without the maps, in the folder ``images``.

It holds patients' radiographs, but no patient id, path or file name: a case is named by its row in the manifest.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from radtl_tf.records.disk import read_json, temporary_folder, write_json
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.image_size import at_most
from radtl_tf.report.drawing.templates import render_template
from radtl_tf.report.saliency.case_choice import KINDS, RULE, Case, count_kinds, outcome
from radtl_tf.report.saliency.section import source
from radtl_tf.report.saliency.store import RADIOGRAPH, damaged, picture_name, read_png, write_png

FORMAT = 1
SHOWN_SIZE = 224  # px
_INDEX = "images.json"


@dataclass(frozen=True)
class Examples:
    """The content of ``images.json``. ``found`` counts the cases of each kind; ``classes``: negative, positive."""

    weights: tuple[str, ...]
    classes: tuple[str, ...]
    rule: str
    found: dict[str, int]
    cases: tuple[Case, ...]


def write_examples(folder: Path, per_kind: int) -> Path:
    """Write the radiographs of ``per_kind`` cases of each kind into the folder ``images``; return that folder.

    An earlier folder is replaced, completely or not at all.

    Raises:
        ExperimentError: the task is not binary.
        DataError: predictions are missing or damaged, or the images are missing.
        OutputError: the folder cannot be written.
    """
    from radtl_tf.report.saliency.pictures import radiograph_picture  # these load TensorFlow
    from radtl_tf.report.saliency.selection import select

    finished, weights, _, scores, cases = select(folder, per_kind)
    classes = tuple(finished.record.data.classes)
    found = Examples(weights, classes, RULE, count_kinds(scores), tuple(cases))
    size = at_most(SHOWN_SIZE, finished.pixels.shape[1:])
    with temporary_folder(finished.folder.images, replace=True) as temporary:
        for case in cases:
            picture = radiograph_picture(finished.pixels[case.example], size)
            write_png(temporary / picture_name(case.example, RADIOGRAPH), picture)
        write_json(temporary / _INDEX, {"format": FORMAT, **asdict(found)})
    return finished.folder.images


def read_examples(folder: Path) -> Examples | None:
    """Return what ``write_examples`` wrote below the output ``folder``; ``None`` where there is nothing.

    Raises:
        OutputError: it is damaged or was written by another version.
    """
    place = OutputFolder(folder).images
    if not place.exists():
        return None
    stored = read_json(place / _INDEX)
    try:
        return _from_json(stored)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise damaged(place) from error


def render_examples(folder: Path) -> str | None:
    """Return the section of ``report.html`` with the radiographs in it; ``None`` if there are none.

    Raises:
        OutputError: a stored picture is missing or damaged.
    """
    found = read_examples(folder)
    if found is None:
        return None
    groups = [
        {
            "kind": kind,
            "found": found.found[kind],
            "cases": [_case(folder, found, case) for case in found.cases if case.kind == kind],
        }
        for kind in KINDS
    ]
    return render_template("examples.html", examples=found, groups=groups)


def _case(folder: Path, found: Examples, case: Case) -> dict[str, Any]:
    truth = found.classes[case.truth]
    called = [(name, score, outcome(case.truth, score)) for name, score in zip(found.weights, case.scores, strict=True)]
    return {
        "example": case.example,
        "truth": truth,
        "alt": f"Radiograph of example {case.example}, which is {truth}",
        "source": source(read_png(OutputFolder(folder).images / picture_name(case.example, RADIOGRAPH))),
        "sides": [
            {"name": name, "score": f"{score:.3f}", "outcome": kind, "agrees": kind.startswith("true")}
            for name, score, kind in called
        ],
    }


def _from_json(stored: dict[str, Any]) -> Examples:
    if stored.pop("format") != FORMAT:
        raise ValueError("another format")
    cases = tuple(Case(**{**case, "scores": tuple(case["scores"])}) for case in stored.pop("cases"))
    weights, classes = tuple(stored.pop("weights")), tuple(stored.pop("classes"))
    return Examples(weights=weights, classes=classes, cases=cases, **stored)
