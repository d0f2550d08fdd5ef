"""What full disks, read-only folders and a memory limit leave of an experiment, and whether its numbers stay the same.

    python benchmarks/limits.py [--quick]

The experiment of `interruptions.py`, one epoch, as root on Linux: it mounts small file systems (tmpfs) and needs the
memory controller of cgroup v1. One of the folders (output, cache, TMPDIR) is a file system that is too small for one
file after the other: it grows each time that a command has failed, until the experiment is done. The commands are
`radtl run`; --prepare, --only and --finish; and --workers 2. Then the folders are made read-only. Before all
that, one work unit of four gets less memory than it needs, so that the kernel kills it whenever it is tried; without
the limit, the same command finishes the experiment. It takes 15 minutes on 2 cores; --quick (few sizes) takes 5.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
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


def steps(needed: int, number: int) -> list[int]:
    """Return growing sizes in bytes, whole pages; the last one is more than enough."""
    shares = [0.002 * (1.2 / 0.002) ** (at / (number - 1)) for at in range(number)]
    return [*(max(int(needed * share) // PAGE, 1) * PAGE for share in shares), 4 * needed + 2**26]


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder, in whole pages."""
    return sum(-(-path.stat().st_size // PAGE) * PAGE for path in folder.rglob("*") if path.is_file())


def judged(ran: Ran, place: Path) -> tuple[bool, str]:
    """Return whether a failed command said one line that names ``place``, and which file of it, or what it said.

    With several workers, each unit that fails says one line, and the end says which runs are missing.
    """
    errors = [line for line in ran.said.splitlines() if re.match(r"(\S+: )?Error: ", line)]
    single = [line for line in errors if line.startswith("Error: ")]
    if ran.code != 1 or len(single) != 1 or "Traceback" in ran.said:
        return False, f"exit code {ran.code}, {len(single)} lines: {ran.said.strip()[-300:]}"
    named = [word for line in errors for word in re.findall(rf"{re.escape(str(place))}[^\s,:;]*", line)]
    if not named:
        return False, single[0]
    return True, re.sub(r"[0-9a-f]{8,}", "*", str(Path(named[0].rstrip(".")).relative_to(place)))


@contextmanager
def mounted(place: Place, name: str, folder: Path | None, size: int) -> Iterator[tuple[Path, Callable[[str], None]]]:
    """Mount a file system at ``folder``, by default the output folder ``name``; yield that one and a way to change it.

    The output folder has the key of the undisturbed run, and the cache is empty.
    """
    shutil.rmtree(place.cache, ignore_errors=True)
    place.cache.mkdir()
    out = place.out(f"out, {name}")
    key = (out / "data" / "patient.key").read_bytes()
    folder = folder or out
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        if folder == out:
            (out / "data").mkdir()
            (out / "data" / "patient.key").write_bytes(key)
        yield out, lambda option: subprocess.run(["mount", "-o", f"remount,{option}", str(folder)], check=True)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def commands(out: Path, way: str) -> Iterator[Words]:
    """Yield the words of the calls of ``radtl run`` in a way to run an experiment."""
    if way != "parts":
        yield () if way == "run" else ("--workers", "2")
        return
    yield ("--prepare",)
    for unit in json.loads((out / "PREPARED.json").read_text(encoding="utf-8"))["units"]:
        yield ("--only", unit["name"])
    yield ("--finish",)


def filled(place: Place, name: str, folder: Path | None, way: str, sizes: list[int]) -> list[str]:
    """Run on a file system that is too small and grows; return the lines of the table."""
    said: Counter[tuple[bool, str]] = Counter()
    left = list(sizes)
    with mounted(place, name, folder, left.pop(0)) as (out, change):
        for words in commands(out, way):
            while (ran := place.run(out, words=words)).code and left:
                said[judged(ran, folder or out)] += 1
                change(f"size={left.pop(0)}")
        equal, over = is_equal(place, out), place.leftovers(out) or "nothing"
    files = ", ".join(file for is_line, file in said if is_line)
    bad = [f"  {text}" for is_line, text in said if not is_line]
    return [
        f"{name}, {way}: full {said.total()} times, one line with its folder {said.total() - len(bad)} times; "
        f"predictions.csv equal: {equal}; left over: {over}",
        *([f"  at {files}"] if files else []),
        *bad,
    ]


def read_only(place: Place, name: str, folder: Path | None, before: Sequence[Words], words: Words) -> list[str]:
    """Make a file system read-only after the commands ``before``; return the lines of the table."""
    with mounted(place, name, folder, 2**28) as (out, change):
        for each in before:
            place.run(out, words=each)
        change("ro")
        ran = place.run(out, words=words)
        is_line, said = (True, "") if ran.code == 0 else judged(ran, folder or out)
        change("rw")
        again, equal = place.run(out), is_equal(place, out)
    outcome = "works" if ran.code == 0 else f"one line with its folder: {is_line}"
    return [
        f"{name}: {outcome}; afterwards exit code {again.code}, predictions.csv equal: {equal}",
        *([] if is_line else [f"  {said}"]),
    ]


def is_equal(place: Place, out: Path) -> bool:
    """Return whether predictions.csv is there and has the bytes of the undisturbed run."""
    return (out / "predictions.csv").exists() and predictions(out) == predictions(place.root / "undisturbed")


class MemoryGroup:
    """A cgroup whose processes may use a limited memory together; the kernel kills one that needs more."""

    def __init__(self, limit: float | None = None) -> None:
        """``limit`` is in bytes."""
        self._limit, self.peak = limit, 0

    def __enter__(self) -> MemoryGroup:
        """Make the group."""
        CGROUP.mkdir()
        if self._limit:
            (CGROUP / "memory.limit_in_bytes").write_text(str(int(self._limit)))
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it; its processes have ended."""
        time.sleep(1)
        CGROUP.rmdir()

    def holding(self, unit: str) -> Callable[[subprocess.Popen[str]], None]:
        """Return a disturbance: put each process that trains a unit into the group, and measure what they use."""

        def disturb(process: subprocess.Popen[str]) -> None:
            while process.poll() is None:
                for child in (parent := psutil.Process(process.pid)).children(recursive=True) + [parent]:
                    with suppress(psutil.Error, OSError):  # it has ended
                        if unit in child.cmdline():
                            (CGROUP / "cgroup.procs").write_text(str(child.pid))
                used = re.search(r"^total_rss (\d+)", (CGROUP / "memory.stat").read_text(), re.MULTILINE)
                self.peak = max(self.peak, int(used[1]) if used else 0)
                time.sleep(0.02)

        return disturb


def short_of_memory(place: Place) -> list[str]:
    """Give one unit of four too little memory; return the lines of the table."""
    measured, out = place.out("measured"), place.out("limited")
    place.run(measured, words=("--prepare",))
    with MemoryGroup() as group:
        place.run(measured, group.holding(LIMITED), ("--only", LIMITED))
    with MemoryGroup(SHARE * group.peak) as limited:
        ran = place.run(out, limited.holding(LIMITED), ("--workers", "2"))
    units = json.loads((out / "PREPARED.json").read_text(encoding="utf-8"))["units"]
    done = finished(out)
    whole = [unit["name"] for unit in units if all(f"runs/{run}/DONE.json" in done for run in unit["runs"])]
    report = (out / "report.md").read_text(encoding="utf-8") if (out / "report.md").exists() else ""
    again = place.run(out, words=("--workers", "2"))
    return [
        f"{LIMITED} needs {group.peak / 1e6:.0f} MB and gets {SHARE:.0%} of it: exit code {ran.code}, "
        f"{len(whole)} of {len(units)} work units finished, that one among them: {LIMITED in whole}",
        f"  the report names what is missing: {'failed and are missing' in report}; the question is left open: "
        f"{'not answered' in report}",
        f"  last line: {ran.said.strip().splitlines()[-1][:150]} ...",
        f"  without the limit: exit code {again.code}, predictions.csv equal: {is_equal(place, out)}; left over: "
        f"{place.leftovers(out) or 'nothing'}",
    ]


def main() -> None:
    """Print the tables, and write them into the page of results unless ``--quick``."""
    quick = "--quick" in sys.argv
    with tempfile.TemporaryDirectory() as scratch:
        place = Place(Path(scratch), EXPERIMENT)
        first = place.run(place.out("undisturbed"))
        whole, cache = size_of(place.root / "undisturbed"), size_of(place.cache)
        _show("memory_limit", short_of_memory(place), quick)
        lines = [f"undisturbed: exit code {first.code}, {whole / 1e6:.1f} MB, {cache / 1e6:.1f} MB in the cache"]
        many, few = (QUICK_SIZES, QUICK_SIZES) if quick else (SIZES, SIZES // 2)
        unit = ("--only", LIMITED)
        for part in (
            lambda: filled(place, "output folder", None, "run", steps(whole, many)),
            lambda: filled(place, "output folder (parts)", None, "parts", steps(whole, many)),
            lambda: filled(place, "output folder (workers)", None, "workers", steps(whole, few)),
            lambda: filled(place, "cache", place.cache, "run", steps(cache, few)),
            lambda: filled(place, "TMPDIR", place.tmp, "run", steps(2**21, few)),
            lambda: read_only(place, "read-only output folder", None, (), ()),
            lambda: read_only(place, "read-only output folder, prepared", None, [("--prepare",)], unit),
            lambda: read_only(place, "read-only cache, empty", place.cache, (), ()),
            lambda: read_only(place, "read-only TMPDIR", place.tmp, (), ()),
        ):
            lines += part()
            print(lines[-1], file=sys.stderr, flush=True)
        _show("limits", lines, quick)


def _show(name: str, lines: Sequence[str], is_quick: bool) -> None:
    print("\n".join(lines)) if is_quick else publish(name, "\n".join(lines), is_timed=False)


if __name__ == "__main__":
    main()
