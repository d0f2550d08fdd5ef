from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

from radtl_tf.evaluation.inference.corrected_t import fold_mean

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks" / "coverage.py"
VALUES = (0.81, 0.86, 0.78, 0.9, 0.84) * 2
CELL = "150-0.5-0.8-1-patient-0.2"


def test_methods_beside_the_primary_one(judging: ModuleType) -> None:
    found = fold_mean(VALUES, folds=5)
    ends = {name: method(found, 10) for name, method in judging.METHODS.items()}
    assert (ends["k - 1 df"], ends["logit"]) == (found.interval(), found.interval_of_share())
    naive = stats.ttest_1samp(VALUES, 0).confidence_interval(0.95)
    assert ends["naive t"] == pytest.approx((naive.low, naive.high))
    reach = stats.t.ppf(0.975, 9) * np.std(VALUES, ddof=1) * math.sqrt(1 / 10 + 1 / 4)
    assert ends["kR - 1 df"] == pytest.approx((found.mean - reach, found.mean + reach))


def test_intervals_are_counted_on_the_side_on_which_they_miss(judging: ModuleType) -> None:
    ends = np.array([[0.1, 0.4], [0.6, 0.8], [0.4, 0.5], [0.0, 0.2], [np.nan, np.nan]])
    found = judging.tally(ends, np.array([0.25, 0.7, 0.45, 0.1, 0.5]), truth=0.3)
    assert (found.datasets, found.above, found.below, found.absent) == (5, 2, 1, 1)
    assert found.covered == pytest.approx(0.2)
    assert found.rejected == pytest.approx(0.6)
    assert found.mean_width == pytest.approx((0.3 + 0.2 + 0.1 + 0.2) / 4)
    twice = found + found
    assert (twice.datasets, twice.covered, twice.mean_width) == (10, found.covered, found.mean_width)
    assert found.distance(0.4) == pytest.approx(0)


def _by_method(found: Iterable[tuple]) -> tuple[dict, dict]:
    """Return tallies and half-widths by estimate and method."""
    rows = list(found)
    return {(n, m): tally for n, m, tally, _ in rows}, {(n, m): halves for n, m, _, halves in rows}


@pytest.fixture(scope="module")
def small(simulation: ModuleType, judging: ModuleType, tables: ModuleType) -> dict[int, object]:
    """Return the rows of 100 data sets of one cell, for one repeat and ten."""
    cell = simulation.Cell(150, 0.5, 0.8, 1, "patient")
    fits = simulation.training_parts(cell, 300, (1,))
    distances = [simulation.calibrate(fits, target, cell.pooled)[0] for target in cell.targets]
    found = simulation.simulate(cell, distances, 100, 10, replicates=50, seed=(2,))
    return {
        repeats: tables.Row(cell, repeats, *_by_method(judging.tallies(cell, found, repeats))) for repeats in (1, 10)
    }


def test_a_small_simulation_gives_sane_numbers(small: dict[int, object]) -> None:
    once, often = small[1], small[10]
    for row in (once, often):
        assert row.share("auroc", "by patient") >= 0.9
        assert row.share("gap", "by patient") >= 0.9
        assert row.share("equal", "by patient") <= 0.1
        assert row.share("auroc", "k - 1 df") >= 0.9
        assert row.share("gap", "k - 1 df") >= 0.9
        assert row.share("equal", "k - 1 df") <= 0.1
        assert abs(row.tallies["auroc", "k - 1 df"].distance(0.8)) < 4
        assert abs(row.tallies["gap", "k - 1 df"].distance(0.05)) < 4
        assert row.share("auroc", "bootstrap") < row.share("auroc", "k - 1 df")
    assert once.share("equal", "kR - 1 df") == once.share("equal", "k - 1 df")
    assert often.share("equal", "naive t") > 0.4
    assert often.share("auroc", "naive t") < 0.6
    assert once.share("gap", "by patient") == once.share("gap", "k - 1 df")
    for name in ("auroc", "gap", "equal"):
        assert 0.8 < often.half(name, "by patient", 0.5) < often.half(name, "k - 1 df", 0.5)
        spread, usual = (often.half(name, of, 0.9) - often.half(name, of, 0.1) for of in ("by patient", "k - 1 df"))
        assert spread < usual


def test_the_table_names_what_misses_its_target(
    small: dict[int, object], tables: ModuleType, judging: ModuleType
) -> None:
    lines = tables.table(list(small.values()))
    assert "  none" in lines
    assert not [line for line in lines if "%*" in line]
    bad = judging.Tally(datasets=100, above=8, below=2, width=10.0, value=80.0, square=64.5)
    spoiled = tables.Row(small[1].cell, 1, {**small[1].tallies, ("auroc", "by patient"): bad}, small[1].halves)
    lines = tables.table([spoiled])
    assert f"  coverage of one AUROC: 90.0% in {CELL}, repeats: 1 (above the truth 8.0%, below 2.0%)" in lines
    assert len([line for line in lines if "90.0%*" in line]) == 1


def test_the_targets_allow_type_i_errors_twice_the_monte_carlo_error(
    small: dict[int, object], tables: ModuleType, judging: ModuleType
) -> None:
    bound = 0.055 + 2 * math.sqrt(0.055 * 0.945 / 2000)

    def meets(above: int) -> bool:
        counted = judging.Tally(datasets=2000, above=above)
        known = {("auroc", "by patient"): counted, ("equal", "by patient"): counted}
        return tables.Row(small[1].cell, 1, known, {}).meets("equal", "by patient")

    assert meets(math.floor(2000 * bound))
    assert not meets(math.ceil(2000 * bound))


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True, env=variables)


@pytest.mark.slow
def test_the_script_goes_on_where_it_was_stopped_and_publishes_no_part(tmp_path: Path) -> None:
    page, results = SCRIPT.with_name("README.md"), tmp_path / "results.jsonl"
    before = page.read_bytes()
    words = ("--cells", CELL, "--results", str(results), "--datasets")
    first = _run(*words, "100")
    assert first.returncode == 0, first.stderr
    assert "100 data sets" in first.stdout
    results.write_text(results.read_text() + '{"code": "torn', encoding="utf-8")
    second = _run(*words, "200")
    assert "200 data sets" in second.stdout
    blocks = [line for line in results.read_text().splitlines() if line.endswith("}")]
    assert len(blocks) == 2  # the first block was reused, only the second was simulated
    assert _run(*words, "100").stdout == first.stdout
    assert page.read_bytes() == before


def test_an_unknown_cell_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    found = _run("--cells", "nothing", "--results", str(tmp_path / "results.jsonl"))
    assert found.returncode == 1
    assert CELL in found.stderr
    assert "150-0.05-0.8-1-patient-0.2" not in found.stderr  # radtl would refuse its folds
