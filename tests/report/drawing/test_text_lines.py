from __future__ import annotations

from radtl_tf.report.drawing.text_lines import text_width, wrapped

TEXT = "The mean AUROC is 0.872 with imagenet and 0.812 with random."


def test_every_line_fits_and_no_word_is_lost() -> None:
    lines = wrapped(TEXT, 120, 13)
    assert len(lines) > 2
    assert " ".join(lines) == TEXT
    assert all(text_width(line, 13) <= 120 for line in lines)


def test_a_word_that_is_too_long_is_divided() -> None:
    lines = wrapped("a" * 100, 50, 10)
    assert "".join(lines) == "a" * 100
    assert all(0 < text_width(line, 10) <= 50 for line in lines)


def test_width_grows_with_size_weight_and_east_asian_letters() -> None:
    assert text_width("mm", 20) == 2 * text_width("mm", 10) > 0
    assert text_width("mm", 10, bold=True) > text_width("mm", 10)
    assert text_width("肺炎", 10) == 20


def test_no_text_has_no_line() -> None:
    assert wrapped("  ", 50, 10) == []
