"""What very large sources cost: a build that is killed and continued, a second start, the search for near-duplicates.

    python benchmarks/large.py [--images 1000] [--readings 1000 2000 5000] [--publish]

It writes random PNG files of 64 x 64 pixels, two per patient, into a temporary folder. Each step runs in a process of
its own, which prints its CPU seconds (decoding processes included) and its peak memory. From the costs per image
it computes what a million images and a thousand runs cost; that table is arithmetic. The time of the search is fitted
to ``a n + b n ** 2``. A minute with the default numbers; the published tables, here and in docs/scale.md, are of
``--images 20000 --readings 20000 50000 100000`` (8 minutes on 2 cores). ``--rows FILE`` keeps what was measured:
``--part images`` and ``--part search`` measure one half each, and the second call prints or publishes all.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _shared import PAGE, machine, other_work, plan_of, publish
from PIL import Image

SIDE = 64
SHARDS = 8  # of a data set here, so that a small one can be interrupted, too
PLANTED = 100  # every so many readings, one is the mirrored negative of its neighbor
SCALE = PAGE.parents[1] / "docs" / "scale.md"
MILLION, RUNS = 1_000_000, 1000
GPUS = (1, 8, 64)
Row = tuple[str, int, float, float]  # what, number of images, CPU seconds, MB at the peak
FORWARD, TRAINING = 2500.0, 800.0  # images per second on one GPU, assumed: `python benchmarks/gpu.py` measures yours


def main() -> None:
    """Measure each step and print or publish the tables."""
    asked = _arguments()
    found = _known(asked.rows)
    for part in [asked.part] if asked.part else ["images", "search"]:
        rows = _of_images(asked.images) if part == "images" else [list(_search(each)) for each in asked.readings]
        found[part] = {"rows": rows, "load": f"{part}: {other_work()}"}
    if asked.rows:
        asked.rows.write_text(json.dumps(found), encoding="utf-8")
    if set(found) == {"images", "search"}:
        _show(found, asked.publish)


def _known(rows: Path | None) -> dict[str, Any]:
    """Return what an earlier call has measured."""
    return json.loads(rows.read_text(encoding="utf-8")) if rows and rows.exists() else {}


def _of_images(number: int) -> list[Any]:
    """Return the rows of all steps that read images; the last one has the bytes on disk in place of seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_images(folder, number)
        rows = [("imports alone", 1, *_step("imports", folder, folder, 0)), *_builds(folder, number), *_starts(folder)]
        return [*rows, ("disk", number, float(_size(folder / "continued" / "data")), 0.0)]


def _show(found: dict[str, Any], is_published: bool) -> None:
    """Print the tables, or write them into the page of results and into docs/scale.md."""
    (*images, (_, number, disk, _)), searches = found["images"]["rows"], found["search"]["rows"]
    lines = [f"{SIDE} x {SIDE} pixels, {machine()}", f"{'':<52}{'CPU s':>9}{'ms an image':>13}{'MB':>7}"]
    lines += [f"{what:<52}{cpu:>9.1f}{_share(cpu, many)}{peak:>7.0f}" for what, many, cpu, peak in (*images, *searches)]
    lines += [f"disk of the data set and the pixels: {disk / number / 1e3:.1f} kB an image"]
    lines += [found[part]["load"] for part in ("images", "search")]
    _table("large", lines, is_published)
    _table("large_arithmetic", arithmetic(images, searches), is_published)


def _table(name: str, lines: Sequence[str], is_published: bool) -> None:
    text = "\n".join(lines)
    if not is_published:
        print(text, end="\n\n")
        return
    publish(name, text, is_timed=False)
    publish(name, text, is_timed=False, page=SCALE)


