from __future__ import annotations

from dataclasses import replace

import numpy as np

from radtl_tf.data.manifest.cases import Cases
from radtl_tf.library.data.summary import summary_html, summary_text

CASES = Cases(np.arange(3), np.array([0, 1, 1]), np.array([0, 1, 1]), ("#a", "#b"), ("no", "yes"), "patient")


def test_the_positive_class_comes_first() -> None:
    head, *classes = summary_text(CASES).splitlines()
    assert "3 images of 2 patients" in head
    assert [line.split(":")[0].strip() for line in classes] == ["yes (positive)", "no"]
    assert classes[0].endswith("2 images of 1 patient")


def test_no_patient_is_named() -> None:
    assert "#a" not in summary_text(CASES) + summary_html(CASES)


def test_numbers_have_a_mean_and_a_range() -> None:
    numbers = replace(CASES, truth=np.array([6.0, 8.0, 13.0]), classes=(), kind="regression")
    head, line = summary_text(numbers).splitlines()
    assert "3 images of 2 patients, regression" in head
    assert line.strip() == "mean 9, SD 2.944, from 6 to 13" and line.strip() in summary_html(numbers)
