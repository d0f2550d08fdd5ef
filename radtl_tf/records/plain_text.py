"""Texts that people typed, in the one form in which they are compared."""

from __future__ import annotations

import unicodedata

# How tables and spreadsheets write that a value is missing, in lower case. The error of a formula is one, too.
MISSING_WORDS = frozenset(
    ("", "nan", "-nan", "na", "n/a", "#n/a", "#n/a n/a", "#na", "<na>", "nat", "null", "#null!", "-", "--")
    + ("#value!", "#ref!", "#div/0!", "#name?", "#num!")
)
_APOSTROPHE = "'"


def normal_text(value: str) -> str:
    """Return a label, a patient's id or a column's name in the one form that is compared.

    Unicode's NFKC (composed letters, plain digits, plain spaces), without invisible characters such as zero-width
    spaces, outer white space, and the apostrophe with which a spreadsheet marks text. The normal form of a normal form
    is itself.

    >>> normal_text("'\N{FULLWIDTH DIGIT ONE}7\N{NO-BREAK SPACE}")
    '17'
    """
    if not value.isascii():
        composed = unicodedata.normalize("NFKC", value)
        value = "".join(character for character in composed if unicodedata.category(character) != "Cf")
        value = unicodedata.normalize("NFKC", value)
    return without_apostrophes(value.strip())


def without_apostrophes(value: str) -> str:
    """Return a text without the apostrophe before it, or those around it.

    >>> without_apostrophes("'00017"), without_apostrophes("'yes'"), without_apostrophes("O'Brien")
    ('00017', 'yes', "O'Brien")
    """
    while value.startswith(_APOSTROPHE):
        end = -1 if len(value) > 1 and value.endswith(_APOSTROPHE) else None
        value = value[1:end].strip()
    return value
