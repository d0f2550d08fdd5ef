"""Which runs are one work unit."""

from __future__ import annotations

from typing import Any

from radtl_tf.experiment.units import division
from radtl_tf.experiment.units.division import units_of


def test_a_unit_is_all_runs_of_one_start(finished_plan: Any) -> None:
    units = units_of(finished_plan)
    assert [unit.name for unit in units] == ["Tiny-mine-tf-0", "Tiny-random-tf-0"]
    assert sorted(name for unit in units for name in unit.runs) == sorted(run.name for run in finished_plan.runs)
    assert all(name.startswith("Tiny-mine-") for name in units[0].runs) and units[0].seconds is None


def test_a_long_tuning_is_a_unit_of_its_own_and_heads_stay_together(finished_plan: Any) -> None:
    def seconds(of: str, each: float) -> dict[Any, float]:
        return {run: each if run.scenario.setting.tuning == of else 0.25 for run in finished_plan.runs}

    units = units_of(finished_plan, seconds("topK2", division.LONG / 3))
    assert [unit.name for unit in units][:2] == ["Tiny-mine-tf-0", "Tiny-mine-tf-0-topK2"]
    assert {name.split("/")[0] for name in units[0].runs} == {
        f"Tiny-mine-tf-{tuning}" for tuning in ("frozen-0.1", "frozen-0.01", "probe")
    }
    assert [unit.seconds for unit in units[:2]] == [2.2, division.LONG]
    assert len(units_of(finished_plan, seconds("frozen", division.LONG))) == 2
