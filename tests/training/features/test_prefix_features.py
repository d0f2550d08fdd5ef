"""The cache of prefix outputs: computed once, found again, never incomplete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.errors import WeightsError
from radtl_tf.models.backbones import build_base
from radtl_tf.models.cka import stage_model
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.models.tuning import split
from radtl_tf.training.features.array_cache import ArrayCache
from radtl_tf.training.features.prefix_features import (
    POOLED,
    STAGES,
    FeatureStore,
    PrefixPass,
    choose_kept,
    chunks,
    cut_bytes,
)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the size of every batch that a prefix computes."""
    seen: list[int] = []
    call = PrefixPass.__call__
    monkeypatch.setattr(PrefixPass, "__call__", lambda self, images: seen.append(len(images)) or call(self, images))
    return seen


def test_a_pass_gives_the_features_of_the_network_and_follows_its_weights(tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=0)
    prefix = PrefixPass(base, ["frozen", "topK4"])
    images = np.random.default_rng(0).uniform(-1, 1, (3, 32, 32, 3)).astype(np.float32)
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        base.set_weights([rng.uniform(0.2, 1.2, weight.shape) for weight in base.weights])  # also variances: positive
        prefix.load(prefix)
        found = prefix(images)
        for tuning, cuts in found.items():
            expected = [np.asarray(one) for one in split(base, tuning).prefix(images)]
            for ours, theirs in zip(cuts, expected, strict=True):
                np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6 * np.ptp(theirs))


def test_a_pass_takes_values_instead_of_the_weights_of_the_network(tiny_backbone: str) -> None:
    base, other = (build_base(tiny_backbone, 32, seed=seed) for seed in (0, 1))
    images = np.random.default_rng(0).uniform(-1, 1, (3, 32, 32, 3)).astype(np.float32)
    given, expected = PrefixPass(base, ["frozen"]), PrefixPass(other, ["frozen"])
    given.load(given, other.get_weights())
    np.testing.assert_array_equal(given(images)["frozen"][0], expected(images)["frozen"][0])


def test_a_store_of_other_weights_does_not_get_the_features_of_the_first(
    tiny_backbone: str, pixels: np.ndarray, tmp_path: Path
) -> None:
    base = build_base(tiny_backbone, 32, seed=0)
    prefix = PrefixPass(base, ["frozen"])
    found = []
    for seed in (1, 2):
        base.set_weights(build_base(tiny_backbone, 32, seed=seed).get_weights())
        store = FeatureStore(
            {"frozen": prefix},
            pixels,
            convention=convention("tf"),
            augmentation="none",
            seed=1,
            cache=ArrayCache(tmp_path, limit=0),
            key={},
            kept={},
            name="weights",
        )
        (features,) = store.rows("frozen", np.arange(2), None)
        expected = np.asarray(base(to_network(pixels[:2], convention("tf"))))
        np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-6)
        found.append(features)
    assert not np.allclose(*found)


def test_every_image_passes_once_for_all_tunings(make_source: Any, tiny_backbone: str, passes: list[int]) -> None:
    _, source = make_source(tiny_backbone, "topK2")
    for tuning in ("topK2", "frozen", "topK2"):
        source.store.rows(tuning, np.array([5, 2]), None)
    assert sum(passes) == 72


def test_a_second_store_finds_the_features_of_the_first(
    make_source: Any, tiny_backbone: str, passes: list[int]
) -> None:
    first = make_source(tiny_backbone, "frozen")[1].store.rows("frozen", np.arange(72), None)
    again = make_source(tiny_backbone, "frozen")[1].store.rows("frozen", np.arange(72), None)
    assert sum(passes) == 72
    assert np.array_equal(first[0], again[0])


def test_rows_come_in_the_order_that_was_asked_for(make_source: Any, tiny_backbone: str) -> None:
    store = make_source(tiny_backbone, "frozen")[1].store
    (all_rows,) = store.rows("frozen", np.arange(72), None)
    (some,) = store.rows("frozen", np.array([70, 3, 3]), None)
    assert np.array_equal(some, all_rows[[70, 3, 3]])


