"""Recognize a DICOM data set, even one that was stored without preamble and file meta information.

The first elements must look like the start of a data set, and pydicom must then be able to read all of it.
"""

from __future__ import annotations

import struct

# Transfer syntaxes (PS3.5 10). Not from pydicom, which takes half a second to load.
_EXPLICIT, _EXPLICIT_BIG, _IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2"
_START = bytes(128) + b"DICM"  # PS3.10 7.1
_META, _IDENTIFYING = 0x0002, 0x0008  # the group of the file meta information, the first one of a data set
_LAST_FIRST = 0x0060  # a data set may begin with any element of group 0008 up to this one (Modality)
_SHORT = (b"UI", b"CS", b"DA", b"TM", b"SH", b"LO", b"UL", b"DT", b"IS", b"PN", b"ST", b"LT", b"US")  # PS3.5 7.1.2
_LONGEST = 1 << 10  # bytes of the first two values


def is_dicom(head: bytes) -> bool:
    """Tell whether a file that begins with ``head`` (132 bytes or more) is DICOM, with a preamble or without."""
    return head[128:132] == b"DICM" or bare_syntax(head) is not None


def bare_syntax(head: bytes) -> str | None:
    """Return the transfer syntax of a data set without preamble, or ``None`` for other content.

    The content must begin with two elements in ascending order, the first from group 0002 or 0008. Compressed pixel
    data cannot be recognized, because only the missing header would say so.
    """
    for syntax, order in ((_EXPLICIT, "<"), (_EXPLICIT_BIG, ">")):
        if _are_elements(head, order, explicit=True):
            return syntax
    return _IMPLICIT if _are_elements(head, "<", explicit=False) else None


def with_preamble(data: bytes) -> tuple[bytes, bool]:
    """Return the file with preamble and file meta information, and whether these were added."""
    syntax = bare_syntax(data)
    if data[128:132] == b"DICM" or syntax is None:
        return data, False
    if data[:2] == _META.to_bytes(2, "little"):  # only the preamble is missing
        return _START + data, True
    value = syntax.encode() + b"\0" * (len(syntax) % 2)
    said = struct.pack("<HH2sH", _META, 0x0010, b"UI", len(value)) + value
    length = struct.pack("<HH2sHI", _META, 0x0000, b"UL", 4, len(said))
    return _START + length + said + data, True


def _are_elements(head: bytes, order: str, *, explicit: bool) -> bool:
    """Tell whether two elements follow each other (PS3.5 7.1)."""
    first = _element(head, 0, order, explicit)
    if first is None or first[0] >> 16 not in (_META, _IDENTIFYING) or first[0] & 0xFFFF > _LAST_FIRST:
        return False
    if first[0] >> 16 == _META and not (explicit and order == "<"):
        return False
    second = _element(head, first[1], order, explicit)
    return second is not None and first[0] < second[0] and second[0] >> 16 in (first[0] >> 16, _IDENTIFYING)


def _element(head: bytes, at: int, order: str, explicit: bool) -> tuple[int, int] | None:
    """Return the tag of the element at ``at`` and where the next one begins."""
    if len(head) < at + 8:
        return None
    group, element = struct.unpack_from(f"{order}HH", head, at)
    if explicit and head[at + 4 : at + 8] == b"OB\0\0" and len(head) >= at + 12:  # the version of the meta information
        known, (length,) = group == _META, struct.unpack_from(f"{order}I", head, at + 8)
        at += 4
    elif explicit:
        known, (length,) = head[at + 4 : at + 6] in _SHORT, struct.unpack_from(f"{order}H", head, at + 6)
    else:
        known, (length,) = True, struct.unpack_from(f"{order}I", head, at + 4)
    fits = known and length % 2 == 0 and length <= _LONGEST
    return (group << 16 | element, at + 8 + length) if fits else None
