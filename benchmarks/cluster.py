"""One prepared experiment, trained by one process, by Slurm and by Ray: are the results the same bytes?

    python benchmarks/cluster.py [--slurm]

A tiny experiment (MobileNet025, 48 px, 2 epochs, 3 x 2 folds, `determinism = "strict"`, 4 work units) is prepared once.
Copies of its folder are then finished

- by one process;
- by the scripts of `--emit slurm`, which a stand-in of the tests executes; with --slurm, by the Slurm of this machine;
- by `--ray` on three machines, which are processes here; one is killed while it trains a unit.

The part with Ray needs the extra `ray`. It takes 15 minutes on 2 cores.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import psutil
from _shared import RADTL, publish

from radtl_tf.data.phantoms.write import write_phantoms
from radtl_tf.places import shipped

STANDIN = Path(__file__).resolve().parents[1] / "tests" / "experiment" / "cluster" / "standin_slurm.py"
COMPARED = ("predictions.csv", "estimates.csv", "comparisons.csv", "similarity.csv")
LONGEST = 1800.0  # seconds to wait for Slurm
_EXPERIMENT = """\
name = "cluster"
task = {{ manifest = "data/labels.csv", positive = "male", patient = "patient_id", unit = "patient" }}
question = {{ compare = ["phantom", "random"], over = "selected" }}
folds = {{ count = 2, repeats = 3 }}
training = {{ image_size = 48, epochs = 2, batch_size = 16, determinism = "strict" }}
[grid]
backbones = ["MobileNet025"]
weights = ["phantom", "random"]
tunings = [{{ mode = "frozen", learning_rates = [1e-2] }}, {{ mode = "full", learning_rates = [1e-3] }}]
[weights.phantom]
pixels = "tf"
files.MobileNet025 = "{weights}"
"""


class Place:
    """A folder with data, an experiment file, and a prepared output folder to copy."""

    def __init__(self, root: Path) -> None:
        self.root, self.file = root, root / "e.toml"
        write_phantoms(root / "data", kind="skull", num_patients=48, seed=2, height=64)
        weights = shipped("weights") / "phantom-MobileNet025_notop.h5"
        self.file.write_text(_EXPERIMENT.format(weights=weights), encoding="utf-8")
        self.units = self.radtl("prepared", "--prepare").split()

    def copy(self, name: str) -> Path:
        """Return a copy of the prepared folder."""
        return Path(shutil.copytree(self.root / "prepared", self.root / name))

    def environment(self, name: str, **settings: str) -> dict[str, str]:
        """Return the environment of a variant, which has a cache of its own."""
        return {**os.environ, "RADTL_CACHE": str(self.root / f"cache-{name}"), **settings}

    def radtl(self, name: str, *words: str, **settings: str) -> str:
        """Run ``radtl run`` on the output folder of a variant; return what it prints."""
        command = (*RADTL, "run", str(self.file), "--out", str(self.root / name), *words)
        environment = self.environment(name, **settings)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
        return done.stdout

    def compared(self, name: str) -> str:
        """Return in words whether the results of a variant are those of the one process."""
        differ = [file for file in COMPARED if self._bytes(name, file) != self._bytes("one", file)]
        return f"differ: {', '.join(differ)}" if differ else f"{', '.join(COMPARED)} equal byte for byte"

    def _bytes(self, name: str, file: str) -> bytes:
        return (self.root / name / file).read_bytes()


def by_slurm(place: Place, *, real: bool) -> list[str]:
    """Finish a copy with the emitted scripts; return the lines of the table."""
    out = place.copy("slurm")
    place.radtl("slurm", "--emit", "slurm")
    environment = place.environment("slurm")
    if not real:
        state, found = place.root / "state", place.root / "bin"
        for folder in (state, found):
            folder.mkdir()
        for name in ("sbatch", "scontrol"):
            (found / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STANDIN}" {name} "$@"\n')
            (found / name).chmod(0o755)
        environment |= {"STANDIN_SLURM": str(state), "PATH": f"{found}:{environment['PATH']}"}
    said = subprocess.run(
        ["bash", out / "slurm" / "submit.sh"], env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    deadline = time.monotonic() + LONGEST
    while not (out / "report.html").exists() and time.monotonic() < deadline:
        time.sleep(1)
    time.sleep(5 if real else 0)  # the card is written after the report
    which = "Slurm" if real else "stand-in for Slurm"
    return [f"{which}: {said.strip()}", f"  {place.compared('slurm')}"]


def by_ray(place: Place) -> list[str]:
    """Finish a copy on three machines of a Ray cluster and kill one of them; return the lines of the table."""
    out = place.copy("ray")
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "RAY_USAGE_STATS_ENABLED": "0"}
    os.environ |= {**token, "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    machines = [cluster.add_node(num_cpus=2) for _ in range(3)]
    killed: list[str] = []
    roots = [machine.all_processes["raylet"][0].process.pid for machine in machines]
    threading.Thread(target=_kill_one, args=(out, roots, killed.append), daemon=True).start()
    place.radtl("ray", "--ray", cluster.address, **token)
    starts = {
        unit: (out / "ray" / f"{unit}.log").read_text(encoding="utf-8").count(f"{unit} on ") for unit in place.units
    }
    cluster.shutdown()
    return [
        f"Ray, 3 machines, one killed with {', '.join(killed) or 'nothing'}: starts of each unit {starts}",
        f"  {place.compared('ray')}",
    ]


def _kill_one(out: Path, roots: list[int], tell: Callable[[str], None]) -> None:
    """Kill all processes of the first machine that has begun to train a full network."""
    while True:
        for root in roots:
            tree = [psutil.Process(root), *psutil.Process(root).children(recursive=True)]
            words = [word for one in tree for word in _words(one)]
            unit = words[words.index("--only") + 1] if "--only" in words else ""
            setting = unit.rpartition("-")[0]
            if unit and list(out.glob(f"tensorboard/{setting}-full/**/events*")):
                for one in tree:
                    one.kill()
                tell(unit)
                return
        time.sleep(0.1)


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def main() -> None:
    """Print the table, and write it into the page of results."""
    real = "--slurm" in sys.argv
    with tempfile.TemporaryDirectory() as scratch:
        place = Place(Path(scratch))
        place.copy("one")
        place.radtl("one")
        lines = [f"one process: {len(list((place.root / 'one').glob('runs/*/*/DONE.json')))} runs in 4 work units"]
        lines += by_slurm(place, real=real)
        print("\n".join(lines), flush=True)
        if find_spec("ray"):
            lines += by_ray(place)
            print("\n".join(lines), flush=True)
    if find_spec("ray"):
        publish("cluster", "\n".join(lines), is_timed=False)


if __name__ == "__main__":
    main()
