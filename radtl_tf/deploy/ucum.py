"""The UCUM codes of common units: a number in a DICOM structured report needs one (PS3.16, TID 300; PS3.3 C.18.1)."""

from __future__ import annotations

_UNITS = {  # UCUM code: (meaning, ways in which people write the unit)
    "a": ("year", ("year", "years", "yr", "yrs", "y", "a")),
    "mo": ("month", ("month", "months", "mo", "mos")),
    "wk": ("week", ("week", "weeks", "wk", "wks")),
    "d": ("day", ("day", "days", "d")),
    "mm": ("millimeter", ("mm", "millimeter", "millimeters", "millimetre", "millimetres")),
    "cm": ("centimeter", ("cm", "centimeter", "centimeters", "centimetre", "centimetres")),
    "m": ("meter", ("m", "meter", "meters", "metre", "metres")),
    "mm2": ("square millimeter", ("mm2", "mm^2", "mm²")),
    "cm2": ("square centimeter", ("cm2", "cm^2", "cm²")),
    "g": ("gram", ("g", "gram", "grams")),
    "kg": ("kilogram", ("kg", "kilogram", "kilograms")),
    "g/cm2": ("gram per square centimeter", ("g/cm2", "g/cm^2", "g/cm²")),
    "kg/m2": ("kilogram per square meter", ("kg/m2", "kg/m^2", "kg/m²")),
    "ml": ("milliliter", ("ml", "milliliter", "milliliters", "millilitre", "millilitres")),
    "deg": ("degree", ("deg", "degree", "degrees", "°")),
    "%": ("percent", ("%", "percent", "per cent")),
    "mm[Hg]": ("millimeter of mercury", ("mmhg", "mm hg")),
}
_CODES = {written: code for code, (_, ways) in _UNITS.items() for written in ways}
KNOWN = tuple(ways[0] for _, ways in _UNITS.values())  # for a message


def ucum(unit: str) -> tuple[str, str] | None:
    """Return the UCUM code and the meaning of a unit as a person writes it; ``None`` if it is not known.

    >>> ucum("Years"), ucum("mm"), ucum("furlongs")
    (('a', 'year'), ('mm', 'millimeter'), None)
    """
    code = _CODES.get(" ".join(unit.split()).lower())
    return None if code is None else (code, _UNITS[code][0])
