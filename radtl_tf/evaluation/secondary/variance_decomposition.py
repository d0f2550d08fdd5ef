"""What explains the variance of the test AUROC or MAE over all runs: a decomposition of sums of squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from radtl_tf.evaluation.question.inner_choice import RunValues
from radtl_tf.evaluation.results.experiment_record import NATIVE, ExperimentRecord
from radtl_tf.records.runs import Scenario

# In this order: each factor explains what the factors before it leave. A nested factor counts within its parent.
FACTORS = ("weights", "backbone", "image size", "tuning", "learning rate", "pixels", "repeat", "fold")
NESTED = {"learning rate": "tuning", "fold": "repeat"}
RESIDUAL = "residual"
NAMES = {
    "learning rate": "learning rate (within tuning)",
    "fold": "fold (within repeat)",
    RESIDUAL: "residual (interactions and chance)",
}


@dataclass(frozen=True)
class Decomposition:
    """``shares``: of the total sum of squares, by factor, 0..1, with the residual last; they add up to 1.

    ``mean`` and ``sd`` are of the test values over the ``runs``. ``balanced``: every combination of the levels has the
    same number of runs, so the order of the factors does not matter.
    """

    shares: dict[str, float]
    mean: float
    sd: float
    runs: int
    balanced: bool

    def sentence(self, metric: str, in_unit: str = "") -> str:
        """Return the shares in words, the largest first; ``metric`` and its unit are those of the values."""
        ordered = sorted(self.shares.items(), key=lambda item: -item[1])
        told = ", ".join(f"{NAMES.get(name, name)} {100 * share:.0f} %" for name, share in ordered)
        spread = f"{self.mean:.3f} ± {self.sd:.3f}{in_unit}"
        return f"The {metric} over all {self.runs} runs is {spread}. Share of the variance: {told}."


def decomposition(record: ExperimentRecord, values: RunValues) -> Decomposition | None:
    """Decompose the test value of the grid's runs; ``None`` if they do not vary.

    It covers all trained scenarios if the experiment lists pixel conventions; otherwise each weights counts only under
    its own convention.
    """
    several = len(record.axis) > 1
    scenarios = record.trained if several else [s for s in record.trained if _is_native(record, s)]
    rows = run_table(scenarios, values)
    return decompose(rows if several else rows.assign(pixels=NATIVE))


def run_table(scenarios: list[Scenario], values: RunValues) -> pd.DataFrame:
    """Return a row per run: the level of each factor and its test ``value``."""
    rows = [
        (*_axes(s), *at, value)
        for s in scenarios
        for at, value in values.tested[s.name].items()
        if isinstance(at, tuple)
    ]
    return pd.DataFrame(rows, columns=[*FACTORS, "value"])


def _axes(scenario: Scenario) -> tuple[str, ...]:
    setting = scenario.setting
    size = str(setting.image_size or "")
    return setting.weights, setting.backbone, size, setting.tuning, str(scenario.learning_rate), setting.pixels


def decompose(runs: pd.DataFrame) -> Decomposition | None:
    """Decompose ``value`` of the rows by ``FACTORS``; ``None`` if it does not vary.

    Sequential (type I) sums of squares: the reduction of the residual sum of squares that a factor adds to the factors
    before it. A factor of one level has no share. In a balanced design the order does not matter (Searle, Linear
    Models, 1971).
    """
    values = runs["value"].to_numpy(dtype=float)
    total = float(((values - values.mean()) ** 2).sum())
    if len(runs) < 2 or total < 1e-12:
        return None
    levels = {name: _levels(runs, name) for name in FACTORS}
    varying = {name: codes for name, codes in levels.items() if codes.max() > _coarser(name, levels)}
    left, columns, shares = total, [np.ones((len(runs), 1))], {}
    for name, codes in varying.items():
        columns.append(np.eye(codes.max() + 1)[codes])
        rest = _rest(np.hstack(columns), values)
        shares[name] = max(0.0, left - rest) / total
        left = rest
    return Decomposition(
        shares={**shares, RESIDUAL: left / total},
        mean=float(values.mean()),
        sd=float(values.std(ddof=1)),
        runs=len(runs),
        balanced=_is_balanced(varying),
    )


def _is_native(record: ExperimentRecord, scenario: Scenario) -> bool:
    setting = scenario.setting
    return setting.pixels == record.convention(NATIVE, setting.weights, setting.backbone)


def _levels(runs: pd.DataFrame, name: str) -> NDArray[np.int64]:
    """Return (n,): the number of the level of each run; a level of a nested factor combines parent and factor."""
    columns = [NESTED[name], name] if name in NESTED else [name]
    return np.asarray(runs.groupby(columns, sort=True).ngroup(), dtype=np.int64)


def _coarser(name: str, levels: dict[str, NDArray[np.int64]]) -> int:
    """Return the highest level known before the factor: the highest of its parent, or 0."""
    return int(levels[NESTED[name]].max()) if name in NESTED else 0


def _rest(design: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Return the residual sum of squares of the least-squares fit, by the normal equations: columns are few."""
    fitted = design @ np.linalg.lstsq(design.T @ design, design.T @ values)[0]
    return float(((values - fitted) ** 2).sum())


def _is_balanced(levels: dict[str, NDArray[np.int64]]) -> bool:
    """Tell whether every combination occurs equally often; a nested factor also covers its parent."""
    names = [name for name in levels if name not in NESTED.values() or not _child(name, levels)]
    if not names:
        return True
    _, counts = np.unique(np.column_stack([levels[name] for name in names]), axis=0, return_counts=True)
    expected = int(np.prod([levels[name].max() + 1 for name in names]))
    return len(counts) == expected and counts.min() == counts.max()


def _child(name: str, levels: dict[str, NDArray[np.int64]]) -> bool:
    return any(parent == name and child in levels for child, parent in NESTED.items())
