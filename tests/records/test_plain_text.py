from __future__ import annotations

import pytest

from radtl_tf.records.plain_text import normal_text


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" yes ", "yes"),
        ("a\N{NO-BREAK SPACE}b", "a b"),
        ("\N{IDEOGRAPHIC SPACE}\N{ZERO WIDTH SPACE}a\N{ZERO WIDTH NO-BREAK SPACE}", "a"),
        ("Mu\N{COMBINING DIAERESIS}ller", "M\N{LATIN SMALL LETTER U WITH DIAERESIS}ller"),
        ("e\N{ZERO WIDTH SPACE}\N{COMBINING ACUTE ACCENT}", "\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("\N{FULLWIDTH DIGIT ONE}\N{FULLWIDTH DIGIT SEVEN}", "17"),
        ("'00017", "00017"),
        ("''00017", "00017"),
        ("'yes'", "yes"),
        ("O'Brien", "O'Brien"),
        ("'", ""),
        ("-1.0", "-1.0"),
    ],
)
def test_a_text_has_one_form_which_stays(written: str, normal: str) -> None:
    assert normal_text(written) == normal
    assert normal_text(normal) == normal
