"""A short version of ``benchmarks/damage.py``: one damage for the kinds of files that behave differently."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tensorflow.python.framework.config import disable_op_determinism

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
RUN = "out/runs/*-top10-0.01/0-0/"
DATA = "out/data/radiographs/*/*/"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        damage = importlib.import_module("_damage")
        patch.setattr(damage.report, "write_report", damage.report.write_report)  # ``Finished`` replaces it
        yield damage.Finished(tmp_path_factory.mktemp("damage"), lambda cache: patch.setenv("RADTL_CACHE", str(cache)))
    disable_op_determinism()  # its runs are strict; the numbers of other tests in this process are not


@pytest.mark.parametrize(
    ("pattern", "damage", "report", "run"),
    [
        (f"{RUN}weights.h5", "bit", "", "is trained again"),
        (f"{RUN}predictions.csv", "cut", "refused", "is trained again"),
        (f"{RUN}DONE.json", "block", "refused", "is trained again"),
        ("out/predictions.csv", "bit", "written again from the runs", ""),
        ("out/experiment.json", "cut", "refused", "it is written again"),
        ("out/folds.csv", "cut", "refused", "it is written again"),
        ("out/data/pixels-48.npy", "bit", "", "writing them again"),
        (f"{DATA}dataset_info.json", "cut", "", "built again"),
        (f"{DATA}*.tfrecord*", "bit", "", "built again"),
        ("cache/*/00.npy", "bit", "", "computed again"),
    ],
)
def test_a_damaged_file_is_named_and_the_numbers_stay(
    finished: Any, pattern: str, damage: str, report: str, run: str
) -> None:
    seen = finished.use(pattern, damage)
    assert report in seen.report
    assert bool(seen.report) == bool(report)
    assert run in seen.run
    assert bool(seen.run) == bool(run)
    assert seen.equal


def test_without_the_key_of_the_patients_nothing_is_trained(finished: Any) -> None:
    assert "Restore it" in finished.use("out/data/patient.key", "bit").run
