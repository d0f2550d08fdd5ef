"""Bring the cells of a table into their normal form, in which they are compared, and record the changes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from radtl_tf.records.plain_text import normal_text, without_apostrophes

_SPACES = "Zs"
_INVISIBLE = "Cf"


def _composed(value: str) -> bool:
    return unicodedata.normalize("NFC", value) != value


def _wide(value: str) -> bool:
    plain = "".join(" " if unicodedata.category(one) == _SPACES else one for one in unicodedata.normalize("NFC", value))
    return unicodedata.normalize("NFKC", plain) != plain


def _odd_space(value: str) -> bool:
    return any(one != " " and unicodedata.category(one) == _SPACES for one in value)


def _invisible(value: str) -> bool:
    return any(unicodedata.category(one) == _INVISIBLE for one in value)


def _apostrophe(value: str) -> bool:
    bare = "".join(one for one in unicodedata.normalize("NFKC", value) if unicodedata.category(one) != _INVISIBLE)
    return without_apostrophes(bare.strip()) != bare.strip()


# The changes of a cell, as messages name them; those of ``_UNICODE`` only if a cell is not plain ASCII.
_UNICODE: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("full-width or other compatibility characters", _wide),
    ("letters in another Unicode form", _composed),
    ("no-break or other special spaces", _odd_space),
    ("invisible characters", _invisible),
)
_PLAIN: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("an apostrophe around the text", _apostrophe),
    ("spaces around the text", lambda value: value != value.strip()),
)
KINDS = tuple(kind for kind, _ in (*_UNICODE, *_PLAIN))


def normalized(value: str) -> tuple[str, tuple[str, ...]]:
    """Return the normal form of a cell, and which of ``KINDS`` were changed, in their order.

    >>> normalized(" 17")
    ('17', ('spaces around the text',))
    """
    plain = normal_text(value)
    if plain == value:
        return value, ()
    tests = _PLAIN if value.isascii() else (*_UNICODE, *_PLAIN)
    return plain, tuple(kind for kind, changes in tests if changes(value))
