from __future__ import annotations

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
