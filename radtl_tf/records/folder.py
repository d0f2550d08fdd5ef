"""The output folder of an experiment: where each file is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radtl_tf.records.disk import read_json, temporary_folder, write_json
from radtl_tf.records.runs import Run


@dataclass(frozen=True)
class OutputFolder:
    """The files of an experiment below ``root``."""

    root: Path

    @property
    def experiment(self) -> Path:
        """The resolved experiment with versions, hardware and hashes."""
        return self.root / "experiment.json"

    @property
    def folds(self) -> Path:
        """Which example stands in which part of which fold."""
        return self.root / "folds.csv"

    @property
    def predictions(self) -> Path:
        """All predictions of all finished runs."""
        return self.root / "predictions.csv"

    @property
    def baselines(self) -> Path:
        """The predictions of the trivial baselines."""
        return self.root / "baselines.csv"

    @property
    def inputs(self) -> Path:
        """What the images are like from outside: a summary that goes with an exported model."""
        return self.root / "inputs.json"

    @property
    def metadata(self) -> Path:
        """Age and sex of each example, and what else subgroups need; absent where nothing is known."""
        return self.root / "metadata.csv"

    @property
    def data(self) -> Path:
        """The TFDS data set, the hash key and the decoded pixels."""
        return self.root / "data"

    @property
    def features(self) -> Path:
        """The cache of prefix outputs."""
        return self.root / "features"

    @property
    def tensorboard(self) -> Path:
        """One event folder per run."""
        return self.root / "tensorboard"

    @property
    def runs(self) -> Path:
        """One folder per scenario, and in it one per repeat and fold."""
        return self.root / "runs"

    def run(self, run: Run) -> Path:
        """Return the folder of one run."""
        return self.runs / run.name

    def is_done(self, run: Run) -> bool:
        """Tell whether the run is finished: its marker is written last."""
        return (self.run(run) / "DONE.json").is_file()

    def run_records(self) -> Iterator[Mapping[str, Any]]:
        """Yield ``run.json`` of every finished run, in the order of their names."""
        for marker in sorted(self.runs.glob("*/[!.]*/DONE.json")):
            yield read_json(marker.with_name("run.json"))

    @contextmanager
    def finishing(self, run: Run) -> Iterator[Path]:
        """Give a temporary folder to write a run into; it takes its place, whole, when the block ends without error.

        Raises:
            OutputError: the folder cannot be written or the disk is full.
        """
        with temporary_folder(self.run(run), replace=True) as temporary:
            yield temporary
            write_json(temporary / "DONE.json", {"run": run.name})
