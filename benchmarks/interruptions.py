"""What killed, interrupted and simultaneous `radtl run` leave, compared with an undisturbed run.

    python benchmarks/interruptions.py [--quick] [--kills]

A tiny experiment (MobileNet025, 48 px, 2 epochs, 2 folds, `determinism = "strict"`, 16 runs of 8 scenarios) is run

- undisturbed,
- with SIGKILL at 30 random moments, resumed each time; when it is done, it begins again with a fresh folder and cache,
- with SIGKILL to its child whenever it trains one setting of four, as the kernel does when the memory is full,
- by two, then by four processes at once on one fresh folder, which share the work,
- in parts: --prepare, --only for each unit in reverse order, --finish; then with --workers 2,
- once more with 0 runs left, for the CPU seconds of parent and child.

Every folder gets the key of the patients' hashes of the first, so predictions.csv has to be equal byte for byte.
It takes 35 minutes on 2 cores; --quick (2 kills) takes 8, and --kills ends after the kills.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from _shared import RADTL, publish

from radtl_tf.data.phantoms.write import write_phantoms
from radtl_tf.places import shipped

NUM_KILLS, QUICK_KILLS = 30, 2
KEPT = ".known.json"  # the fingerprint of a data set, in its folder
LOST = "MobileNet025-phantom-tf-full"  # the setting that is killed again and again
_EXPERIMENT = """\
name = "interruptions"
task = {{ manifest = "data/labels.csv", positive = "male", patient = "patient_id", unit = "patient" }}
question = {{ compare = ["phantom", "random"], over = "selected" }}
folds = {{ count = 2 }}
training = {{ image_size = 48, epochs = 2, batch_size = 16, determinism = "strict" }}
[grid]
backbones = ["MobileNet025"]
weights = ["phantom", "random"]
tunings = [{{ mode = "frozen", learning_rates = [1e-2, 1e-3] }}, {{ mode = "full", learning_rates = [1e-3] }}]
[weights.phantom]
pixels = "tf"
files.MobileNet025 = "{weights}"
"""


_OPEN = """
import sys, time
from pathlib import Path
import tensorflow
from radtl_tf.experiment import run
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.prepared import read_prepared
tensorflow.config.list_physical_devices()
start = time.process_time()
out = OutputFolder(Path(sys.argv[1]))
run._opened(out, read_prepared(out))
print(f"{time.process_time() - start:.2f}")
"""


@dataclass(frozen=True)
class Ran:
    """One call of ``radtl run``: exit code and what it wrote on stderr."""

    code: int
    said: str


class Place:
    """A folder with data, an experiment file, a cache and a folder for temporary files."""

    def __init__(self, root: Path, experiment: str = _EXPERIMENT) -> None:
        self.root, self.tmp, self.cache = root, root / "tmp", root / "cache"
        self.tmp.mkdir()
        write_phantoms(root / "data", kind="skull", num_patients=48, seed=2, height=64)
        weights = shipped("weights") / "phantom-MobileNet025_notop.h5"
        (root / "e.toml").write_text(experiment.format(weights=weights), encoding="utf-8")

    def out(self, name: str) -> Path:
        """Return a new output folder with the key of the undisturbed run, if there is one."""
        key = self.root / "undisturbed" / "data" / "patient.key"
        if key.exists():
            (self.root / name / "data").mkdir(parents=True)
            shutil.copy2(key, self.root / name / "data")
        return self.root / name

    @contextmanager
    def started(self, out: Path, more: Sequence[str] = ()) -> Iterator[subprocess.Popen[str]]:
        """Start ``radtl run``; it has ended at the end of the block."""
        words = (*RADTL, "run", str(self.root / "e.toml"), "--out", str(out), *more)
        environment = {**os.environ, "RADTL_CACHE": str(self.cache), "TMPDIR": str(self.tmp)}
        with (self.root / "log").open("a+") as log:
            process = subprocess.Popen(words, stdout=log, stderr=subprocess.PIPE, text=True, env=environment)
            yield process
            process.wait()

    def run(
        self, out: Path, disturb: Callable[[subprocess.Popen[str]], None] | None = None, words: Sequence[str] = ()
    ) -> Ran:
        """Run with further ``words`` to the end, or until ``disturb`` has ended it."""
        with self.started(out, words) as process:
            if disturb:
                disturb(process)
            said = process.communicate()[1]
        return Ran(process.returncode, said)

    def parts(self, out: Path) -> list[int]:
        """Prepare, train each unit, the last one first, and finish; return the exit codes."""
        codes = [self.run(out, words=["--prepare"]).code]
        units = [unit["name"] for unit in json.loads((out / "PREPARED.json").read_text(encoding="utf-8"))["units"]]
        codes += [self.run(out, words=["--only", unit]).code for unit in reversed(units)]
        return [*codes, self.run(out, words=["--finish"]).code]

    def leftovers(self, out: Path) -> list[str]:
        """Return what nobody needs: temporary entries and locks in the three folders."""
        hidden = [*out.rglob(".*"), *self.cache.rglob(".*"), *self.cache.glob("locks/*"), *self.tmp.iterdir()]
        return sorted(str(path.relative_to(self.root)) for path in hidden if path.name != KEPT)


def finished(out: Path) -> dict[str, int]:
    """Return a number per finished run that changes if it is written again."""
    return {str(path.relative_to(out)): path.stat().st_mtime_ns for path in out.glob("runs/*/[!.]*/DONE.json")}


class Round:
    """An experiment in a fresh folder that is killed and resumed until it is done."""

    def __init__(self, place: Place, out: Path) -> None:
        self._place, self.out, self._known = place, out, dict[str, int]()
        self.twice, self.leftovers = 0, list[str]()

    def run(self, disturb: Callable[[subprocess.Popen[str]], None] | None = None) -> bool:
        """Run or resume, and return whether it was killed; count the runs that were written a second time."""
        ran = self._place.run(self.out, disturb)
        now = finished(self.out)
        self.twice += sum(now.get(name) != when for name, when in self._known.items())
        self._known |= now
        if ran.code == 0:
            self.leftovers = self._place.leftovers(self.out)
        elif ran.code != -signal.SIGKILL:
            raise SystemExit(f"exit code {ran.code}: {ran.said}")
        return ran.code != 0

    def stage(self) -> str:
        """Return how far the experiment is, from what is on disk."""
        if not (self.out / "PREPARED.json").exists():
            return "preparing"
        return "finishing" if len(self._known) == len(finished(self._place.root / "undisturbed")) else "training"


def predictions(out: Path) -> bytes:
    """Return the content of predictions.csv."""
    return (out / "predictions.csv").read_bytes()


def killed_after(seconds: float) -> Callable[[subprocess.Popen[str]], None]:
    """Return a disturbance: kill only the parent after a while; the kernel kills its child."""

    def disturb(process: subprocess.Popen[str]) -> None:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()

    return disturb


def killed_when(out: Path, num_runs: int) -> Callable[[subprocess.Popen[str]], None]:
    """Return a disturbance: kill only the parent when a number of runs is finished."""

    def disturb(process: subprocess.Popen[str]) -> None:
        while process.poll() is None and len(finished(out)) < num_runs:
            time.sleep(0.02)
        process.kill()

    return disturb


def killed_while_training(out: Path, setting: str) -> Callable[[subprocess.Popen[str]], None]:
    """Return a disturbance: kill the child at each start of a run of ``setting``, as when the memory is full."""

    def disturb(process: subprocess.Popen[str]) -> None:
        seen: dict[int, float] = {}  # the kernel's time of a child's start may be off by seconds
        killed: set[int] = set()
        while process.poll() is None:
            for child in psutil.Process(process.pid).children():
                since = seen.setdefault(child.pid, time.time())
                events = [*out.glob(f"tensorboard/{setting}/**/events*")]
                if child.pid not in killed and any(event.stat().st_mtime > since for event in events):
                    killed.add(child.pid)
                    child.send_signal(signal.SIGKILL)
            time.sleep(0.02)

    return disturb


def resumed(place: Place, kills: int, longest: float) -> list[str]:
    """Kill at random moments, resume each time, and begin again when it is done; return the lines of the table."""
    moments, hit, rounds = random.Random(726), Counter[str](), list[Round]()
    while hit.total() < kills:
        rounds.append(Round(place, place.out(f"killed{len(rounds)}")))
        shutil.rmtree(place.cache, ignore_errors=True)
        while hit.total() < kills and rounds[-1].run(killed_after(moments.uniform(0.02, 0.9) * longest)):
            hit[rounds[-1].stage()] += 1
    rounds[-1].run()
    equal = sum(predictions(each.out) == predictions(place.root / "undisturbed") for each in rounds)
    left = sorted({path for each in rounds for path in each.leftovers})
    return [
        f"{hit.total()} kills in {len(rounds)} folders, each run to the end: predictions.csv equal in {equal} of them",
        f"  kills before it was prepared: {hit['preparing']}, while runs were left: {hit['training']}, "
        f"after the last run: {hit['finishing']}",
        f"  runs trained twice: {sum(each.twice for each in rounds)}; left over: {left or 'nothing'}",
    ]


def together(place: Place, number: int) -> list[str]:
    """Start several processes at once on one fresh folder; return the lines of the table."""
    out = place.out(f"together{number}")
    words = (*RADTL, "run", str(place.root / "e.toml"), "--out", str(out))
    environment = {**os.environ, "RADTL_CACHE": str(place.cache), "TMPDIR": str(place.tmp)}
    started = [
        subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(number)
    ]
    ran = [Ran(process.returncode, said) for process in started for said in [process.communicate()[1]]]
    tracebacks = sum("Traceback" in each.said for each in ran)
    equal = predictions(out) == predictions(place.root / "undisturbed")
    return [
        f"{number} at once: exit codes {sorted(each.code for each in ran)}, tracebacks {tracebacks}, "
        f"predictions.csv equal: {equal}",
        f"  left over: {place.leftovers(out) or 'nothing'}",
    ]


def divided(place: Place) -> list[str]:
    """Train unit by unit, then with two workers; return the lines of the table."""
    lines = []
    for name in ("parts", "workers"):
        out = place.out(name)
        codes = place.parts(out) if name == "parts" else [place.run(out, words=("--workers", "2")).code]
        equal, left = predictions(out) == predictions(place.root / "undisturbed"), place.leftovers(out) or "nothing"
        lines += [f"{name}: exit codes {codes}, predictions.csv equal: {equal}; left over: {left}"]
    words = (sys.executable, "-c", _OPEN, str(place.root / "parts"))
    opened = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    return [*lines, f"opening a prepared folder after the imports: {opened} CPU s"]


def lost(place: Place) -> list[str]:
    """Kill one setting of four whenever it trains; return the lines of the table."""
    out = place.out("lost")
    ran = place.run(out, killed_while_training(out, LOST))
    names = {name.split("/")[1].rsplit("-0.", 1)[0] for name in finished(out)}
    report = (out / "report.md").read_text(encoding="utf-8")
    return [
        f"one setting killed each time: exit code {ran.code}, settings finished: {len(names)} of 5 with the probes' "
        f"{sum('probe' in name for name in names)}, {LOST} among them: {LOST in names}",
        f"  the report names it: {LOST in report}; the question is left open: {'not answered' in report}",
        f"  last line: {ran.said.strip().splitlines()[-1][:150]} ...",
    ]


def nothing_left(place: Place) -> list[str]:
    """Run with 0 runs left; return the line of the table."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    place.run(place.root / "undisturbed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [f"0 runs left: {seconds:.1f} CPU s, parent and child together"]


def main() -> None:
    """Print the tables, and write them into the page of results unless ``--quick``."""
    is_quick = "--quick" in sys.argv
    with tempfile.TemporaryDirectory() as scratch:
        place = Place(Path(scratch))
        start = time.monotonic()
        first = place.run(place.out("undisturbed"))
        longest = time.monotonic() - start
        lines = [f"undisturbed: exit code {first.code}, {len(finished(place.root / 'undisturbed'))} runs"]
        killed = [*lines, *resumed(place, QUICK_KILLS if is_quick else NUM_KILLS, longest)]
        _show("kills", killed, is_quick)
        if "--kills" in sys.argv:
            return
        for part in (
            lambda: lost(place),
            lambda: together(place, 2),
            lambda: together(place, 4),
            lambda: divided(place),
            lambda: nothing_left(place),
        ):
            lines += part()
            print(lines[-1], file=sys.stderr, flush=True)
        _show("interruptions", lines, is_quick)


def _show(name: str, lines: Sequence[str], is_quick: bool) -> None:
    if is_quick:
        print("\n".join(lines), flush=True)
    else:
        publish(name, "\n".join(lines), is_timed=False)


if __name__ == "__main__":
    main()
