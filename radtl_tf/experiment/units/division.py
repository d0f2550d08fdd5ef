"""Divide the runs of a plan into work units."""

from __future__ import annotations

from collections.abc import Mapping

from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.records.prepared import WorkUnit
from radtl_tf.records.runs import PROBE, Run
from radtl_tf.training.features.prefix_features import POOLED

LONG = 120.0  # seconds from which a tuning of one start is a unit of its own


def units_of(plan: Plan, seconds: Mapping[Run, float] | None = None) -> tuple[WorkUnit, ...]:
    """Return the work units of a plan, those of one network together.

    A unit is all runs that share one start of a backbone at one image size. With the estimated ``seconds`` of the
    remaining runs, a tuning that takes ``LONG`` is a unit of its own; the frozen heads and the probe stay together.
    """
    starts: dict[str, dict[str, list[Run]]] = {}
    for run in sorted(plan.runs, key=lambda run: run.scenario.setting.network):
        setting = run.scenario.setting
        size = f"{setting.image_size}px-" if setting.image_size else ""
        start = f"{setting.backbone}-{setting.weights}-{setting.pixels}-{size}{plan.draw(run)}"
        tuning = "" if setting.tuning in (POOLED, PROBE) else setting.tuning
        starts.setdefault(start, {}).setdefault(tuning, []).append(run)
    return tuple(
        _unit(name, runs, seconds)
        for start, tunings in starts.items()
        for name, runs in _divided(start, tunings, seconds).items()
    )


def _divided(start: str, tunings: Mapping[str, list[Run]], seconds: Mapping[Run, float] | None) -> dict[str, list[Run]]:
    """Return the runs by the name of their unit: the long tunings apart, if others are left."""
    known = seconds or {}
    long = [name for name, runs in tunings.items() if name and sum(known.get(run, 0) for run in runs) >= LONG]
    if len(long) == len(tunings) == 1:
        return {start: tunings[long[0]]}
    rest = [run for name, runs in tunings.items() if name not in long for run in runs]
    return ({start: rest} if rest else {}) | {f"{start}-{name}": tunings[name] for name in long}


def _unit(name: str, runs: list[Run], seconds: Mapping[Run, float] | None) -> WorkUnit:
    total = None if seconds is None else round(sum(seconds.get(run, 0) for run in runs), 1)
    return WorkUnit(name=name, runs=tuple(run.name for run in runs), seconds=total)
