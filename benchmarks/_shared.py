"""Functions of all benchmarks: a data set, an experiment on it, radtl in its own process, and the page of results."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

PAGE = Path(__file__).with_name("README.md")
RADTL = (sys.executable, "-c", "from radtl_tf.cli.main import main; main()")
IDLE = 0.05  # share of the cores that other processes may use before they distort the measurements


def _computing() -> tuple[float, float]:
    """Return the CPU seconds of all cores, and of this process with its finished children."""
    every, own = psutil.cpu_times(), psutil.Process().cpu_times()
    own_seconds = own.user + own.system + own.children_user + own.children_system
    return every.user + every.nice + every.system + getattr(every, "steal", 0.0), own_seconds


_START = time.monotonic(), *_computing()


def write_radiographs(folder: Path, number: int, side: int = 512) -> Path:
    """Write ``number`` grey PNG files of ``side`` pixels, one per patient, and their manifest; return its path."""
    rng = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = ["path,label,patient_id"]
    for turn in range(number):
        coarse = rng.uniform(20, 200, (16, 16)).astype(np.uint8)
        pixels = np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC), np.float32)
        pixels = pixels + rng.normal(0, 4, pixels.shape) + 10 * (turn % 2)
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / "images" / f"{turn:05d}.png")
        rows.append(f"images/{turn:05d}.png,{'ab'[turn % 2]},p{turn:05d}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / "labels.csv"


def experiment(manifest: Path, tunings: dict[str, Sequence[float]], **options: Any) -> dict[str, Any]:
    """Return an experiment as a dictionary; two draws of random weights represent two sources.

    The times do not depend on the values of the weights. ``options``: backbone, weights, folds, and keys of [training].
    """
    names = options.pop("weights", ["first", "second"])
    folds, backbone = options.pop("folds", 5), options.pop("backbone", "ResNet50")
    return {
        "name": "benchmark",
        "task": {"manifest": str(manifest), "positive": "a", "patient": "patient_id"},
        "question": {"compare": names[:2]} if len(names) > 1 else None,
        "folds": {"count": folds},
        "grid": {
            "backbones": [backbone],
            "weights": names,
            "tunings": [{"mode": mode, "learning_rates": list(rates)} for mode, rates in tunings.items()],
        },
        "weights": {
            name: {"files": {backbone: str(_weights(manifest.parent, backbone, name))}, "pixels": "caffe"}
            for name in names
        },
        "training": options,
    }


def _weights(folder: Path, backbone: str, name: str) -> Path:
    """Write a file of random weights unless it exists."""
    path = folder / f"{name}-{backbone}.h5"
    if not path.exists():
        code = (
            "import sys; from pathlib import Path; from radtl_tf.models.backbones import build_base; "
            "from radtl_tf.models.weights.file import write_weights; "
            "write_weights(Path(sys.argv[1]), build_base(sys.argv[2], 224, seed=int(sys.argv[3])))"
        )
        seed = str(sum(name.encode()))
        subprocess.run([sys.executable, "-c", code, str(path), backbone, seed], check=True, capture_output=True)
    return path


def run_radtl(content: dict[str, Any], out: Path, cache: Path) -> tuple[float, float]:
    """Run ``radtl run`` on an experiment in a separate process; return its seconds and peak memory in bytes."""
    file = out.parent / f"{out.name}.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(as_toml(content), encoding="utf-8")
    return timed((*RADTL, "run", str(file), "--out", str(out)), RADTL_CACHE=str(cache))


def plan_of(content: dict[str, Any], out: Path, cache: Path) -> Any:
    """Return the plan of an experiment in this process."""
    from radtl_tf.experiment.plan.plan import make_plan
    from radtl_tf.records.folder import OutputFolder
    from radtl_tf.records.reader import experiment_from
    from radtl_tf.training.device import prepare

    asked = experiment_from({key: value for key, value in content.items() if value is not None}, Path.cwd())
    device = prepare(asked.training, asked.seed)
    return make_plan(asked, OutputFolder(out), device=device, weights_folder=Path.cwd(), cache_folder=cache)


def timed(command: Sequence[str], **variables: str) -> tuple[float, float]:
    """Run a command; return its seconds and the peak resident memory of its largest process in bytes."""
    start, largest = time.monotonic(), 0
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, **variables}
    ) as running:
        process = psutil.Process(running.pid)
        while running.poll() is None:
            try:
                every = [process, *process.children(recursive=True)]
                largest = max(largest, *(each.memory_info().rss for each in every))
            except psutil.NoSuchProcess:  # a child, or the process itself: the next turn tells
                pass
            time.sleep(0.05)
        said = running.stderr.read() if running.stderr else ""
    if running.returncode:
        raise SystemExit(said[-2000:])
    return time.monotonic() - start, float(largest)


def as_toml(content: dict[str, Any], place: str = "") -> str:
    """Return nested tables as TOML; ``None`` is omitted."""
    tables = {key: value for key, value in content.items() if isinstance(value, dict)}
    lines = [f"[{place}]"] if place else []
    lines += [f"{key} = {_value(value)}" for key, value in content.items() if key not in tables and value is not None]
    return "\n".join([*lines, *(as_toml(table, f"{place}.{key}".strip(".")) for key, table in tables.items())]) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }"
    return "[" + ", ".join(map(_value, value)) + "]" if isinstance(value, list) else json.dumps(value)


def publish(name: str, text: str, *, is_timed: bool = True, page: Path | None = None) -> None:
    """Print a table, with the load of other processes if it is timed, and put it between the marks in ``page``."""
    page = page or PAGE
    text = f"{text.rstrip()}\n{other_work()}" if is_timed else text.rstrip()
    print(text)
    content = page.read_text(encoding="utf-8")
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    found = re.compile(f"{begin}.*?{end}", re.DOTALL)
    if not found.search(content):
        raise SystemExit(f"{page.name} has no marks for {name!r}")
    language = "" if page == PAGE else "text"  # pages of the site name the language of every block
    page.write_text(found.sub(lambda _: f"{begin}\n```{language}\n{text}\n```\n{end}", content), encoding="utf-8")


def machine() -> str:
    """Return a one-line description of the machine."""
    return f"{psutil.cpu_count()} cores"


def cpu() -> str:
    """Return the model of the CPU, or at least its architecture."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def other_work() -> str:
    """Return a line with the share of the cores used by other processes since the benchmark started."""
    start, every, own = _START
    now = _computing()
    taken = (now[0] - every) - (now[1] - own)
    share = max(taken, 0.0) / (time.monotonic() - start) / (psutil.cpu_count() or 1)
    return f"other work took {share:.0%} of the cores" + ": measure again on an idle machine" * (share > IDLE)
