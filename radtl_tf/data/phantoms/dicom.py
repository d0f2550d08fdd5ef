"""Write synthetic radiographs as DICOM: headers are valid, vary as in an archive, and do not depend on the label."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset

from radtl_tf.data.phantoms.paint import Picture

_NAMESPACE = uuid.UUID("8c8f4b7e-27d5-4b0e-9a53-0f6d2f1f7a10")
_NEW_YEAR = date(2021, 1, 1)  # all examinations are in the following six months
_MACHINES = (("Northlight Imaging", "NL-300"), ("Okular Dental", "Vista 2"), ("Harbor Medical", "HM-1"))
_SYNTAXES = {
    uid.ExplicitVRLittleEndian: 0.4,
    uid.DeflatedExplicitVRLittleEndian: 0.15,
    uid.JPEGLSLossless: 0.2,
    uid.JPEG2000Lossless: 0.15,
    uid.RLELossless: 0.1,
}
# Photometric interpretation, presentation LUT shape, sign of the intensity (PS3.3 C.8.11.3): bone is high or low.
_BRIGHT, _DARK = ("MONOCHROME2", "IDENTITY", -1), ("MONOCHROME1", "INVERSE", 1)


@dataclass(frozen=True)
class Projection:
    """How a body part is taken: height in mm, SNOMED CT code; views and directions of a row (the second mirrored)."""

    modality: str
    height: float
    body_part: str
    region: tuple[str, str]
    views: tuple[str, str]
    directions: tuple[str, str]


@dataclass(frozen=True)
class Visit:
    """The patient and the image, numbered from 0; ``sex`` is M, F or empty, ``origin`` differs between data sets."""

    origin: str
    patient: int
    image: int
    age: int
    sex: str
    mirrored: bool

    @property
    def patient_id(self) -> str:
        """Return the synthetic patient's id."""
        return f"PH{self.patient + 1:04d}"

    def uid(self, what: str) -> str:
        """Return a UID derived from the patient, the image and ``what`` (PS3.5 B.2)."""
        name = f"{self.origin}/{self.patient}/{self.image}/{what}"
        return f"2.25.{uuid.uuid5(_NAMESPACE, name).int}"


def dicom_bytes(picture: Picture, projection: Projection, visit: Visit, rng: np.random.Generator) -> bytes:
    """Return a DICOM file that shows ``picture`` (rows, columns), 0 black to 1 white; ``rng`` draws the technique."""
    dataset = FileDataset("", {}, file_meta=FileMetaDataset())
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    dataset.file_meta.ImplementationClassUID = uid.UID(f"2.25.{_NAMESPACE.int}")
    dataset.file_meta.ImplementationVersionName = "RADTL_PHANTOM"
    _identify(dataset, visit, rng)
    _describe(dataset, projection, visit, len(picture), rng)
    shown = str(rng.choice(list(_SHOWN), p=_SHOWN_SHARES))
    dark = bool(rng.random() < 0.4)
    photometry, shape, sign = _DARK if dark else _BRIGHT
    dataset.PhotometricInterpretation, dataset.PresentationLUTShape = photometry, shape
    dataset.PixelIntensityRelationshipSign = sign
    stored, bits = _SHOWN[shown](dataset, 1 - picture if dark else picture, rng)
    _store(dataset, stored, bits)
    return _written(dataset, list(_SYNTAXES)[rng.choice(len(_SYNTAXES), p=list(_SYNTAXES.values()))])


def _identify(dataset: Dataset, visit: Visit, rng: np.random.Generator) -> None:
    """Set patient, study and series (PS3.3 C.7.1 to C.7.3); birthday and visit agree with the age."""
    born = _NEW_YEAR - timedelta(days=int(visit.age * 365.25) + 100 + visit.patient % 50)
    seen = _NEW_YEAR + timedelta(days=60 * visit.image + int(rng.integers(60)))
    dataset.PatientID, dataset.PatientName = visit.patient_id, f"PHANTOM^{visit.patient + 1:04d}"
    dataset.PatientSex, dataset.PatientAge = visit.sex, f"{visit.age:03d}Y"
    dataset.PatientBirthDate = f"{born:%Y%m%d}"
    dataset.StudyDate = dataset.ContentDate = dataset.AcquisitionDate = f"{seen:%Y%m%d}"
    dataset.StudyTime = dataset.ContentTime = f"{rng.integers(8, 18):02d}{rng.integers(60):02d}00"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = visit.uid("study"), visit.uid("series")
    dataset.SOPInstanceUID, dataset.FrameOfReferenceUID = visit.uid("image"), visit.uid("frame")
    dataset.StudyID = dataset.AccessionNumber = dataset.ReferringPhysicianName = dataset.PositionReferenceIndicator = ""
    dataset.SeriesNumber = dataset.InstanceNumber = 1