def write_images(folder: Path, number: int) -> None:
    """Write random images and their manifest."""
    rng, rows = np.random.default_rng(0), ["path,label,patient_id"]
    for turn in range(number):
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8)).save(folder / f"{turn:07d}.png")
        rows.append(f"{turn:07d}.png,{'ab'[turn // 2 % 2]},p{turn // 2}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _builds(folder: Path, number: int) -> list[Row]:
    """Build undisturbed, and once more with a SIGKILL after half of the shards; the files must be equal."""
    whole = _step("build", folder, folder / "whole" / "data", number)
    continued = folder / "continued" / "data"
    continued.mkdir(parents=True)
    shutil.copy(folder / "whole" / "data" / "patient.key", continued)
    killed = subprocess.Popen(_command("build", folder, continued, number), stdout=subprocess.PIPE)
    while len(list(continued.glob("radiographs/*/.*.shards/*/*.tfrecord"))) < SHARDS // 2:
        time.sleep(0.05)
    kept = len(list(continued.glob("radiographs/*/.*.shards/*/*.tfrecord")))
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    again = _step("build", folder, continued, number)
    same = _files(folder / "whole" / "data") == _files(continued)
    left = [path for path in continued.rglob(".*") if path.name != ".known.json"]
    if not same or left:
        raise SystemExit(f"the continued data set differs, or {len(left)} entries are left over")
    done = f"continued, {kept} of {len(_shards(continued))} shards kept, equal bytes"
    return [("build, undisturbed", number, *whole), (done, number, *again)]


def _starts(folder: Path) -> list[Row]:
    """Prepare an experiment twice."""
    number = len(list(folder.glob("*.png")))
    rows = [("first start of run, data set built", number, *_step("plan", folder, folder / "continued", number))]
    return [*rows, ("second start of run", number, *_step("plan", folder, folder / "continued", number))]


def _search(number: int) -> Row:
    return (f"near-duplicates among {number:,} readings", number, *_step("near", Path(), Path(), number))


def _step(name: str, *words: object) -> tuple[float, float]:
    """Run a step in a process of its own; return its CPU seconds and its peak memory in MB."""
    done = subprocess.run(_command(name, *words), check=True, stdout=subprocess.PIPE, text=True)
    cpu, peak = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {cpu:.1f} CPU s, {peak:.0f} MB", file=sys.stderr)
    return cpu, peak


def _command(name: str, *words: object) -> list[str]:
    return [sys.executable, __file__, "--step", name, *map(str, words)]


def imports(_: Path, __: Path, ___: int) -> None:
    """Load what the other steps load."""
    import radtl_tf.data.tfds.builders
    import radtl_tf.experiment.plan.plan  # noqa: F401


def build(folder: Path, data_dir: Path, number: int) -> None:
    """Build the data set in ``SHARDS`` shards."""
    from radtl_tf.data.tfds import shards
    from radtl_tf.data.tfds.builders import build_table
    from radtl_tf.records.experiment import Task

    shards.SHARD_BYTES = 8000 * number // SHARDS
    task = Task(manifest=folder / "labels.csv", positive="a", patient="patient_id", unit="patient")
    build_table(task, data_dir)


def plan(folder: Path, out: Path, _: int) -> None:
    """Prepare an experiment on the images."""
    task = {"manifest": str(folder / "labels.csv"), "positive": "a", "patient": "patient_id", "unit": "patient"}
    tunings = [{"mode": "frozen", "learning_rates": [1e-3]}]
    grid = {"backbones": ["MobileNet"], "weights": ["random"], "tunings": tunings}
    content = {"name": "large", "task": task, "grid": grid, "training": {"image_size": SIDE}, "folds": {"count": 5}}
    plan_of(content, out, out / "cache")


def near(_: Path, __: Path, number: int) -> float:
    """Search near-duplicates among smooth random pictures and planted copies; return the seconds of the search."""
    from radtl_tf.data.duplicates.near import near as search

    signatures = np.concatenate([pictures(min(2000, number - at), at) for at in range(0, number, 2000)])
    planted = np.arange(10, number - 1, PLANTED)
    signatures[planted] = 255 - signatures[planted + 1][:, :, ::-1]
    start = time.process_time()
    found = {tuple(pair) for pair in search(signatures).tolist()}
    seconds = time.process_time() - start
    if not {(at, at + 1) for at in planted.tolist()} <= found:
        raise SystemExit("a planted pair was not found")
    return seconds


def pictures(number: int, seed: int) -> np.ndarray:
    """Return signatures (N, 32, 32) that share an anatomy and differ in smooth patterns, as radiographs do."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(32), np.fft.fftfreq(32)))
    frequency[0, 0] = 1
    patterns = np.fft.ifft2(np.fft.fft2(rng.standard_normal((number, 32, 32))) / frequency**1.5).real
    patterns /= np.abs(patterns).max(axis=(1, 2), keepdims=True)
    rows, columns = np.mgrid[-1:1:32j, -1:1:32j]
    anatomy = 128 + 70 * np.cos(3 * columns) * np.cos(1.5 * rows) - 40 * rows
    return np.clip(anatomy + 90 * patterns, 0, 255).astype(np.uint8)


STEPS = {"imports": imports, "build": build, "plan": plan, "near": near}


def fitted(searches: Sequence[Row]) -> tuple[float, float]:
    """Return a and b of ``a n + b n ** 2`` CPU seconds, by least squares of the seconds per reading."""
    numbers, seconds = np.array([row[1] for row in searches]), np.array([row[2] for row in searches])
    b, a = np.polyfit(numbers, seconds / numbers, 1)
    return float(a), float(b)


def arithmetic(images: Sequence[Row], searches: Sequence[Row]) -> list[str]:
    """Return what a million images and a thousand runs cost, computed from the measured steps."""
    imports, built, _, first, second = images
    number = built[1]
    build_s, first_s, second_s = ((row[2] - imports[2]) / number * MILLION / 3600 for row in (built, first, second))
    a, b = fitted(searches)
    search_s, searched = (a * MILLION + b * MILLION**2) / 3600, (a + b * number) * MILLION / 3600
    off = max(abs((a + b * row[1]) * row[1] / row[2] - 1) for row in searches)
    lines = [
        f"1,000,000 images of {SIDE} x {SIDE}: arithmetic from the table above, without the imports",
        f"{'build of the data set':<46}{build_s:>9.1f} CPU hours, divided by the cores",
        f"{'first start, without the search':<46}{max(first_s - searched, 0):>9.1f} CPU hours",
        f"{'search for near-duplicates':<46}{search_s:>9.1f} CPU hours, divided by the cores:",
        f"  {a * 1e3:.2f} ms n + {b * 1e9:.2f} ns n x n, which differs by at most {off:.0%} from what was measured",
        f"{'each later start':<46}{second_s:>9.2f} CPU hours",
        f"{'pixels at 64 px, at 224 px':<46}{_gigabytes(64 * 64):>9.0f} GB, {_gigabytes(224 * 224):.0f} GB",
        f"{'features of ResNet50, one weights and view':<46}{_gigabytes(2048):>9.0f} GB",
        f"ResNet50, 224 px, hours: arithmetic from assumed speeds of one GPU ({FORWARD:.0f} images/s forward,",
        f"{TRAINING:.0f} in training); work units are independent, one pass or one training uses one GPU",
        f"{'GPUs':<46}" + "".join(f"{gpus:>9}" for gpus in GPUS),
    ]
    forward, epoch = MILLION / FORWARD / 3600, MILLION / TRAINING / 3600
    for what, hours, units in (
        ("1,000 frozen runs: 4 passes", 4 * forward, 4),
        ("pre-training, 30 epochs", 30 * epoch, 1),
        ("1,000 full runs, 30 epochs on 80 %", RUNS * 0.8 * 30 * epoch, RUNS),
    ):
        lines.append(f"{what:<46}" + "".join(f"{hours / min(gpus, units):>9.1f}" for gpus in GPUS))
    return lines


def _gigabytes(numbers: int) -> float:
    return MILLION * numbers * 4 / 1e9


def _share(cpu: float, number: int) -> str:
    return f"{1000 * cpu / number:>13.2f}" if number > 1 else " " * 13


def _files(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in data.glob("radiographs/*/2.0.0/*")}


def _shards(data: Path) -> list[Path]:
    return list(data.glob("radiographs/*/2.0.0/*.tfrecord*"))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _arguments() -> Any:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--readings", type=int, nargs="+", default=[1000, 2000, 5000])
    parser.add_argument("--part", choices=["images", "search"])
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--publish", action="store_true")
    parser.add_argument("--step", nargs=4, default=None)
    return parser.parse_args()


def _run_step(words: list[str]) -> None:
    name, folder, out, number = words
    own = STEPS[name](Path(folder), Path(out), int(number))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = own or sum(each.ru_utime + each.ru_stime for each in used)
    print(json.dumps([seconds, used[0].ru_maxrss / 1000]))


if __name__ == "__main__":
    step = _arguments().step
    _run_step(step) if step else main()
