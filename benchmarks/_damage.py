"""Damage files of a finished experiment, use the folder again, and compare its numbers with those before."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from radtl_tf.data.phantoms.write import write_phantoms
from radtl_tf.errors import RadtlError
from radtl_tf.experiment import report
from radtl_tf.experiment.run import run_experiment
from radtl_tf.places import shipped
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.reader import experiment_from

NUMBERS = ("predictions.csv", "estimates.csv", "comparisons.csv", "similarity.csv")
BLOCK = 64  # bytes of a zeroed block
_LEFT_OUT = ("runs/*-frozen-0.01/0-0", "runs/*-top10-0.01/0-0")  # trained again if data or cache are damaged

# Every kind of file: its pattern below the folder that holds ``out`` and ``cache``.
FILES = (
    *(f"out/runs/*-top10-0.01/0-0/{name}" for name in ("weights.h5", "predictions.csv", "history.csv", "run.json")),
    "out/runs/*-top10-0.01/0-0/DONE.json",
    *(f"out/{name}" for name in ("experiment.json", "checksums.json", "folds.csv", "predictions.csv", "baselines.csv")),
    *(f"out/{name}" for name in ("inputs.json", "image_hashes.npz", "similarity.csv", "estimates.csv")),
    *(f"out/data/{name}" for name in ("patient.key", "pixels-48.npy", "pixels-48.npy.json")),
    *(f"out/data/radiographs/*/*/{name}" for name in ("*.tfrecord*", "dataset_info.json", "features.json")),
    "out/data/radiographs/*/*/checksums.json",
    *(f"cache/*/{name}" for name in ("00.npy", "key.json", "checksums.json")),
    "cache/image-hashes.sqlite",
)


def _flip(content: bytearray) -> None:
    content[len(content) // 2] ^= 1


def _cut(content: bytearray) -> None:
    del content[len(content) // 2 :]


def _zero(content: bytearray) -> None:
    """Zero a block in the middle, or the next one that is not zero already."""
    start = next(at for at in range(len(content) // 2, len(content)) if content[at])
    content[start : start + BLOCK] = bytes(len(content[start : start + BLOCK]))


DAMAGES: dict[str, Callable[[bytearray], None]] = {"bit": _flip, "cut": _cut, "block": _zero}


@dataclass(frozen=True)
class Seen:
    """What ``radtl report`` and ``radtl run`` said of a damaged file, and whether the numbers are those of before."""

    report: str
    run: str
    equal: bool


class Finished:
    """A finished experiment on phantoms in ``root``: ``out`` and ``cache``. ``use`` works on copies of it."""

    def __init__(self, root: Path, set_cache: Callable[[Path], None]) -> None:
        """Run the experiment; ``set_cache`` names the folder of the cache to the library. No page is drawn."""
        report.write_report = lambda folder, evaluation: folder  # type: ignore[assignment]
        self.root, self._set_cache, self._place = root, set_cache, root / "finished"
        write_phantoms(root / "phantoms", kind="skull", num_patients=24, seed=2)
        self.experiment = _experiment(root / "phantoms")
        self._run(self._place)
        self.numbers = _numbers(self._place)

    def files(self, pattern: str) -> list[Path]:
        """Return the files of a pattern of ``FILES``, relative to the folder of the experiment.

        Of the cache only features that a run trains on: averages of stages and decoded images are not opened again.
        """
        found = sorted(path for path in self._place.glob(pattern) if _is_used_again(path.parent / "key.json"))
        return [path.relative_to(self._place) for path in found]

    def use(self, pattern: str, damage: str) -> Seen:
        """Damage the first file of ``pattern`` in a copy, then report it and run it."""
        copy = self.root / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self._place, copy)
        path = copy / self.files(pattern)[0]
        content = bytearray(path.read_bytes())
        DAMAGES[damage](content)
        path.write_bytes(content)
        reported = _said(lambda: report.report_experiment(copy / "out"))
        if pattern.startswith(("out/data", "cache")):
            self._leave_out(copy)
        run = _said(lambda: self._run(copy))
        return Seen(reported, run, _numbers(copy) == self.numbers)

    def _leave_out(self, copy: Path) -> None:
        """Remove some runs, so that the data and the cache are used again."""
        for pattern in _LEFT_OUT:
            for place in copy.glob(f"out/{pattern}"):
                shutil.rmtree(place)

    def _run(self, place: Path) -> None:
        self._set_cache(place / "cache")
        run_experiment(self.experiment, place / "out")


def _experiment(data: Path) -> Experiment:
    """Return a small experiment on the phantoms in ``data``: 8 runs of MobileNet025 with 48 px."""
    weights = shipped("weights") / "phantom-MobileNet025_notop.h5"
    manifest = next(data.glob("*.csv"))
    raw = {
        "name": "damage",
        "task": {"manifest": str(manifest), "positive": "male", "patient": "patient_id", "unit": "patient"},
        "question": {"compare": ["phantom", "random"]},
        "folds": {"count": 2, "inner": 0.4},
        "grid": {
            "backbones": ["MobileNet025"],
            "weights": ["phantom", "random"],
            "tunings": [{"mode": mode, "learning_rates": [0.01]} for mode in ("frozen", "top10")],
        },
        "weights": {"phantom": {"files": {"MobileNet025": str(weights)}, "pixels": "tf"}},
        "training": {"image_size": 48, "epochs": 2, "batch_size": 8, "determinism": "strict"},
    }
    return experiment_from(raw, data)


def _is_used_again(key: Path) -> bool:
    return not key.exists() or json.loads(key.read_text()).get("cut", "stages") != "stages"


def _numbers(place: Path) -> dict[str, bytes]:
    return {name: (place / "out" / name).read_bytes() for name in NUMBERS if (place / "out" / name).exists()}


def _said(work: Callable[[], object]) -> str:
    """Return the warnings of ``work`` about damage, or its error in one line."""
    with _warnings() as lines:
        try:
            work()
        except RadtlError as error:
            return f"refused: {error}"
        except Exception as error:
            return f"TRACEBACK: {type(error).__name__}: {error}"
    return " / ".join(line for line in lines if "again" in line)


@contextmanager
def _warnings() -> Iterator[list[str]]:
    lines: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("radtl_tf")
    logger.addHandler(handler)
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
