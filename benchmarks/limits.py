"""What full disks, read-only folders and a memory limit leave of an experiment, and whether its numbers stay the same.

    python benchmarks/limits.py [--quick]

The experiment of `interruptions.py`, one epoch, as root on Linux: it mounts small file systems (tmpfs) and needs the
memory controller of cgroup v1. One of the folders (output, cache, TMPDIR) is a file system that is too small for one
file after the other: it grows each time that a command has failed, until the experiment is done. The commands are
`radtl run`; --prepare, --only and --finish; and --workers 2. Then the folders are made read-only. At last one work unit
of four gets less memory than it needs, so that the kernel kills it whenever it is tried; without the limit, the same
command finishes the experiment. It takes 15 minutes on 2 cores; --quick (few sizes) takes 5.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from _shared import publish
from interruptions import Place, Ran, finished, predictions

SIZES, QUICK_SIZES = 14, 4  # steps in which a file system grows, as a share of what the whole experiment needs
PAGE = 4096  # bytes: the smallest step of a tmpfs
CGROUP = Path("/sys/fs/cgroup/memory/radtl-limits")
LIMITED = "MobileNet025-random-tf-1"  # the work unit with too little memory
SHARE = 0.9  # of the memory that it needs
Words = Sequence[str]

EXPERIMENT = """\
name = "limits"
task = {{ manifest = "data/labels.csv", positive = "male", patient = "patient_id", unit = "patient" }}
question = {{ compare = ["phantom", "random"], over = "selected" }}
folds = {{ count = 2, repeats = 3 }}
training = {{ image_size = 48, epochs = 1, batch_size = 16, determinism = "strict" }}
[grid]
backbones = ["MobileNet025"]
weights = ["phantom", "random"]
tunings = [{{ mode = "frozen", learning_rates = [1e-2] }}, {{ mode = "full", learning_rates = [1e-3] }}]
[weights.phantom]
pixels = "tf"
files.MobileNet025 = "{weights}"
"""


def mount(folder: Path, *options: str) -> None:
    """Mount or change a tmpfs."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)], check=True)


