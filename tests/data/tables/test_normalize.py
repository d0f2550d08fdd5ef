from __future__ import annotations

import pytest

from radtl_tf.data.tables.normalize import KINDS, normalized

WIDE, FORM, SPACE, INVISIBLE, APOSTROPHE, OUTER = KINDS


@pytest.mark.parametrize(
    ("written", "normal", "kinds"),
    [
        ("P-017", "P-017", ()),
        ("M\xfcller", "M\xfcller", ()),
        ("\uff11\uff17", "17", (WIDE,)),
        ("Mu\u0308ller", "M\xfcller", (FORM,)),
        ("a\xa0b", "a b", (SPACE,)),
        ("P\u200b1", "P1", (INVISIBLE,)),
        ("'017", "017", (APOSTROPHE,)),
        ("yes ", "yes", (OUTER,)),
        ("\u3000'\uff11", "1", (WIDE, SPACE, APOSTROPHE, OUTER)),
        ("\uff8e\uff9e", "\u30dc", (WIDE,)),
    ],
)
def test_a_cell_is_normalized_and_the_kinds_are_told(written: str, normal: str, kinds: tuple[str, ...]) -> None:
    assert normalized(written) == (normal, kinds)
