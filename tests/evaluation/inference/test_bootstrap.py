from __future__ import annotations

import math

import numpy as np
import pytest

from radtl_tf.evaluation.inference import bootstrap as module
from radtl_tf.evaluation.inference.bootstrap import Bootstrap, bootstrap
from radtl_tf.evaluation.inference.delong import delong
from radtl_tf.evaluation.metrics import weighted
from radtl_tf.evaluation.metrics.auroc import auroc


def clustered(num_patients: int = 80, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return truth, score and patient of one to four images per patient, which resemble each other."""
    random = np.random.default_rng(seed)
    patients = np.repeat(np.arange(num_patients), random.integers(1, 5, num_patients))
    truth = np.arange(num_patients)[patients] % 2
    score = random.normal(size=num_patients)[patients] + truth + 0.3 * random.normal(size=len(patients))
    return truth, np.round(score, 1), patients


def of_auroc(truth: np.ndarray, score: np.ndarray, patients: np.ndarray, replicates: int = 500) -> Bootstrap:
    (found,) = bootstrap([weighted.auroc(truth, score)], patients, replicates=replicates, seed=5)
    return found


def test_a_replicate_is_the_auroc_of_the_drawn_patients_images() -> None:
    truth, score, patients = clustered()
    found = of_auroc(truth, score, patients, replicates=20)
    drawn = np.random.default_rng(5).integers(80, size=(20, 80))
    for row, replicate in zip(drawn, found.replicates, strict=True):
        images = np.concatenate([np.flatnonzero(patients == patient) for patient in row])
        assert replicate == pytest.approx(auroc(truth[images], score[images]), abs=1e-12)
    assert found.value == auroc(truth, score)


def test_duplicating_every_image_changes_nothing() -> None:
    truth, score, patients = clustered()
    once, often = (of_auroc(*(np.repeat(values, times) for values in (truth, score, patients))) for times in (1, 3))
    np.testing.assert_allclose(often.replicates, once.replicates, rtol=1e-12)
    assert often.standard_error == pytest.approx(once.standard_error)
    naive = of_auroc(*(np.repeat(values, 3) for values in (truth, score)), patients=np.arange(3 * len(truth)))
    assert naive.standard_error < 0.7 * of_auroc(truth, score, np.arange(len(truth))).standard_error


def test_turned_scores_turn_every_replicate() -> None:
    truth, score, patients = clustered()
    found, turned = of_auroc(truth, score, patients), of_auroc(truth, 1 - score, patients)
    np.testing.assert_allclose(turned.replicates, 1 - found.replicates, atol=1e-12)


def test_names_and_order_of_images_within_a_patient_do_not_matter() -> None:
    truth, score, patients = clustered()
    names = np.array([f"p{900 - patient}" for patient in patients])
    assert np.array_equal(of_auroc(truth, score, names).replicates, of_auroc(truth, score, patients).replicates)
    moved = np.lexsort((-np.arange(len(truth)), patients))
    found = of_auroc(truth[moved], score[moved], patients[moved])
    np.testing.assert_allclose(found.replicates, of_auroc(truth, score, patients).replicates)


def test_the_size_of_the_blocks_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = of_auroc(*clustered(), replicates=101)
    monkeypatch.setattr(module, "_BLOCK", 3000)
    assert np.array_equal(of_auroc(*clustered(), replicates=101).replicates, whole.replicates)
    monkeypatch.setattr(module, "_BLOCK", 1)
    assert np.array_equal(of_auroc(*clustered(), replicates=101).replicates, whole.replicates)


def test_memory_stays_bounded_however_many_replicates(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def watched(weights: np.ndarray) -> np.ndarray:
        sizes.append(weights.size)
        return weights[0]

    bootstrap([watched], np.arange(1000), replicates=5000, seed=1)
    assert max(sizes) <= module._BLOCK


def test_where_no_patient_repeats_it_agrees_with_delong() -> None:
    random = np.random.default_rng(2)
    truth = np.arange(300) % 2
    score = random.normal(size=300) + truth
    found, closed = of_auroc(truth, score, np.arange(300), replicates=2000), delong(truth, score)
    assert found.standard_error == pytest.approx(closed.standard_error(), rel=0.06)
    assert found.interval() == pytest.approx(closed.interval(), abs=0.01)


def test_images_of_a_patient_that_resemble_each_other_widen_the_interval() -> None:
    truth, score, patients = clustered(200)
    of_patients, of_images = of_auroc(truth, score, patients), of_auroc(truth, score, np.arange(len(truth)))
    assert of_patients.standard_error > 1.2 * of_images.standard_error


def test_replicates_of_one_class_are_counted_and_left_out() -> None:
    truth, score = np.array([1, 0, 0, 0]), np.array([0.7, 0.2, 0.8, 0.1])
    found = of_auroc(truth, score, np.arange(4), replicates=4000)
    assert found.num_failed / 4000 == pytest.approx((3 / 4) ** 4 + (1 / 4) ** 4, abs=0.03)
    assert all(map(math.isfinite, found.interval()))
    none = of_auroc(np.zeros(4), score, np.arange(4), replicates=10)
    assert none.num_failed == 10
    assert all(map(math.isnan, (none.value, none.standard_error, none.p_value, *none.interval())))


def test_a_paired_difference_uses_the_same_draws() -> None:
    truth, score, patients = clustered()
    noisy = score + np.random.default_rng(1).normal(size=len(score))
    first, second = bootstrap(
        [weighted.auroc(truth, score), weighted.auroc(truth, noisy)], patients, replicates=500, seed=5
    )
    test = first.minus(second)
    assert test.value == pytest.approx(auroc(truth, score) - auroc(truth, noisy))
    assert test.standard_error < math.hypot(first.standard_error, second.standard_error)
    assert first.minus(first).p_value == 1
    with pytest.raises(ValueError, match="paired"):
        first.minus(of_auroc(truth, score, patients, replicates=10))


def test_p_and_interval_say_the_same() -> None:
    replicates = np.random.default_rng(4).normal(0.1, 0.06, 4000)
    test = Bootstrap(0.1, replicates)
    low, _ = test.interval(1 - test.p_value)
    assert low == pytest.approx(0, abs=0.002)
    assert Bootstrap(0.1, np.abs(replicates) + 0.01).p_value == pytest.approx(2 / 4001)


def test_the_clustered_interval_covers_and_the_naive_one_does_not() -> None:
    """Three alike images for each of 60 patients; two normal distributions one SD apart have an AUROC of 0.76."""
    random = np.random.default_rng(11)
    patients = np.repeat(np.arange(60), 3)
    truth = patients % 2
    held, naive = 0, 0
    for turn in range(200):
        score = random.normal(size=60)[patients] + truth
        for cases, count in ((patients, "held"), (np.arange(180), "naive")):
            (found,) = bootstrap([weighted.auroc(truth, score)], cases, replicates=200, seed=turn)
            low, high = found.interval()
            inside = low <= 0.7602 <= high
            held, naive = (held + inside, naive) if count == "held" else (held, naive + inside)
    assert held / 200 > 0.89
    assert naive / 200 < 0.80
