"""Write the scores of a DICOM image as a structured report: Comprehensive SR, TID 1500 (PS3.16).

A report contains the patient data of its image. Codes of this project have the scheme ``99RADTL``.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import generate_uid

from radtl_tf import __version__
from radtl_tf.data.decoding.reading import Outcome
from radtl_tf.data.decoding.worker_pool import identities
from radtl_tf.deploy.card.facts import Card
from radtl_tf.deploy.class_check import target_of
from radtl_tf.deploy.outputs import stage_of
from radtl_tf.deploy.predict import Score
from radtl_tf.deploy.ucum import KNOWN, ucum
from radtl_tf.errors import DataError, OutputError, RadtlError
from radtl_tf.logs import get_logger
from radtl_tf.records.disk import temporary_folder

SCHEME = "99RADTL"  # PS3.16 8.2: private schemes begin with 99
MANUFACTURER = "radtl_tf"
_USE = "For research only. Not a medical device and not for clinical use."
COMMENT = f"{_USE} A finding names the class that a score is for; it does not say that the class is present."
COMMENTS = {  # of the other kinds
    "regression": f"{_USE} The number is the estimate of a model.",
    "ordinal": f"{_USE} The stage is the estimate of a model: the last one that the image reaches with a probability "
    "of more than one half.",
}
_SCORE = Code("SCORE", SCHEME, "Score of a model, 0 to 1")
_NUMBER = Code("NUMBER", SCHEME, "Number predicted by a model")
_STAGE = Code("STAGE", SCHEME, "Stage predicted by a model")
_PROCEDURE = Code("363680008", "SCT", "Radiographic imaging procedure")
_REQUIRED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
_EMPTY = (  # type 2: an unknown value is empty
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber"),
)
_SERIES = 9900  # series number: after those of a modality
_LONGEST = 64  # of a meaning or a name, PS3.5 6.2, value representation LO
_UID_ROOT = "2.25."  # PS3.5 B.2: a UUID as a decimal number

_log = get_logger(__name__)


@contextmanager
def structured_reports(card: Card, folder: Path) -> Iterator[Callable[[int, Score], None]]:
    """Yield a function that writes the report of a score, and renames the folder of all reports when the block ends.

    The report of row 12 is ``00012-<name of the file>.dcm``. A file without scores has none, and neither has one that
    is not DICOM or lacks a UID: a line of the log says how many and why.

    Raises:
        OutputError: ``folder`` exists or cannot be written, or the unit of the model has no code.
        RadtlError: highdicom is not installed.
    """
    _check_installed()
    check_unit(card)
    if folder.exists():
        raise OutputError(f"{folder} already exists: choose another folder for the structured reports or delete it.")
    without: dict[str, list[Path]] = {}
    with temporary_folder(folder) as temporary, identities() as identify:

        def write(number: int, score: Score) -> None:
            if score.scores is None:
                return
            outcome, identity = identify(score.path)
            try:
                report = _report_of(identity, outcome, score.scores, card)
            except DataError as error:
                without.setdefault(str(error), []).append(score.path)
                return
            report.save_as(temporary / f"{number:05d}-{score.path.stem}.dcm", enforce_file_format=True)

        yield write
    for reason, paths in without.items():
        images = "1 image has" if len(paths) == 1 else f"{len(paths)} images have"
        _log.warning(f"{images} no structured report, such as {paths[0]}: {reason}")
    _log.info(f"{folder} contains the names and ids of patients: do not share it.")


def check_unit(card: Card) -> None:
    """Refuse a model whose number is in a unit without a UCUM code, which a measurement needs.

    Raises:
        OutputError: the unit is not known.
    """
    if target_of(card).is_number and ucum(card["label_unit"]) is None:
        raise OutputError(
            f"a structured report needs a unit with a UCUM code, and the numbers of this model are in "
            f"{card['label_unit']!r}, which has none here. Known units: {', '.join(KNOWN)}. Leave the reports out."
        )


def structured_report(image: Dataset, scores: Sequence[float], card: Card) -> Dataset:
    """Return the report of an image from its identity, as ``dicom.identity_of``, and its scores.

    ``scores`` follow ``outputs.score_names``. A class has a measurement group: its score, without unit, and for each
    operating point of the model whether the score reaches the threshold. The group of a number is the number in its
    unit, and the group of stages the predicted stage with the probability of each.

    Raises:
        DataError: the image lacks a UID.
    """
    from highdicom import sr

    missing = [name for name in _REQUIRED if not image.get(name)]
    if missing:
        raise DataError(f"the DICOM header has no {missing[0]}, which a structured report needs.")
    for name in _EMPTY:
        if name not in image:
            setattr(image, name, "")
    image.SpecificCharacterSet = "ISO_IR 192"  # UTF-8: a class may have a name in any script
    content = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=_device(card)),
        procedure_reported=_PROCEDURE,
        imaging_measurements=list(_groups(image, scores, card)),
    )
    content[0].ContentSequence.append(
        sr.TextContentItem(codes.DCM.Comment, _comment(card), relationship_type=sr.RelationshipTypeValues.CONTAINS)
    )
    report = sr.ComprehensiveSR(
        evidence=[image],
        content=content,
        series_instance_uid=generate_uid(prefix=None),
        series_number=_SERIES,
        sop_instance_uid=generate_uid(prefix=None),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
    )
    report.ManufacturerModelName, report.SoftwareVersions = _short(card["setting"]), __version__
    report.SeriesDescription = "Scores of a model, for research only"
    return report


def _report_of(identity: str | None, outcome: Outcome, scores: Sequence[float], card: Card) -> Dataset:
    """Return the report of an image; an error names no value of its header."""
    if identity is None:
        raise DataError(outcome.reason)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they quote values of the header
            return structured_report(Dataset.from_json(identity), scores, card)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(f"the DICOM header has a value that is not valid ({type(error).__name__}).") from None


def model_hash(card: Card) -> str:
    """Return the sha256 that identifies a model: the digest of its card, which holds the sha256 of its files.

    Earlier versions wrote no digest: then it is the sha256 of all their facts.
    """
    return str(card.get("digest") or "") or hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()


def _comment(card: Card) -> str:
    return COMMENTS.get(target_of(card).kind, COMMENT)


@dataclass(frozen=True)
class _Group:
    """One measurement group: the ``name`` of what it is about, its code, measurements and evaluations."""

    name: str
    finding_type: Code
    measurements: list[Any]
    evaluations: list[Any]


def _groups(image: Dataset, scores: Sequence[float], card: Card) -> Iterator[Any]:
    """Yield the measurement groups (TID 1501)."""
    from highdicom import sr

    algorithm = sr.AlgorithmIdentification(
        name=_short(card["setting"]), version=__version__, parameters=[f"sha256 of the model: {model_hash(card)}"]
    )
    found = {"regression": _of_number, "ordinal": _of_stages}.get(target_of(card).kind, _of_classes)
    for group in found(scores, card):
        yield sr.MeasurementsAndQualitativeEvaluations(
            tracking_identifier=sr.TrackingIdentifier(uid=generate_uid(prefix=None), identifier=_short(group.name)),
            finding_type=group.finding_type,
            algorithm_id=algorithm,
            measurements=group.measurements,
            qualitative_evaluations=group.evaluations or None,
            source_images=[sr.SourceImageForMeasurementGroup(image.SOPClassUID, image.SOPInstanceUID)],
        )


def _of_classes(scores: Sequence[float], card: Card) -> Iterator[_Group]:
    """Yield a group for each class with a score."""
    from highdicom import sr

    target = target_of(card)
    names = target.classes[1:] if target.is_binary else target.classes
    for at, (name, score) in enumerate(zip(names, scores, strict=True)):
        calls = list(_calls(score, card)) if target.is_binary else []
        measured = sr.Measurement(_SCORE, float(score), codes.UCUM.NoUnits)
        yield _Group(name, Code(f"CLASS{at}", SCHEME, _short(name)), [measured], calls)


def _of_number(scores: Sequence[float], card: Card) -> Iterator[_Group]:
    """Yield the group of a regression."""
    from highdicom import sr

    unit = ucum(card["label_unit"])
    if unit is None:
        raise DataError("the unit has no UCUM code.")
    measured = sr.Measurement(_NUMBER, float(scores[0]), Code(unit[0], "UCUM", unit[1]))
    name = _short(f"{card['label']} in {card['label_unit']}")
    yield _Group(name, Code("LABEL", SCHEME, name), [measured], [])


def _of_stages(scores: Sequence[float], card: Card) -> Iterator[_Group]:
    """Yield the group of an ordinal model."""
    from highdicom import sr

    stages = target_of(card).classes
    at = stage_of(scores)
    predicted = sr.QualitativeEvaluation(_STAGE, Code(f"STAGE{at}", SCHEME, _short(stages[at])))
    measured = [
        sr.Measurement(Code(f"PROBABILITY{n}", SCHEME, _short(f"Probability of {name}")), score, codes.UCUM.NoUnits)
        for n, (name, score) in enumerate(zip(stages, map(float, scores), strict=True))
    ]
    yield _Group(card["label"], Code("LABEL", SCHEME, _short(card["label"])), measured, [predicted])


def _calls(score: float, card: Card) -> Iterator[Any]:
    """Yield for each operating point whether the score reaches its threshold."""
    from highdicom import sr

    points: Sequence[Mapping[str, Any]] = card.get("operating_points") or ()
    for at, point in enumerate(points):
        meaning = _short(f"Score from {point['threshold']:.4g} on: {point['name']}")
        called = codes.SCT.Yes if score >= point["threshold"] else codes.SCT.No
        yield sr.QualitativeEvaluation(Code(f"THRESHOLD{at}", SCHEME, meaning), called)


def _device(card: Card) -> Any:
    """Return the model as the observer (TID 1004); its UID is derived from its hash."""
    from highdicom import sr

    return sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=_UID_ROOT + str(int(model_hash(card)[:32], 16)),
            name=MANUFACTURER,
            manufacturer_name=MANUFACTURER,
            model_name=_short(card["setting"]),
            serial_number=model_hash(card),
        ),
    )


def _short(text: str) -> str:
    """Return a text that fits into one value: at most 64 bytes, as some readers count bytes, without backslashes."""
    return text.replace("\\", "/").encode()[:_LONGEST].decode(errors="ignore")


def _check_installed() -> None:
    try:
        import highdicom  # noqa: F401
    except ImportError as error:
        raise RadtlError(
            'Structured reports need highdicom, which is not installed: run pip install "radtl_tf[dicom-sr]".'
        ) from error
