"""Two workers against one on the same prepared experiment: the seconds of both, and whether the results agree.

    RADTL_REAL=FOLDER python benchmarks/workers.py

400 real chest radiographs (FOLDER/data/chest400), ResNet50 at 96 px, two weights, frozen and top10, 3 folds, 5 epochs.
Each call starts from a copy of one prepared folder, with an empty cache of features. It takes 6 minutes on 2 cores.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from _shared import RADTL, machine, publish

_EXPERIMENT = """\
name = "workers"
task = {{ manifest = "{data}/labels.csv", positive = "pneumonia", patient = "patient_id", unit = "image" }}
question = {{ compare = ["imagenet", "random"], over = "selected" }}
folds = {{ count = 3 }}
training = {{ image_size = 96, epochs = 5 }}
[grid]
backbones = ["ResNet50"]
weights = ["imagenet", "random"]
tunings = [{{ mode = "frozen", learning_rates = [1e-2] }}, {{ mode = "top10", learning_rates = [1e-3] }}]
[weights.imagenet]
pixels = "caffe"
files.ResNet50 = "{weights}"
"""


def main() -> None:
    """Run with one and with two workers, and publish the ratio."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        real = Path(os.environ["RADTL_REAL"]).expanduser().resolve()
        paths = {"data": real / "data" / "chest400", "weights": real / "weights" / "ImageNet-ResNet50_notop.h5"}
        (root / "e.toml").write_text(_EXPERIMENT.format(**paths), encoding="utf-8")
        _radtl(root, "prepared", "--prepare")
        seconds = {number: _timed(root, number) for number in (1, 2)}
        scores = [pd.read_csv(root / f"workers{number}" / "predictions.csv")["score"] for number in seconds]
    lines = [f"{number} worker{'s' if number > 1 else ''}: {each:.0f} s" for number, each in seconds.items()]
    lines += [
        f"ratio: {seconds[1] / seconds[2]:.2f}; largest difference of a score: {np.ptp(scores, axis=0).max():.1g}"
    ]
    publish("workers", "\n".join([*lines, machine()]))


def _timed(root: Path, number: int) -> float:
    """Return the seconds of training and finishing a copy of the prepared folder with ``number`` workers."""
    shutil.copytree(root / "prepared", root / f"workers{number}")
    start = time.monotonic()
    _radtl(root, f"workers{number}", "--workers", str(number))
    return time.monotonic() - start


def _radtl(root: Path, out: str, *words: str) -> None:
    environment = {**os.environ, "RADTL_CACHE": str(root / f"cache-{out}")}
    with (root / "log").open("a") as log:
        command = (*RADTL, "run", str(root / "e.toml"), "--out", str(root / out), *words)
        subprocess.run(command, stdout=log, stderr=log, env=environment, check=True)


if __name__ == "__main__":
    main()
