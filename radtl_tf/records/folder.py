"""The paths of the files in the output folder of an experiment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radtl_tf.records.checksums import checksum_of
from radtl_tf.records.disk import read_json, temporary_folder, write_json
from radtl_tf.records.integrity.sealed_json import sealed
from radtl_tf.records.runs import Run, Setting


@dataclass(frozen=True)
class RunFolder:
    """The files of one run in ``root``, which is a temporary folder while the run is written."""

    root: Path

    @property
    def record(self) -> Path:
        """The results of the run: epochs, inner loss, seconds."""
        return self.root / "run.json"

    @property
    def history(self) -> Path:
        """The losses of every epoch."""
        return self.root / "history.csv"

    @property
    def predictions(self) -> Path:
        """The scores of the inner and the test part."""
        return self.root / "predictions.csv"

    @property
    def weights(self) -> Path:
        """The trained weights of the run."""
        return self.root / "weights.h5"

    @property
    def marker(self) -> Path:
        """The file that is written last and marks a finished run."""
        return self.root / _DONE


_DONE = "DONE.json"


@dataclass(frozen=True)
class OutputFolder:
    """The files of an experiment in ``root``."""

    root: Path

    @property
    def experiment(self) -> Path:
        """The resolved experiment with versions, hardware and hashes."""
        return self.root / "experiment.json"

    @property
    def prepared(self) -> Path:
        """The work units, and what a process needs to train one of them."""
        return self.root / "PREPARED.json"

    @property
    def folds(self) -> Path:
        """The part of each example in each fold."""
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
    def estimates(self) -> Path:
        """Every metric of every setting and scenario."""
        return self.root / "estimates.csv"

    @property
    def comparisons(self) -> Path:
        """The question, and every other difference."""
        return self.root / "comparisons.csv"

    @property
    def learning_curve(self) -> Path:
        """The AUROC for each share of the training patients; missing if the grid has one share."""
        return self.root / "learning_curve.csv"

    @property
    def similarity(self) -> Path:
        """The similarity of activations before and after fine-tuning; missing if nothing was fine-tuned."""
        return self.root / "similarity.csv"

    @property
    def report(self) -> Path:
        """The report as one page."""
        return self.root / "report.html"

    @property
    def markdown(self) -> Path:
        """The report in Markdown."""
        return self.root / "report.md"

    @property
    def checksums(self) -> Path:
        """The checksums of the small files of the folder."""
        return self.root / "checksums.json"

    @property
    def card(self) -> Path:
        """The summary card: one A4 page."""
        return self.root / "card.html"

    @property
    def card_picture(self) -> Path:
        """The summary card as a picture."""
        return self.root / "card.png"

    def table(self, key: str, suffix: str) -> Path:
        """Return the file of one table of the report, ``.csv`` or ``.tex``."""
        return self.root / "tables" / f"{key}{suffix}"

    def figure(self, key: str, suffix: str) -> Path:
        """Return the file of one figure of the report, ``.svg`` or ``.png``."""
        return self.root / "figures" / f"{key}{suffix}"

    @property
    def saliency(self) -> Path:
        """Radiographs with saliency maps; missing until they are drawn."""
        return self.root / "saliency"

    @property
    def images(self) -> Path:
        """Radiographs of example cases; missing until they are requested."""
        return self.root / "images"

    @property
    def inputs(self) -> Path:
        """A summary of the training images, which is copied into exported models."""
        return self.root / "inputs.json"

    @property
    def image_hashes(self) -> Path:
        """Hashes of the training images, which are copied into exported models."""
        return self.root / "image_hashes.npz"

    @property
    def metadata(self) -> Path:
        """Age and sex of each example, and other metadata of subgroups; missing if nothing is known."""
        return self.root / "metadata.csv"

    @property
    def data(self) -> Path:
        """The TFDS data set, the hash key and the decoded pixels."""
        return self.root / "data"

    @property
    def arrays(self) -> Path:
        """Cases and folds as arrays, from which a work unit starts."""
        return self.data / "prepared.npz"

    def vectors(self, key: str) -> Path:
        """Return the file of the embeddings that were brought in, in the order of the images; ``key`` names them."""
        return self.data / f"embeddings-{key}.npy"

    def pixels(self, size: int | str) -> Path:
        """Return the file of the decoded pixels at this image size."""
        return self.data / f"pixels-{size}.npy"

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
        """One folder per scenario, with one folder per repeat and fold in it."""
        return self.root / "runs"

    @property
    def refits(self) -> Path:
        """One folder per setting that was trained on all patients, which ``export`` writes."""
        return self.root / "refit"

    def run(self, run: Run) -> Path:
        """Return the folder of one run."""
        return self.runs / run.name

    def files(self, run: Run) -> RunFolder:
        """Return the files of one run."""
        return RunFolder(self.run(run))

    def refit(self, setting: Setting) -> RunFolder:
        """Return the files of the network of ``setting`` that was trained on all patients; missing until exported."""
        return RunFolder(self.refits / setting.name)

    def is_done(self, run: Run) -> bool:
        """Return whether the run is finished: its marker is written last."""
        return self.files(run).marker.is_file()

    def finished(self) -> list[RunFolder]:
        """Return every finished run, in the order of their names."""
        return [RunFolder(marker.parent) for marker in sorted(self.runs.glob(f"*/[!.]*/{_DONE}"))]

    def run_records(self) -> Iterator[Mapping[str, Any]]:
        """Yield ``run.json`` of every finished run, in the order of their names."""
        for run in self.finished():
            yield read_json(run.record)

    @contextmanager
    def finishing(self, run: Run, **facts: Any) -> Iterator[Path]:
        """Yield a temporary folder to write a run to; it is renamed when the block ends without error.

        ``DONE.json`` gets the checksum of every file in it, and the JSON values ``facts``.

        Raises:
            OutputError: the folder cannot be written or the disk is full.
        """
        with temporary_folder(self.run(run), replace=True) as temporary:
            yield temporary
            files = {file.name: checksum_of(file) for file in sorted(temporary.iterdir())}
            write_json(RunFolder(temporary).marker, sealed({"run": run.name, "files": files, **facts}))