@contextmanager
def small(folder: Path, size: int) -> Iterator[Callable[[int], None]]:
    """Mount a file system of ``size`` bytes at ``folder``; yield a function that changes its size."""
    folder.mkdir(parents=True, exist_ok=True)
    mount(folder, f"size={size}")
    try:
        yield lambda size: mount(folder, "remount", f"size={size}")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def steps(needed: int, number: int) -> list[int]:
    """Return growing sizes in bytes, whole pages; the last one is more than enough."""
    shares = [0.002 * (1.2 / 0.002) ** (at / (number - 1)) for at in range(number)]
    return [*(max(int(needed * share) // PAGE, 1) * PAGE for share in shares), 4 * needed + 2**26]


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder, in whole pages."""
    return sum(-(-path.stat().st_size // PAGE) * PAGE for path in folder.rglob("*") if path.is_file())


def judged(ran: Ran, place: Path) -> str:
    """Return the file of the error line, or what is wrong with what was said: it must be one line that names a path."""
    errors = [line for line in ran.said.splitlines() if line.startswith("Error:")]
    if ran.code != 1 or len(errors) != 1 or "Traceback" in ran.said:
        return f"EXIT CODE {ran.code}, {len(errors)} error lines: {ran.said[-300:]}"
    named = [Path(word.rstrip(".,:;")) for word in re.findall(rf"{re.escape(str(place))}\S*", errors[0])]
    if not named:
        return f"NO FOLDER: {errors[0]}"
    return re.sub(r"[0-9a-f]{8,}", "*", str(named[0].relative_to(place)))


def commands(out: Path, way: str) -> Iterator[Words]:
    """Yield the words of the calls of ``radtl run`` in a way to run an experiment."""
    if way != "parts":
        yield () if way == "run" else ("--workers", "2")
        return
    yield ("--prepare",)
    for unit in json.loads((out / "PREPARED.json").read_text(encoding="utf-8"))["units"]:
        yield ("--only", unit["name"])
    yield ("--finish",)


def filled(place: Place, name: str, folder: Path, way: str, sizes: list[int]) -> str:
    """Run on a file system that is too small and grows; return the line of the table."""
    out, said, left = place.out(name), Counter[str](), list(sizes)
    kept = list(out.rglob("*"))
    key = {path: path.read_bytes() for path in kept if path.is_file()}
    with small(folder, left.pop(0)) as resize:
        for path, content in key.items() if folder == out else ():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for words in commands(out, way):
            while (ran := place.run(out, words=words)).code:
                said[judged(ran, folder)] += 1
                if not left:
                    break
                resize(left.pop(0))
        equal = (out / "predictions.csv").exists() and predictions(out) == predictions(place.root / "undisturbed")
        over = place.leftovers(out)
    bad = {text: number for text, number in said.items() if text.isupper() or text.split(",")[0].isupper()}
    files = ", ".join(dict.fromkeys(text or "." for text in said if text not in bad))
    lines = f"{folder.name:<12}{way:<10}full {said.total():>2} times, one line each: {not bad}; equal: {equal}; left: "
    return "\n".join([f"{lines}{over or 'nothing'}", f"  at {files}", *(f"  {text}" for text in bad)])


def read_only(place: Place, name: str, folder: Path, way: str, before: Words = ()) -> str:
    """Make a folder read-only, after the command ``before`` if one is given; return the line of the table."""
    out = place.out(name)
    key = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with small(folder, 2**28):
        for path, content in key.items() if folder == out else ():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if before:
            place.run(out, words=[word for word in before if word])
        mount(folder, "remount", "ro")
        ran = place.run(out, words=() if way == "run" else (f"--{way}",))
        said = "works" if ran.code == 0 else f"one line: {judged(ran, folder)}"
        mount(folder, "remount", "rw")
        again = place.run(out)
        equal = predictions(out) == predictions(place.root / "undisturbed")
    return f"{folder.name:<12}{way:<10}read-only: {said}; afterwards exit code {again.code}, equal: {equal}"


class MemoryGroup:
    """A cgroup whose processes may use a limited memory together; the kernel kills one that needs more."""

    def __enter__(self) -> MemoryGroup:
        """Make the group."""
        CGROUP.mkdir()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it; its processes have ended."""
        time.sleep(1)
        CGROUP.rmdir()

    def limit(self, size: int) -> None:
        """Set the limit in bytes."""
        (CGROUP / "memory.limit_in_bytes").write_text(str(size))

    @property
    def peak(self) -> int:
        """The largest use so far in bytes."""
        return int((CGROUP / "memory.max_usage_in_bytes").read_text())

    def holding(self, unit: str) -> Callable[[subprocess.Popen[str]], None]:
        """Return a disturbance: put each process that trains a unit into the group."""

        def disturb(process: subprocess.Popen[str]) -> None:
            while process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    try:
                        if unit in child.cmdline():
                            (CGROUP / "cgroup.procs").write_text(str(child.pid))
                    except (psutil.Error, OSError):  # it has ended
                        pass
                time.sleep(0.02)

        return disturb


def short_of_memory(place: Place) -> list[str]:
    """Give one unit of four too little memory; return the lines of the table."""
    with MemoryGroup() as group:
        measured = place.out("measured")
        place.run(measured, words=("--prepare",))
        place.run(measured, group.holding(LIMITED), ("--only", LIMITED))
        needed = group.peak
    with MemoryGroup() as group:
        group.limit(int(SHARE * needed))
        out = place.out("limited")
        ran = place.run(out, group.holding(LIMITED), ("--workers", "2"))
    units = json.loads((out / "PREPARED.json").read_text(encoding="utf-8"))["units"]
    done = finished(out)
    whole = [unit["name"] for unit in units if all(f"runs/{run}/DONE.json" in done for run in unit["runs"])]
    report = (out / "report.md").read_text(encoding="utf-8") if (out / "report.md").exists() else ""
    again = place.run(out, words=("--workers", "2"))
    equal = predictions(out) == predictions(place.root / "undisturbed")
    return [
        f"{LIMITED} needs {needed / 1e6:.0f} MB and gets {SHARE:.0%} of it: exit code {ran.code}, "
        f"{len(whole)} of {len(units)} units finished, that one among them: {LIMITED in whole}",
        f"  the report says that runs are missing: {'missing' in report}; why: {'memory was full' in report}; the "
        f"question is left open: {'not answered' in report}",
        f"  last line: {ran.said.strip().splitlines()[-1][:150]} ...",
        f"  without the limit: exit code {again.code}, predictions.csv equal: {equal}; left over: "
        f"{place.leftovers(out) or 'nothing'}",
    ]


def main() -> None:
    """Print the table, and write it into the page of results unless ``--quick``."""
    quick = "--quick" in sys.argv
    with tempfile.TemporaryDirectory() as scratch:
        place = Place(Path(scratch), EXPERIMENT)
        first = place.run(place.out("undisturbed"))
        whole, cache = size_of(place.root / "undisturbed"), size_of(place.cache)
        lines = [f"undisturbed: exit code {first.code}, {whole / 1e6:.1f} MB, {cache / 1e6:.1f} MB in the cache"]
        number = QUICK_SIZES if quick else SIZES
        small_tmp = [PAGE, *steps(2**20, number // 2)]
        for part in (
            lambda: short_of_memory(place),
            lambda: [filled(place, "out", place.root / "out", "run", steps(whole, number))],
            lambda: [filled(place, "parts", place.root / "parts", "parts", steps(whole, number))],
            lambda: [filled(place, "workers", place.root / "workers", "workers", steps(whole, number // 2))],
            lambda: [filled(place, "first", place.root / "cache-small", "run", steps(cache, number // 2))],
            lambda: [filled(place, "second", place.root / "tmp-small", "run", small_tmp)],
            lambda: [read_only(place, "closed", place.root / "closed", "run")],
            lambda: [read_only(place, "closed2", place.root / "closed2", "finish", ("--prepare",))],
        ):
            lines += part()
            print("\n".join(lines), flush=True)
    if not quick:
        publish("limits", "\n".join(lines), is_timed=False)


if __name__ == "__main__":
    main()
