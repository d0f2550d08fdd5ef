"""Two workers against one on the same prepared experiment: the seconds of both, and whether the results agree.

    RADTL_REAL=FOLDER python benchmarks/workers.py [--long]

400 real chest radiographs (FOLDER/data/chest400), ResNet50 at 96 px, two weights, frozen and top10, 3 folds, 5 epochs
(``--long``: 20). The folder is prepared for two workers, so a unit computes
with half of the cores. Copies of it are finished by one and by two workers, each with an empty cache of features: the
results must be equal byte for byte. The last line is one worker whose units compute with all cores, as `radtl run`
without workers prepares them. The seconds are those of the call that trains and finishes. Three minutes on 2 cores,
--long four.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _shared import RADTL, machine, publish

_EXPERIMENT = """\
name = "workers"
task = {{ manifest = "{data}/labels.csv", positive = "pneumonia", patient = "patient_id", unit = "image" }}
question = {{ compare = ["imagenet", "random"], over = "selected" }}
folds = {{ count = 3 }}
training = {{ image_size = 96, epochs = {epochs} }}
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
    is_long = "--long" in sys.argv
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        if "RADTL_REAL" not in os.environ:
            raise SystemExit("RADTL_REAL is not set: name the folder that holds data/chest400 and weights.")
        real = Path(os.environ["RADTL_REAL"]).expanduser().resolve()
        paths = {"data": real / "data" / "chest400", "weights": real / "weights" / "ImageNet-ResNet50_notop.h5"}
        epochs = 20 if is_long else 5
        (root / "e.toml").write_text(_EXPERIMENT.format(**paths, epochs=epochs), encoding="utf-8")
        cores = os.cpu_count() or 1
        _radtl(root, "half", "--prepare", TF_NUM_INTRAOP_THREADS=str(max(cores // 2, 1)))
        _radtl(root, "whole", "--prepare", TF_NUM_INTRAOP_THREADS=str(cores))
        one, two = _timed(root, "half", 1), _timed(root, "half", 2)
        whole = _timed(root, "whole", 1)
        equal = len({(root / f"half{number}" / "predictions.csv").read_bytes() for number in (1, 2)}) == 1
        units = len(json.loads((root / "half" / "PREPARED.json").read_text(encoding="utf-8"))["units"])
    lines = [
        f"{units} work units, {epochs} epochs; {machine()}",
        f"1 worker, half of the cores: {one:.0f} s",
        f"2 workers, half of the cores each: {two:.0f} s; ratio {one / two:.2f}; predictions.csv equal: {equal}",
        f"1 worker, all cores: {whole:.0f} s; ratio {whole / two:.2f}",
    ]
    publish("workers_long" if is_long else "workers", "\n".join(lines))


def _timed(root: Path, prepared: str, number: int) -> float:
    """Return the seconds in which ``number`` workers train and finish a copy of a prepared folder."""
    out = f"{prepared}{number}"
    shutil.copytree(root / prepared, root / out)
    threads = json.loads((root / out / "PREPARED.json").read_text(encoding="utf-8"))["threads"]
    start = time.monotonic()
    _radtl(root, out, "--workers", str(number), TF_NUM_INTRAOP_THREADS=str(threads))
    return time.monotonic() - start


def _radtl(root: Path, out: str, *words: str, **variables: str) -> None:
    environment = {**os.environ, "RADTL_CACHE": str(root / f"cache-{out}"), **variables}
    with (root / "log").open("a") as log:
        command = (*RADTL, "run", str(root / "e.toml"), "--out", str(root / out), *words)
        subprocess.run(command, stdout=log, stderr=log, env=environment, check=True)


if __name__ == "__main__":
    main()
