"""Find ids that belong, or may belong, to one patient, and ids that a spreadsheet has damaged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.findings import Finding
from radtl_tf.data.manifest.privacy import normal_id

_EXPONENT = re.compile(r"\d(?:[.,]\d+)?e\+\d{2,3}", re.IGNORECASE)  # 1.23E+11, as spreadsheets and pandas write it
_LONG_NUMBER = re.compile(r"\d{15}0+")  # a spreadsheet keeps 15 digits of a number and writes zeros for the rest
_WHOLE_NUMBER = re.compile(r"(\d+)(?:[.,]0+)?")
_SEPARATORS = r"[\s_./-]+"
_BESIDE_LETTER = re.compile(rf"(?<=[^\W\d_]){_SEPARATORS}|{_SEPARATORS}(?=[^\W\d_])")
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_DATE = re.compile(r"(.+?)[\s_./-]+(?:19|20)\d\d([-_./]?)(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12]\d|3[01])")
_VISIT = re.compile(r"(.*\d.*?)[\s_-]+(?:(?:v|visit|scan|exam)[\s_.-]?)?([1-9]|1\d|20|[a-d])")

_Form = Callable[[str], str]


def alike_ids(data: CheckData) -> Iterator[Finding]:
    """Yield a finding for each way in which ids look alike; only ids with the same normal form count as one patient."""
    for code, form, key, what in (
        ("patient-ids-joined", str, normal_id, "equivalent or invisible characters, so each counts as one patient"),
        ("patient-ids", normal_id, _plain, "case, spaces, hyphens or leading zeros"),
        ("patient-ids-decimal", _plain, _whole, "a '.0' at the end"),
    ):
        number, lines = _alike(data, form, key)
        if number:
            yield Finding(code, f"{number} patients have several ids that differ only in {what}.", lines)
    yield from _appended(data, _without_date, "a date", "patient-ids-dated")
    if _has_visits(data):
        yield from _appended(data, _without_visit, "a number or letter, as for visits", "patient-ids-visits")


def damaged_ids(data: CheckData) -> Iterator[Finding]:
    """Yield a finding if a spreadsheet converted ids to numbers and lost their last digits."""
    ids = [normal_id(image.patient) for image in data.examined]
    exponents = _lines(data, [bool(_EXPONENT.fullmatch(name)) for name in ids])
    if exponents:
        message = f"{len(exponents)} rows have a patient id such as 1.23E+11, so several patients may share an id."
        yield Finding("patient-ids-damaged", message, exponents)
    long = [name for name in ids if name.isdecimal() and len(name) > 15]
    rounded = _lines(data, [bool(_LONG_NUMBER.fullmatch(name)) for name in ids])
    if len(rounded) > 1 and len(rounded) == len(long):
        message = f"{len(rounded)} rows have a patient id of more than 15 digits, and all of these ids end in zeros."
        yield Finding("patient-ids-damaged", message, rounded)


def _lines(data: CheckData, chosen: Sequence[bool]) -> tuple[int, ...]:
    return tuple(image.line for image, keep in zip(data.examined, chosen, strict=True) if keep)


def _appended(data: CheckData, key: _Form, what: str, code: str) -> Iterator[Finding]:
    number, lines = _alike(data, _plain, key)
    if number:
        yield Finding(code, f"{number} patients have several ids that differ only in {what} at the end.", lines)


def _alike(data: CheckData, form: _Form, key: _Form) -> tuple[int, tuple[int, ...]]:
    """Return how many values of ``key`` have several forms, and the lines of their images."""
    forms: dict[str, set[str]] = {}
    for image in data.examined:
        forms.setdefault(key(image.patient), set()).add(form(image.patient))
    alike = {name for name, several in forms.items() if len(several) > 1}
    return len(alike), tuple(image.line for image in data.examined if key(image.patient) in alike)


def _plain(patient: str) -> str:
    """Return an id without case, leading zeros, white space, and separators next to a letter: P-017 becomes p17.

    A separator between two digits stays, because 1-12 and 11-2 are two patients.
    """
    closed = _BESIDE_LETTER.sub("", normal_id(patient).casefold())
    return _LEADING_ZEROS.sub("", re.sub(r"\s", "", closed))


def _whole(patient: str) -> str:
    """Return an id without the decimals of a whole number: pandas writes 17.0 if any id is missing."""
    plain = _plain(patient)
    match = _WHOLE_NUMBER.fullmatch(plain)
    return match[1] if match else plain


def _without_date(patient: str) -> str:
    match = _DATE.fullmatch(normal_id(patient))
    return _plain(match[1] if match else patient)


def _without_visit(patient: str) -> str:
    match = _VISIT.fullmatch(normal_id(patient).casefold())
    return _plain(match[1] if match else patient)


def _has_visits(data: CheckData) -> bool:
    """Tell whether endings are visits: many patients share a few endings. Sites are a few names with many endings."""
    endings: dict[str, set[str]] = {}
    for name in {normal_id(image.patient).casefold() for image in data.examined}:
        match = _VISIT.fullmatch(name)
        endings.setdefault(match[1] if match else name, set()).add(match[2] if match else "")
    return len(endings) > max(map(len, endings.values()), default=0)
