"""How much of an experiment is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radtl_tf.records.disk import read_json
from radtl_tf.records.folder import OutputFolder


@dataclass(frozen=True)
class Status:
    """How many runs of each scenario are done; each scenario has ``runs_each``, one per fold and repeat."""

    runs_each: int
    scenarios: dict[str, int]

    @property
    def runs(self) -> int:
        """All runs of the experiment."""
        return self.runs_each * len(self.scenarios)

    @property
    def done(self) -> int:
        """Those that are done."""
        return sum(self.scenarios.values())

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"runs": self.runs, "done": self.done, "scenarios": self.scenarios}


def read_status(folder: Path) -> Status:
    """Count the finished runs of the experiment in ``folder``.

    Raises:
        OutputError: the folder holds no experiment, or a damaged one.
    """
    output = OutputFolder(folder)
    record = read_json(output.experiment)
    folds = record["experiment"]["folds"]
    names = [scenario["scenario"] for scenario in record["scenarios"]]
    done = {name: len(list((output.runs / name).glob("[!.]*/DONE.json"))) for name in names}
    return Status(folds["count"] * folds["repeats"], done)
