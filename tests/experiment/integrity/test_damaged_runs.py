from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.experiment.integrity.damaged_runs import check_finite, reopen_damaged_runs
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.runs import Run, Scenario, Setting
from radtl_tf.training.learned_weights import Learned
from radtl_tf.training.run import Epoch, Outcome

RUN = Run(Scenario(Setting("Tiny", "mine", "tf", "frozen"), 0.1), 0, 0)


def outcome(**changes: Any) -> Outcome:
    ones = np.ones(2, np.float32)
    values: dict[str, Any] = {
        "history": [Epoch(1, 0.5, 0.4, 0.6, 1.0, 0.0)],
        "best_epoch": 1,
        "converged": True,
        "diverged": False,
        "scores": {"inner": np.ones(2), "test": np.ones(3)},
        "learned": Learned([ones], ones, ones, ones, ones),
    }
    return Outcome(**{**values, **changes})


def test_only_damaged_runs_are_reopened_with_one_line_each(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = OutputFolder(tmp_path)
    runs = [Run(RUN.scenario, 0, fold) for fold in range(3)]
    for run in runs:
        with folder.finishing(run) as place:
            (place / "weights.h5").write_bytes(bytes(100))
    folder.files(runs[1]).weights.write_bytes(bytes(99))
    assert reopen_damaged_runs(folder.finished()) == [runs[1].name]
    assert [folder.is_done(run) for run in runs] == [True, False, True]
    assert len(caplog.records) == 1
    assert reopen_damaged_runs(folder.finished()) == []


def test_a_finite_outcome_is_kept() -> None:
    check_finite(RUN, outcome())


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"scores": {"inner": np.ones(2), "test": np.array([0.1, np.nan])}}, "scores"),
        ({"history": [Epoch(1, np.inf, 0.4, 0.6, 1.0, 0.0)]}, "losses"),
        ({"learned": Learned([np.full(2, np.nan, np.float32)], *[np.ones(2, np.float32)] * 4)}, "weights"),
    ],
)
def test_an_outcome_that_is_not_finite_is_refused(changes: dict[str, Any], what: str) -> None:
    with pytest.raises(ExperimentError, match=rf"its {what} are not finite.*'mine'"):
        check_finite(RUN, outcome(**changes))
