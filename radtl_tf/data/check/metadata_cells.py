"""Find faulty metadata in a manifest: dates of birth, mixed units, and cells that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.findings import Finding
from radtl_tf.data.decoding.metadata_values import Value, read_value

_READ = ("age", "sex", "spacing")  # every other metadatum is kept as it is written
_UNIT = {"age": "years", "spacing": "mm"}  # of a cell that names no unit


def metadata_cells(data: CheckData) -> Iterator[Finding]:
    """Yield a finding for each metadatum whose column holds dates, several units, or cells that cannot be read."""
    for name in _READ:
        values = [(image.line, read_value(name, image.cells[name])) for image in data.examined if name in image.cells]
        yield from _faults(name, values)
        yield from _mixed(name, values)


def _faults(name: str, values: list[tuple[int, Value]]) -> Iterator[Finding]:
    for fault, code, what in (
        ("date", "dates-of-birth", "hold a date, so these rows have no age"),
        ("unread", "unread-metadata", "cannot be read and count as unknown"),
    ):
        lines = tuple(line for line, value in values if value.fault == fault)
        if lines:
            yield Finding(code, f"{len(lines)} cells of the {name} column {what}.", lines)


def _mixed(name: str, values: list[tuple[int, Value]]) -> Iterator[Finding]:
    """Yield a finding if some cells name a unit other than years or mm, and cells without a unit are read as these."""
    if name not in _UNIT:
        return
    bare = tuple(line for line, value in values if value.text and not value.unit)
    others = sum(bool(value.text and value.unit) for _, value in values)
    foreign = any(value.text and value.unit not in ("", _UNIT[name]) for _, value in values)
    if bare and foreign:
        yield Finding(
            "mixed-units",
            f"{others} cells of the {name} column name a unit and {len(bare)} do not. "
            f"The cells without a unit are read as {_UNIT[name]}.",
            bare,
        )
