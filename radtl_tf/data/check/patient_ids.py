"""Find patient ids that are one patient, or may be one, written in several ways."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.findings import Finding
from radtl_tf.data.manifest.privacy import normal_id

_NUMBER = re.compile(r"(\d+)(?:[.,]0+)?")
_Form = Callable[[str], str]


def alike_ids(data: CheckData) -> Iterator[Finding]:
    """Yield a finding for each way in which ids look alike; only ids with one normal form count as one patient."""
    for code, form, key, what in (
        ("patient-ids-joined", str, normal_id, "by equivalent or invisible characters, so each counts as one patient"),
        ("patient-ids", normal_id, _plain, "by case, spaces or zeros"),
        ("patient-ids-decimal", _plain, _whole, "by '.0': they look like the same number with and without it"),
    ):
        number, lines = _alike(data, form, key)
        if number:
            yield Finding(code, f"{number} patients have ids that differ only {what}.", lines)


def _alike(data: CheckData, form: _Form, key: _Form) -> tuple[int, tuple[int, ...]]:
    """Return how many values of ``key`` have several forms, and the lines of their images."""
    forms: dict[str, set[str]] = {}
    for image in data.examined:
        forms.setdefault(key(image.patient), set()).add(form(image.patient))
    alike = {name for name, several in forms.items() if len(several) > 1}
    return len(alike), tuple(image.line for image in data.examined if key(image.patient) in alike)


def _plain(patient: str) -> str:
    """Return an id without case, spaces and leading zeros."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"\s", "", normal_id(patient)).casefold())


def _whole(patient: str) -> str:
    """Return an id without the decimals of a whole number: pandas writes 17.0 as soon as one id is missing."""
    plain = _plain(patient)
    match = _NUMBER.fullmatch(plain)
    return match[1] if match else plain
