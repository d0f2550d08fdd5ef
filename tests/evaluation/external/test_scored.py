"""One case per patient, and the counts of images and patients."""

from __future__ import annotations

import numpy as np
import pytest

from radtl_tf.data.manifest.cases import UNKNOWN
from radtl_tf.evaluation.external.scored import Scored, by_patient, count, counts_of_classes


def test_a_patients_case_is_the_mean_score() -> None:
    images = Scored(np.array([1, 0, 1]), np.array([[0.2], [0.4], [0.6]]), np.array([9, 4, 9]))
    cases = by_patient(images)
    assert cases.truth.tolist() == [0, 1]
    assert cases.scores[:, 0] == pytest.approx([0.4, 0.4])
    assert count(images) == {
        **{"images": 3, "patients": 2, "positive images": 2},
        **{"positive patients": 1, "negative patients": 1},
    }
    with pytest.raises(ValueError, match="patient has images"):
        by_patient(Scored(np.array([1, 0]), np.zeros((2, 1)), np.array([4, 4])))


def test_a_patient_has_the_label_of_the_images_where_it_is_known() -> None:
    truth, patients = np.array([UNKNOWN, 1, UNKNOWN, 0]), np.array([7, 7, 8, 9])
    cases = by_patient(Scored(truth, np.array([[0.2], [0.4], [0.5], [0.6]]), patients))
    assert cases.truth.tolist() == [1, UNKNOWN, 0]
    assert cases.scores[:, 0] == pytest.approx([0.3, 0.5, 0.6])


def test_the_counts_of_classes_name_each_class() -> None:
    views = {
        name: count(Scored(np.array(truth), np.zeros((3, 1)), np.array([7, 7, 8])))
        for name, truth in {"mass": [1, 1, 0], "edema": [0, 1, 1]}.items()
    }
    assert counts_of_classes(views) == {
        "images": 3,
        "patients": 2,
        "images with mass": 2,
        "patients with mass": 1,
        "images with edema": 2,
        "patients with edema": 2,
    }
