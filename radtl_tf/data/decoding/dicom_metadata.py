"""Read the few attributes of a DICOM header that an example may carry; none of them identifies a patient."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from radtl_tf.data.decoding.metadata_values import plain

# PS3.3 C.7.1.3, C.7.3.1, C.7.5.1, C.7.6.1, C.8.11.2, C.8.11.7; the first attribute that exists is used.
_ATTRIBUTES = {
    "age": ("PatientAge",),
    "sex": ("PatientSex",),
    "view": ("ViewPosition",),
    "laterality": ("ImageLaterality", "Laterality"),
    "intent": ("PresentationIntentType",),
    "vendor": ("Manufacturer",),
    "body_part": ("BodyPartExamined",),
    "spacing": ("ImagerPixelSpacing", "PixelSpacing", "NominalScannedPixelSpacing"),
    "lossy": ("LossyImageCompression",),
}
TAGS = tuple(dict.fromkeys(name for names in _ATTRIBUTES.values() for name in names))
_AGE = re.compile(r"\d{3}[DWMY]")  # PS3.5 6.2, value representation AS
_CODE = re.compile(r"[A-Z0-9_ ]{1,16}")  # PS3.5 6.2, value representation CS
_HASH_BYTES = 16
_WIDEST = 100.0  # mm between two rows
_WORDS = {
    "sex": {"M": "M", "F": "F", "O": "O"},
    "laterality": {"L": "L", "R": "R", "U": "U", "B": "B"},
    "intent": {"FOR PRESENTATION": "presentation", "FOR PROCESSING": "processing"},
    "lossy": {"00": "no", "01": "yes"},
}


def metadata_of(header: Dataset) -> dict[str, str]:
    """Return the known values of the allowed metadata, normalized: age in whole years, spacing in mm per row.

    A value is left out if it is not one of the standard's terms, has another form or is not printable ASCII.
    """
    known = ((name, attribute) for name, attributes in _ATTRIBUTES.items() for attribute in reversed(attributes))
    texts = ((name, plain(name, _text(name, _word(header, attribute)))) for name, attribute in known)
    return {name: text for name, text in texts if text}


def patient_of(header: Dataset) -> bytes:
    """Return a hash of the normalized patient id in the header, or ``b""`` if the id is empty or damaged."""
    try:
        text = unicodedata.normalize("NFKC", str(header.get("PatientID") or ""))
    except Exception:
        return b""
    plain_id = " ".join(text.split()).casefold()
    return hashlib.blake2b(plain_id.encode(), digest_size=_HASH_BYTES).digest() if plain_id else b""


def _word(header: Dataset, attribute: str) -> str:
    """Return an attribute's first value as text, or "": a damaged attribute must not cost the image."""
    try:
        value = header.get(attribute)
        first = value[0] if isinstance(value, MultiValue | list) and value else value
        word = str("" if first is None else first).strip()
    except Exception:
        return ""
    return word if word.isascii() and word.isprintable() else ""


def _text(name: str, word: str) -> str:
    if name in _WORDS:
        return _WORDS[name].get(word.upper(), "")
    return _CONVERTED[name](word) if name in _CONVERTED else word


def _code(word: str) -> str:
    return word.upper() if _CODE.fullmatch(word.upper()) else ""


def _age(age: str) -> str:
    return age if _AGE.fullmatch(age.upper()) else ""


def _millimeters(spacing: str) -> str:
    try:
        return f"{float(spacing):.4g}" if 0 < float(spacing) < _WIDEST else ""
    except ValueError:
        return ""


_CONVERTED: dict[str, Callable[[str], str]] = {
    "age": _age,
    "spacing": _millimeters,
    "view": _code,
    "body_part": _code,
}
