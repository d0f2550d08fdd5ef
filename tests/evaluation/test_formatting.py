from __future__ import annotations

from radtl_tf.evaluation.formatting import number, p_text, range_text


def test_numbers_in_words() -> None:
    assert (number(0.0004, sign=True), number(-0.0004), number(1.0)) == ("+0.000", "0.000", "1.000")
    assert (p_text(0.0009), p_text(0.0264), p_text(float("nan"))) == ("< 0.001", "= 0.026", "-")
    assert (range_text(0.1, 0.25), range_text(float("nan"), float("nan"))) == ("0.100 to 0.250", "-")
