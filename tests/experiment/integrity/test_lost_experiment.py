from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.experiment.integrity.lost_experiment import identity_of, is_lost, recovered
from radtl_tf.records.disk import write_json
from radtl_tf.records.experiment_facts import write_facts
from radtl_tf.records.folder import OutputFolder, RunFolder
from radtl_tf.records.runs import Run, Scenario, Setting

RUN = Run(Scenario(Setting("Tiny", "mine", "tf", "frozen"), 0.1), 0, 0)
FACTS = {"experiment": {"seed": 1}}


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    output = OutputFolder(tmp_path)
    write_facts(output.experiment, FACTS)
    with output.finishing(RUN, **identity_of(FACTS, "2026-01-02")) as place:
        write_json(RunFolder(place).record, {"versions": {"keras": "3.15.0"}})
    return output


def test_it_is_lost_if_it_is_damaged_or_missing(folder: OutputFolder, tmp_path: Path) -> None:
    assert not is_lost(folder)
    folder.experiment.write_text(folder.experiment.read_text()[:20])
    assert is_lost(folder)
    folder.experiment.unlink()
    assert is_lost(folder)
    assert not is_lost(OutputFolder(tmp_path / "new"))


def test_what_the_runs_recorded_is_recovered(folder: OutputFolder) -> None:
    assert recovered(folder, FACTS) == {"fixed_since": "2026-01-02", "versions": {"keras": "3.15.0"}}


def test_runs_of_another_experiment_are_refused(folder: OutputFolder) -> None:
    with pytest.raises(OutputError, match="another output folder"):
        recovered(folder, {"experiment": {"seed": 2}})


def test_runs_of_an_earlier_version_do_not_say_whose_they_are(folder: OutputFolder) -> None:
    write_json(folder.files(RUN).marker, {"run": RUN.name})
    with pytest.raises(OutputError, match="Restore"):
        recovered(folder, FACTS)
