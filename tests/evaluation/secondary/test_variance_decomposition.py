"""Planted effects are recovered, and the shares add up to 1."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.secondary.variance_decomposition import FACTORS, RESIDUAL, decompose

RATES = {"frozen": ("0.01", "0.001"), "full": ("0.1", "0.02")}


def grid(seed: int = 0, noise: float = 0.0, **effects: float) -> pd.DataFrame:
    """Return a balanced grid; each factor named in ``effects`` adds normal effects of that SD per level."""
    random = np.random.default_rng(seed)
    rows = [
        (w, b, s, t, r, p, repeat, fold)
        for w, b, s, t, p, repeat, fold in product("abc", "xyz", "12", RATES, ("tf", "caffe"), range(4), range(5))
        for r in RATES[t]
    ]
    table = pd.DataFrame(rows, columns=list(FACTORS))
    values = noise * random.normal(size=len(table))
    nested = {"learning rate": ["tuning", "learning rate"], "fold": ["repeat", "fold"]}
    for name, sd in effects.items():
        name = name.replace("_", " ")
        levels = table.groupby(nested.get(name, [name])).ngroup()
        effect = random.normal(size=levels.max() + 1)
        if name in nested:  # within each parent, around 0
            parent = table.assign(level=levels).drop_duplicates("level").sort_values("level")[nested[name][0]]
            effect -= pd.Series(effect).groupby(parent.to_numpy()).transform("mean").to_numpy()
        values += sd * (effect - effect.mean())[levels]
    return table.assign(value=0.7 + values)


@pytest.mark.parametrize("name", FACTORS)
def test_a_single_planted_effect_is_all_there_is(name: str) -> None:
    found = decompose(grid(**{name.replace(" ", "_"): 0.1}))
    assert found is not None
    assert found.shares[name] == pytest.approx(1)
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.balanced


def test_planted_shares_are_recovered_beside_noise() -> None:
    runs = grid(weights=0.08, backbone=0.03, fold=0.05, noise=0.04)
    found = decompose(runs)
    assert found is not None
    means = runs["value"] - runs["value"].mean()
    for name in ("weights", "backbone"):
        between = means.groupby(runs[name]).transform("mean")
        assert found.shares[name] == pytest.approx((between**2).sum() / (means**2).sum())
    assert found.shares[RESIDUAL] * (means**2).sum() / len(runs) == pytest.approx(0.04**2, rel=0.1)
    assert sum(found.shares.values()) == pytest.approx(1)


def test_an_interaction_is_left_to_the_residual() -> None:
    runs = grid()
    sign = np.where(runs["pixels"] == "tf", 1, -1) * runs["weights"].map({"a": 1, "b": -1, "c": 0})
    found = decompose(runs.assign(value=0.7 + 0.1 * sign))
    assert found is not None
    assert found.shares[RESIDUAL] == pytest.approx(1)


def test_of_an_unbalanced_design_the_shares_still_add_up() -> None:
    runs = grid(weights=0.05, pixels=0.05, noise=0.02)
    found = decompose(runs[(runs["weights"] != "a") | (runs["pixels"] == "tf")])
    assert found is not None
    assert not found.balanced
    assert sum(found.shares.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in found.shares.values())


def test_factors_of_one_level_have_no_share_and_no_spread_no_decomposition() -> None:
    runs = grid(fold=0.1, noise=0.1)
    one = decompose(runs[(runs["weights"] == "a") & (runs["repeat"] == 0)])
    assert one is not None
    assert list(one.shares) == ["backbone", "image size", "tuning", "learning rate", "pixels", "fold", RESIDUAL]
    rates = decompose(runs[runs["learning rate"].isin(["0.01", "0.1"])])  # one per tuning
    assert rates is not None
    assert "learning rate" not in rates.shares
    assert rates.balanced
    assert decompose(runs.assign(value=0.5)) is None
    assert decompose(runs[:1]) is None


def test_the_experiments_runs_are_decomposed(evaluation: Evaluation) -> None:
    found = evaluation.secondary.decomposition
    assert found is not None
    trained = evaluation.folds[~evaluation.folds["scenario"].str.contains("probe")]
    assert (found.runs, found.mean) == (len(trained), pytest.approx(trained["value"].mean()))
    assert found.sd == pytest.approx(trained["value"].std(ddof=1))
    assert list(found.shares) == ["weights", "backbone", "tuning", "learning rate", "fold", RESIDUAL]
    assert found.balanced
    assert re.search(rf"\b80 runs .*{found.mean:.3f} ± {found.sd:.3f}", found.sentence("AUROC"))


def test_conventions_are_a_factor_where_the_grid_lists_them(outcome: Callable[..., Path]) -> None:
    listed = evaluate(outcome("listed", backbones=("ResNet50",), pixels=("caffe", "tf"))).secondary.decomposition
    assert listed is not None
    assert "pixels" in listed.shares
    signal = {"radimagenet": 1.0, "imagenet": 1.0}
    uncertain = {"signal": signal, "alternatives": {"radimagenet": "zero_one"}, "backbones": ("ResNet50",)}
    own = evaluate(outcome("own", **uncertain)).secondary.decomposition
    assert own is not None
    assert own.runs == 2 * 4 * 5  # without the alternative
    assert "pixels" not in own.shares
