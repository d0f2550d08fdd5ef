from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from radtl_tf.data.folds.draw import draw_folds
from radtl_tf.data.manifest.cases import Cases
from radtl_tf.evaluation.inference.repeated_folds import contributions
from radtl_tf.evaluation.metrics.auroc import auroc
from radtl_tf.records.experiment import FoldPlan

DISTANCES = (1.5, 1.5, 1.2)


@pytest.fixture
def cell(simulation: ModuleType) -> Any:
    return simulation.Cell(100, 0.5, 0.8, 3, "image")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(726)


def _counts(truth: np.ndarray, patients: np.ndarray) -> tuple[int, int]:
    return int((truth[patients] == 1).sum()), int((truth[patients] == 0).sum())


def test_folds_keep_patients_whole_and_classes_even_as_radtl_does(
    simulation: ModuleType, cell: Any, rng: np.random.Generator
) -> None:
    """Every part has the same counts per class as with ``draw_folds``, for patients with three images."""
    truth = np.repeat([1, 0], 50)
    patients = np.repeat(np.arange(100), 3)
    ids = tuple(map(str, range(100)))
    cases = Cases(np.arange(300), truth[patients], patients, ids, ("absent", "present"), "image")
    drawn = draw_folds(cases, FoldPlan(repeats=2), seed=1)
    expected = {part: _counts(truth, np.unique(patients[where])) for part, where in drawn[0].parts()}
    assert all(
        _counts(truth, np.unique(patients[where])) == expected[part] for fold in drawn for part, where in fold.parts()
    )
    split = simulation.draw_split(cell, 3, 2, rng)
    for number, repeat in np.ndindex(3, 2):
        test = np.concatenate([part[number, repeat] for part in split.test], axis=-1)
        assert sorted(test.ravel().tolist()) == list(range(100))  # each patient is tested once in a repeat
        for fold in range(5):
            trained = np.flatnonzero(split.train[number, repeat, fold])
            assert not set(trained) & set(test[fold])
            assert _counts(truth, test[fold]) == expected["test"]
            assert _counts(truth, trained) == expected["train"]


def test_each_repeat_draws_its_own_folds(simulation: ModuleType, cell: Any, rng: np.random.Generator) -> None:
    split = simulation.draw_split(replace(cell, inner=0.0), 2, 2, rng)
    assert split.train.sum(axis=-1).tolist() == np.full((2, 2, 5), 80).tolist()
    assert not np.array_equal(split.train[:, 0], split.train[:, 1])
    assert not np.array_equal(split.train[0], split.train[1])


def test_classes_that_cannot_be_divided_evenly_are_a_programming_error(
    simulation: ModuleType, cell: Any, rng: np.random.Generator
) -> None:
    with pytest.raises(ValueError, match="equal folds"):
        simulation.draw_split(replace(cell, patients=104), 1, 1, rng)


def test_cells_that_radtl_would_refuse_are_known(simulation: ModuleType) -> None:
    sizes = [(150, 0.05), (300, 0.05), (600, 0.05), (150, 0.5)]
    assert [simulation.Cell(*size, 0.8, 1, "patient").is_refused for size in sizes] == [True, True, False, False]


def test_noise_is_correlated_as_it_is_said_to_be(simulation: ModuleType, cell: Any, rng: np.random.Generator) -> None:
    noise = simulation.draw_noise(replace(cell, patients=20_000), 1, 2, rng)[0]  # (2, patients, 3, FEATURES)
    flat = np.stack([noise[0, :, 0, 0], noise[0, :, 1, 0], noise[1, :, 0, 0], noise[0, :, 0, 1]])
    found = np.cov(flat)
    assert np.diag(found) == pytest.approx(np.ones(4), abs=0.05)
    expected = [simulation.IMAGES_SHARE, simulation.SOURCES_SHARE, 0]
    assert found[0, 1:] == pytest.approx(expected, abs=0.04)


def test_a_head_is_the_ridge_discriminant_of_its_training_part(
    simulation: ModuleType, cell: Any, rng: np.random.Generator
) -> None:
    noise, split = simulation.draw_noise(cell, 2, 2, rng), simulation.draw_split(cell, 2, 1, rng)
    fits = simulation.train(noise, cell, split.train[:, 0])
    head = fits[0, 1, 0, 3] + 1.5 * fits[1, 1, 0, 3]  # data set 1, source a, fold 3
    features = noise[1, 0].astype(float)
    features[:50, :, 0] += 1.5
    kept = split.train[1, 0, 3] == 1
    positive, negative = (features[where & kept].reshape(-1, simulation.FEATURES) for where in _classes(100))
    centered = np.concatenate([positive - positive.mean(axis=0), negative - negative.mean(axis=0)])
    covariance = centered.T @ centered / (len(centered) - 2) + simulation.RIDGE * np.eye(simulation.FEATURES)
    expected = np.linalg.solve(covariance, positive.mean(axis=0) - negative.mean(axis=0))
    assert head == pytest.approx(expected, rel=1e-3, abs=1e-4)


def _classes(patients: int) -> tuple[np.ndarray, np.ndarray]:
    positive = np.arange(patients) < patients // 2
    return positive, ~positive