def _describe(dataset: Dataset, projection: Projection, visit: Visit, rows: int, rng: np.random.Generator) -> None:
    """Set equipment, anatomy, position and geometry (PS3.3 C.7.5, C.8.11)."""
    maker, model = _MACHINES[rng.integers(len(_MACHINES))]
    spacing = round(projection.height / rows, 5)
    dataset.Manufacturer, dataset.ManufacturerModelName = maker, model
    dataset.InstitutionName = dataset.DeviceSerialNumber = ""
    dataset.Modality, dataset.BodyPartExamined = projection.modality, projection.body_part
    dataset.ViewPosition = projection.views[visit.mirrored]
    dataset.PatientOrientation = [projection.directions[visit.mirrored], "F"]
    dataset.ImageLaterality, dataset.Laterality = "U", ""
    dataset.AnatomicRegionSequence = [_code(*projection.region)]
    dataset.ImagerPixelSpacing = [spacing, spacing]
    if rng.random() < 0.5:
        dataset.PixelSpacing = [round(spacing / 1.1, 5)] * 2
        dataset.PixelSpacingCalibrationType = "GEOMETRY"
    dataset.KVP, dataset.ExposureTime = str(rng.integers(60, 85)), str(rng.integers(8, 18) * 1000)
    dataset.DetectorType, dataset.ImageType = "DIRECT", ["ORIGINAL", "PRIMARY", ""]
    dataset.SOPClassUID, dataset.PresentationIntentType = uid.DigitalXRayImageStorageForPresentation, "FOR PRESENTATION"
    dataset.PixelIntensityRelationship = "LOG"
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"
    dataset.BurnedInAnnotation, dataset.LossyImageCompression = "NO", "00"
    dataset.AcquisitionContextSequence = []


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", meaning
    return item


def _windowed(dataset: Dataset, unit: Picture, rng: np.random.Generator) -> tuple[NDArray[np.uint16], int]:
    """Use a part of the range and declare it in the window (PS3.3 C.11.2.1.2)."""
    bits = int(rng.integers(12, 17))
    low, high = round(rng.uniform(0, 0.1) * 2**bits), round(rng.uniform(0.8, 1) * (2**bits - 1))
    dataset.WindowCenter, dataset.WindowWidth = str((low + high + 1) / 2), str(high - low + 1)
    return np.rint(low + unit * (high - low)).astype(np.uint16), bits


def _tabled(dataset: Dataset, unit: Picture, rng: np.random.Generator) -> tuple[NDArray[np.uint16], int]:
    """Store values that a VOI LUT of 4096 entries converts back (PS3.3 C.11.2.1.1)."""
    power = rng.uniform(0.7, 1.5)
    table = Dataset()
    table.LUTDescriptor = [4096, 0, 16]
    table.LUTExplanation = "NORMAL"
    table.add_new("LUTData", "OW", np.rint((np.arange(4096) / 4095) ** power * 65535).astype("<u2").tobytes())
    dataset.VOILUTSequence = [table]
    return np.rint(unit ** (1 / power) * 4095).astype(np.uint16), 12


def _bare(dataset: Dataset, unit: Picture, rng: np.random.Generator) -> tuple[NDArray[np.uint16], int]:
    """Leave out the range, which is optional for image plates (PS3.3 A.2), not for digital radiography (C.8.11.3)."""
    bits = int(rng.choice([12, 14, 16]))
    dataset.SOPClassUID, dataset.Modality = uid.ComputedRadiographyImageStorage, "CR"
    for name in ("PresentationIntentType", "PresentationLUTShape", "DetectorType", "ImageLaterality"):
        delattr(dataset, name)
    return np.rint(unit * (2**bits - 1)).astype(np.uint16), bits


_Technique = Callable[[Dataset, Picture, np.random.Generator], tuple[NDArray[np.uint16], int]]
_SHOWN: Mapping[str, _Technique] = {"window": _windowed, "table": _tabled, "bare": _bare}
_SHOWN_SHARES = (0.5, 0.25, 0.25)


def _store(dataset: Dataset, stored: NDArray[np.uint16], bits: int) -> None:
    dataset.Rows, dataset.Columns = stored.shape
    dataset.SamplesPerPixel, dataset.PixelRepresentation = 1, 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, bits, bits - 1
    dataset.add_new("PixelData", "OW", stored.astype("<u2").tobytes())


def _written(dataset: FileDataset, syntax: uid.UID) -> bytes:
    """Return the bytes of the file in the transfer syntax; all transfer syntaxes are lossless."""
    if syntax.is_encapsulated:
        dataset.compress(syntax, generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = syntax
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()
