"""Bring the metadata that an example may carry into one form per attribute."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from radtl_tf.records.plain_text import MISSING_WORDS

# The attributes that an example may carry; nothing else of a header or a manifest leaves its file.
METADATA = ("age", "sex", "view", "laterality", "intent", "vendor", "body_part", "spacing", "lossy", "site")

Fault = Literal["", "date", "unread"]

_MAX_LENGTH = 32
_OLDEST = 90  # years: a higher age may identify a person (45 CFR 164.514 b 2 i C)
_IMPOSSIBLE = 130  # years: a larger number is a year of birth, a date or a code for "unknown"
_WIDEST = 100.0  # mm between two rows

_UNKNOWN = MISSING_WORDS | {"none", "?", "u", "unknown", "不明"}
_DATE = re.compile(
    r"(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2})|(?:19|20)\d{2}(?:[01]\d[0-3]\d)?"
    r"|\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?)?)(?:[ t]\d{1,2}:\d{2}.*)?"
)
_OLDER = re.compile(r"(?:>=?|≥|over) ?(\d+)|(\d+) ?(?:\+|(?:and|or) (?:over|older))")
_AROUND_AGE = re.compile(r"^aged? |^age: ?|[ -]old$|[ -]of age$")
_AGE = re.compile(r"(?:\d+(?:[.,]\d+)? ?[^\d\s,]* ?)+")
_AGE_PART = re.compile(r"(\d+(?:[.,]\d+)?) ?([^\d\s,]*)")
_PER_YEAR = {
    **dict.fromkeys(("", "y", "yr", "yrs", "year", "years", "yo", "y/o", "歳", "才"), 1.0),
    **dict.fromkeys(("m", "mo", "mos", "mth", "mths", "month", "months", "か月", "ヶ月", "カ月", "ケ月", "月"), 12.0),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks", "週", "週間"), 52.18),
    **dict.fromkeys(("d", "day", "days", "日"), 365.25),
}
_SEXES = {
    **dict.fromkeys(("m", "male", "man", "boy", "男", "男性", "男子", "homme", "mann", "männlich", "hombre"), "M"),
    **dict.fromkeys(("f", "female", "woman", "girl", "女", "女性", "女子", "femme", "frau", "weiblich", "mujer"), "F"),
    **dict.fromkeys(("o", "other", "diverse", "その他"), "O"),
}
_SPACING = re.compile(r"[\[(]?(\d*[.,]?\d+(?:e-?\d+)?) ?([a-zµμ]*)(?:[\\,;x ]+[\d.,]+ ?[a-zµμ]*)?[\])]?")
_PER_MILLIMETER = {"": 1.0, "mm": 1.0, "cm": 0.1, "µm": 1000.0, "μm": 1000.0, "um": 1000.0}


@dataclass(frozen=True)
class Value:
    """A value in the form in which it is kept: ``text`` is "" where it is unknown, and ``fault`` says why.

    ``date``: a date where an age was expected; ``unread``: the form is unknown. ``unit`` is the unit in the cell, if
    it has one: ``years``, ``months``, ``weeks``, ``days`` or ``several`` for an age, a unit of length for a spacing.
    """

    text: str
    fault: Fault = ""
    unit: str = ""


def plain(name: str, value: str) -> str:
    """Return a value of the metadata ``name`` in the form that is kept: one short printable line, "" if unknown.

    >>> plain("age", "97.0"), plain("age", "018M"), plain("age", "1979-03-02"), plain("vendor", "  Agfa ")
    ('90', '1', '', 'Agfa')
    """
    return read_value(name, value).text


def read_value(name: str, value: str) -> Value:
    """Return the metadata ``name`` of a cell or a header in the form in which it is kept.

    - ``age``: whole years; from 90 on, 90. Decimals ("97.0", "45,5"), units ("18 months", "45歳") and DICOM's age
      strings ("018M", PS3.5 6.2) are read. A date of birth is never kept.
    - ``sex``: M, F or O, from the usual words for them. Numbers count only if the task declares them.
    - ``spacing``: millimeters between two rows, from numbers with a decimal point or comma, in mm, cm or micrometers.
    - Everything else stays as it is written, up to 32 characters.

    >>> read_value("sex", "Female").text, read_value("spacing", "143 µm").text, read_value("age", "1979").fault
    ('F', '0.143', 'date')
    """
    text = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    reader = _READERS.get(name)
    return reader(text) if reader else Value(text[:_MAX_LENGTH])


def _age(text: str) -> Value:
    written = unicodedata.normalize("NFKC", text).casefold()
    if written in _UNKNOWN:
        return Value("")
    if _DATE.fullmatch(written):
        return Value("", "date")
    if older := _OLDER.fullmatch(written):
        return Value(str(_OLDEST)) if int(older[1] or older[2]) >= _OLDEST - 1 else Value("", "unread")
    written = _AROUND_AGE.sub("", written)
    parts = [(number, unit.replace(".", "")) for number, unit in _AGE_PART.findall(written)]
    if not _AGE.fullmatch(written) or any(unit not in _PER_YEAR or (not unit and parts[1:]) for _, unit in parts):
        return Value("", "unread")
    years = sum(float(number.replace(",", ".")) / _PER_YEAR[unit] for number, unit in parts)
    if years > _IMPOSSIBLE:
        return Value("", "unread")
    return Value(str(min(int(years), _OLDEST)), unit=_unit([unit for _, unit in parts]))


def _unit(units: list[str]) -> str:
    if len(units) > 1:
        return "several"
    names = {1.0: "years", 12.0: "months", 52.18: "weeks", 365.25: "days"}
    return names[_PER_YEAR[units[0]]] if units[0] else ""


def _sex(text: str) -> Value:
    written = unicodedata.normalize("NFKC", text).casefold().rstrip(".")
    known = _SEXES.get(written, "")
    return Value(known, "" if known or written in _UNKNOWN else "unread")


def _spacing(text: str) -> Value:
    written = text.casefold()
    match = _SPACING.fullmatch(written)
    if match is None or match[2] not in _PER_MILLIMETER:
        return Value("", "" if written in _UNKNOWN else "unread")
    millimeters = float(match[1].replace(",", ".")) / _PER_MILLIMETER[match[2]]
    if not 0 < millimeters < _WIDEST:
        return Value("", "unread")
    return Value(text if text.replace(".", "").isdecimal() else f"{millimeters:.4g}", unit=match[2])


_READERS: dict[str, Callable[[str], Value]] = {"age": _age, "sex": _sex, "spacing": _spacing}