@pytest.mark.parametrize(("images", "unit"), [(1, "patient"), (3, "patient"), (3, "image")])
def test_the_closed_form_is_the_auroc_of_200_000_patients(
    simulation: ModuleType, rng: np.random.Generator, images: int, unit: str
) -> None:
    cell = simulation.Cell(200_000, 0.5, 0.8, images, unit)
    features = simulation.draw_noise(cell, 1, 1, rng)[0, 0]
    truth = np.repeat([1, 0], 100_000)
    features[truth == 1, :, 0] += 1.2
    head = np.linspace(1, -0.3, simulation.FEATURES)
    scores = features.astype(float) @ head
    scores = scores.mean(axis=1) if unit == "patient" else scores[:, 0]  # with one image each, every image is a case
    assert simulation.closed_form(head, 1.2, cell.pooled) == pytest.approx(auroc(truth, scores), abs=0.005)


@pytest.mark.parametrize("unit", ["patient", "image"])
def test_wins_are_the_auroc_that_radtl_measures(
    simulation: ModuleType, cell: Any, rng: np.random.Generator, unit: str
) -> None:
    noise, split = simulation.draw_noise(cell, 1, 3, rng), simulation.draw_split(cell, 1, 2, rng)
    cases = noise[0].mean(axis=2, keepdims=True) if unit == "patient" else noise[0]
    heads = rng.standard_normal((3, 10, simulation.FEATURES)).astype(np.float32)
    test = tuple(part[0].reshape(10, -1) for part in split.test)
    found = simulation.wins(cases, heads, test).mean(axis=(-2, -1))
    for source, part in np.ndindex(3, 10):
        truth = np.repeat([1, 0], 10 * cases.shape[2])
        tested = np.concatenate([test[0][part], test[1][part]])
        scores = (cases[source, tested] @ heads[source, part]).ravel()
        assert found[source, part] == pytest.approx(auroc(truth, scores), abs=1e-6)


def test_the_distance_of_the_classes_gives_the_auroc_that_was_asked_for(simulation: ModuleType, cell: Any) -> None:
    fits = simulation.training_parts(cell, 200, (1,))
    distance, error = simulation.calibrate(fits, 0.8, 1)
    heads = fits[0] + distance * fits[1]
    assert simulation.closed_form(heads, distance, 1).mean() == pytest.approx(0.8, abs=1e-6)
    again, _ = simulation.calibrate(simulation.training_parts(cell, 200, (2,)), 0.8, 1)
    assert simulation.closed_form(heads, again, 1).mean() == pytest.approx(0.8, abs=6 * error)
    assert 0 < error < 0.005
    assert simulation.calibrate(fits, 0.8, 3)[0] < distance  # the mean of three images has more information


def test_the_null_is_exchangeable(simulation: ModuleType, cell: Any) -> None:
    """Sources a and b are equal, so the distribution of their difference is symmetric in mean, spread and shape."""
    found = simulation.simulate(cell, DISTANCES, 400, 1, replicates=4, seed=(3,)).measured[:, :, 0]  # (D, 3, K)
    gaps = (found[:, 0] - found[:, 1]).mean(axis=-1)
    standard = (gaps - gaps.mean()) / gaps.std()
    assert abs(gaps.mean()) < 4 * gaps.std() / np.sqrt(400)
    assert abs((standard**3).mean()) < 4 * np.sqrt(6 / 400)
    assert found[:, 0].std() == pytest.approx(found[:, 1].std(), rel=0.1)
    assert (found[:, 1] - found[:, 2]).mean() > 0.02


def test_simulations_depend_on_their_seed_only(simulation: ModuleType, cell: Any) -> None:
    first, again, other = (
        simulation.simulate(cell, DISTANCES, 3, 2, replicates=5, seed=seed) for seed in ((1,), (1,), (2,))
    )
    assert np.array_equal(first.measured, again.measured)
    assert np.array_equal(first.bootstrap, again.bootstrap)
    assert not np.array_equal(first.measured, other.measured)
    assert first.measured.shape == (3, 3, 2, 5)
    assert first.bootstrap.shape == (3, 3, 2, 5)  # five replicates


def test_the_bootstrap_spreads_about_the_measured_value(simulation: ModuleType, cell: Any) -> None:
    found = simulation.simulate(cell, DISTANCES, 4, 2, replicates=300, seed=(4,))
    spread = found.bootstrap.std(axis=-1)
    assert found.bootstrap.mean(axis=-1) == pytest.approx(found.measured.mean(axis=-1), abs=0.02)
    assert ((spread > 0.01) & (spread < 0.08)).all()


@pytest.mark.parametrize("unit", ["patient", "image"])
def test_what_patients_add_is_that_of_radtl(
    simulation: ModuleType, cell: Any, rng: np.random.Generator, unit: str
) -> None:
    of_unit = replace(cell, unit=unit)
    cases = 1 if unit == "patient" else 3
    split = simulation.draw_split(of_unit, 1, 2, rng)
    test = tuple(part[0].reshape(10, -1) for part in split.test)
    features = rng.standard_normal((3, 100, cases, simulation.FEATURES), dtype=np.float32)
    heads = rng.standard_normal((3, 10, simulation.FEATURES), dtype=np.float32)
    found = simulation.by_patient(simulation.wins(features, heads, test), test, of_unit, 2)
    scores = np.einsum("pcf,tf->tpc", features[1], heads[1])
    for repeat in range(2):
        parts = [np.concatenate([part[5 * repeat + fold] for part in test]) for fold in range(5)]
        patients = np.concatenate(parts).repeat(cases)
        score = np.concatenate([scores[5 * repeat + fold, part].ravel() for fold, part in enumerate(parts)])
        folds = np.repeat(range(5), 20 * cases)
        expected = contributions(patients < 50, score, folds, patients, 100)
        assert found[1, repeat] == pytest.approx(expected, abs=1e-6)