def test_a_killed_pass_leaves_nothing_behind(
    make_source: Any, tiny_backbone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_source(tiny_backbone, "frozen")[1].store
    with monkeypatch.context() as patch:
        patch.setattr(PrefixPass, "__call__", lambda self, images: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.rows("frozen", np.arange(3), None)
    assert [path for path in tmp_path.rglob("*.npy")] == []
    assert store.rows("frozen", np.arange(3), None)[0].shape[0] == 3


def test_features_that_are_not_finite_never_get_into_the_cache(
    make_source: Any, tiny_backbone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_source(tiny_backbone, "topK2")[1].store
    call = PrefixPass.__call__

    def spoiled(self: PrefixPass, images: Any) -> Any:
        cuts = call(self, images)
        if len(images) < 32:  # the last batch
            cuts["topK2"][0].flat[5] = np.nan
        return cuts

    monkeypatch.setattr(PrefixPass, "__call__", lambda self, images: {**spoiled(self, images)})
    with pytest.raises(WeightsError) as caught:
        store.rows("frozen", np.arange(3), None)
    assert re.search(f"{tiny_backbone} .*random", str(caught.value)) and "\n" not in str(caught.value)
    assert list(tmp_path.rglob("*.npy")) == []


def test_a_damaged_file_of_the_cache_is_computed_again_to_the_same_numbers(
    make_source: Any, tiny_backbone: str, tmp_path: Path, passes: list[int]
) -> None:
    (first,) = make_source(tiny_backbone, "frozen")[1].store.rows("frozen", np.arange(72), None)
    (file,) = tmp_path.rglob("*.npy")
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[:-2] + bytes([content[-2] ^ 64]) + content[-1:])
    store = make_source(tiny_backbone, "frozen")[1].store
    assert store.missing(0) == 1
    assert np.array_equal(store.rows("frozen", np.arange(72), None)[0], first)
    assert sum(passes) == 2 * 72


def test_views_differ_from_each_other_and_from_the_plain_one(make_source: Any, tiny_backbone: str) -> None:
    store = make_source(tiny_backbone, "frozen", augmentation="published")[1].store
    plain, first, second = (store.rows("frozen", np.arange(8), view)[0] for view in (None, 0, 1))
    assert not np.allclose(plain, first) and not np.allclose(first, second)


def test_chunks_cover_everything_in_order() -> None:
    assert [list(chunk) for chunk in chunks(np.arange(5), 2)] == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize(
    ("limit", "kept"),
    [
        (1000, {"frozen": 3, "topK5": 3, "top10": 3}),
        (330, {"frozen": 3, "topK5": 3, "top10": 2}),
        (120, {"frozen": 3, "topK5": 2, "top10": 0}),
        (0, {"frozen": 1, "topK5": 0, "top10": 0}),
    ],
)
def test_pooled_features_are_kept_first_and_then_what_fits(limit: int, kept: dict[str, int]) -> None:
    assert choose_kept({"top10": 90, "frozen": 20, "topK5": 30}, renderings=3, limit=limit) == kept


def test_a_cut_takes_four_bytes_a_number() -> None:
    assert cut_bytes([(3, 3, 2), (4,)], num_examples=10) == 4 * 22 * 10


def test_views_beyond_those_that_are_kept_are_computed_with_the_same_numbers(
    make_source: Any, tiny_backbone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = make_source(tiny_backbone, "frozen", augmentation="published")[1].store
    few = make_source(tiny_backbone, "frozen", augmentation="published")[1].store
    monkeypatch.setattr(few, "_kept", {"frozen": 2})
    monkeypatch.setattr(few, "_cache", ArrayCache(tmp_path / "few", limit=1e9))
    positions = np.array([7, 0, 71])
    for view in (None, 0, 1, 2):
        (a,), (b,) = (store.rows("frozen", positions, view) for store in (kept, few))
        assert np.allclose(a, b, rtol=1e-4, atol=1e-4)
    assert len(list((tmp_path / "few").glob("*/key.json"))) == 2


def test_the_plain_rendering_is_the_same_entry_whatever_the_augmentation(
    make_source: Any, tiny_backbone: str, passes: list[int]
) -> None:
    for augmentation in ("none", "published"):
        make_source(tiny_backbone, "frozen", augmentation=augmentation)[1].store.rows("frozen", np.arange(2), None)
    assert sum(passes) == 72


def test_stages_come_with_the_features_and_cause_no_pass(
    pixels: np.ndarray, tiny_backbone: str, tmp_path: Path, passes: list[int]
) -> None:
    base, started = build_base(tiny_backbone, 32, seed=11), []

    def features(*kept: str, name: str = "") -> FeatureStore:
        store = FeatureStore(
            dict.fromkeys(kept, PrefixPass(base, kept)),
            pixels,
            convention=convention("tf"),
            augmentation="none",
            seed=1,
            cache=ArrayCache(tmp_path / "features", limit=1e9),
            key={"name": name},
            kept=dict.fromkeys(kept, 1),
            name=name,
            begin=lambda: started.append(name),
        )
        store.rows(POOLED, np.arange(72), None)
        return store

    features(POOLED)
    assert features(POOLED, STAGES).found(STAGES) is None
    assert sum(passes) == 72 and set(started) == {""}
    found = features(POOLED, STAGES, name="other").found(STAGES)
    assert sum(passes) == 2 * 72 and found is not None
    expected = stage_model(base).predict_on_batch(to_network(pixels, convention("tf")))
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-4, atol=1e-5)
