from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.experiment.integrity.changed_machine import check_machine, check_prepared
from radtl_tf.records.disk import write_json
from radtl_tf.records.folder import OutputFolder, RunFolder
from radtl_tf.records.prepared import Prepared
from radtl_tf.records.runs import Run, Scenario, Setting

SCENARIO = Scenario(Setting("Tiny", "mine", "tf", "frozen"), 0.1)


def context(keras: str = "3.15.0", threads: int = 2) -> dict[str, Any]:
    return {"versions": {"keras": keras}, "hardware": {"threads": threads, "precision": "float32"}}


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    """Return a folder with a run that records its context, and one of an earlier version that does not."""
    output = OutputFolder(tmp_path)
    write_json(output.experiment, context())
    for fold, record in enumerate((context(), {})):
        with output.finishing(Run(SCENARIO, 0, fold)) as place:
            write_json(RunFolder(place).record, record)
    return output


def test_the_same_machine_may_go_on(folder: OutputFolder, caplog: pytest.LogCaptureFixture) -> None:
    check_machine(folder, context(), "strict", allowed=False)
    check_machine(folder, context(threads=4), "seeded", allowed=False)
    assert not caplog.records


def test_another_machine_is_refused_or_allowed_with_a_line(
    folder: OutputFolder, caplog: pytest.LogCaptureFixture
) -> None:
    changed = context(keras="3.16.0", threads=4)
    with pytest.raises(OutputError, match=r"keras 3\.15\.0, now 3\.16\.0; threads 2, now 4"):
        check_machine(folder, changed, "strict", allowed=False)
    check_machine(folder, changed, "strict", allowed=True)
    assert len(caplog.records) == 1


def test_a_run_that_was_allowed_is_compared_with_its_own_context(folder: OutputFolder) -> None:
    with folder.finishing(Run(SCENARIO, 0, 2)) as place:
        write_json(RunFolder(place).record, context(threads=4))
    for threads in (2, 4):
        with pytest.raises(OutputError, match="threads"):
            check_machine(folder, context(threads=threads), "strict", allowed=False)


def test_facts_that_nobody_recorded_are_not_compared(tmp_path: Path) -> None:
    check_machine(OutputFolder(tmp_path), context(), "strict", allowed=False)


def test_a_unit_is_trained_on_the_machine_that_prepared_or_by_permission(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    facts = {"experiment": {"training": {"determinism": "strict"}}}
    empty: Any = {"arrays": "", "images": "", "weights": (), "threads": 2, "units": ()}
    prepared, output = Prepared(facts=facts, **empty, **context()), OutputFolder(tmp_path)
    check_prepared(output, prepared, context(), allowed=False)
    assert not caplog.records
    with pytest.raises(OutputError, match="threads 2, now 4"):
        check_prepared(output, prepared, context(threads=4), allowed=False)
    check_prepared(output, prepared, context(threads=4), allowed=True)
    assert len(caplog.records) == 1
