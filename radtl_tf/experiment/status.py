"""Count the finished runs of an experiment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radtl_tf.records.experiment_facts import ExperimentFacts, read_facts
from radtl_tf.records.folder import OutputFolder


@dataclass(frozen=True)
class Status:
    """Finished runs per scenario; each scenario has ``runs_each`` runs, one per fold and repeat."""

    runs_each: int
    scenarios: dict[str, int]

    @property
    def runs(self) -> int:
        """Return the number of runs of the experiment."""
        return self.runs_each * len(self.scenarios)

    @property
    def done(self) -> int:
        """Return the number of finished runs."""
        return sum(self.scenarios.values())

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"runs": self.runs, "done": self.done, "scenarios": self.scenarios}


def read_status(folder: Path) -> Status:
    """Count the finished runs of the experiment in ``folder``.

    Raises:
        OutputError: the folder holds no experiment, or a damaged one.
        DataError: another version wrote it, and this version cannot read it.
    """
    output = OutputFolder(folder)
    return status_of(output, read_facts(output.experiment))


def status_of(output: OutputFolder, facts: ExperimentFacts) -> Status:
    """Count the finished runs of an experiment whose facts are known."""
    done = Counter(run.root.parent.name for run in output.finished())
    folds = facts.experiment.folds
    return Status(folds.count * folds.repeats, {one.name: done[one.name] for one in facts.scenarios})
