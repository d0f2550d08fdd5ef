"""Several units at the same time: each is a command that is started, judged, and ended with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from radtl_tf.experiment.units import workers
from radtl_tf.experiment.units.workers import Workers, run_command
from radtl_tf.logs import shown
from radtl_tf.progress import Progress
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.prepared import Prepared, WorkUnit, write_prepared
from radtl_tf.records.safety.failures import read_failures
from radtl_tf.records.safety.lock import working

# A command that finishes the runs of a unit, and says so; the third word says how it ends instead, and how often.
_TRAIN = """
import os, signal, sys
from pathlib import Path
out, unit, deaths = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
log = (out / "log").open("a")
log.write(f"{unit} {os.environ.get('CUDA_VISIBLE_DEVICES')}\\n")
log.close()
if (out / "log").read_text().count(unit) <= deaths:
    os.kill(os.getpid(), signal.SIGKILL)
if deaths < 0:
    sys.exit(1)
for fold in range(2):
    (out / "runs" / unit / f"0-{fold}").mkdir(parents=True)
    (out / "runs" / unit / f"0-{fold}" / "DONE.json").write_text("{}")
print("trained", file=sys.stderr)
"""


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with three units of two runs: a takes longest, then b, then c."""
    monkeypatch.setattr(workers, "_POLL", 0.02)
    monkeypatch.setattr(workers, "_gpus", list)
    units = [
        WorkUnit(name=name, runs=(f"{name}/0-0", f"{name}/0-1"), seconds=seconds)
        for name, seconds in (("c", 1.0), ("a", 9.0), ("b", 5.0))
    ]
    empty = {"facts": {}, "arrays": "", "images": "", "weights": (), "threads": 2, "versions": {}, "hardware": {}}
    write_prepared(OutputFolder(tmp_path), Prepared(units=tuple(units), **empty))
    return tmp_path


def train(out: Path, number: int, **deaths: int) -> tuple[list[str], list[str], list[Progress]]:
    """Train all units; return the log of the commands, what was logged here, and the progress."""
    lines, seen = list[str](), list[Progress]()

    def words(unit: str) -> list[str]:
        return [sys.executable, "-c", _TRAIN, str(out), unit, str(deaths.get(unit, 0))]

    with shown(lines.append):
        Workers(out, number, words, os.environ, seen.append).run()
    return (out / "log").read_text().split("\n")[:-1], lines, seen


def test_the_longest_unit_comes_first_and_each_is_trained_once(out: Path) -> None:
    log, lines, seen = train(out, 1)
    assert log == ["a None", "b None", "c None"]
    assert sorted(lines) == ["a: trained", "b: trained", "c: trained"]
    assert (seen[0].done, seen[0].total, seen[0].seconds_left) == (0, 6, 15)


def test_each_worker_has_a_gpu(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_gpus", lambda: ["4", "7"])
    log, _, _ = train(out, 3)
    assert sorted(log) == ["a 4", "b 7", "c 4"]


@pytest.mark.parametrize(("gpus", "between"), [([], "1"), (["0"], None)])
def test_a_unit_keeps_to_its_threads(
    out: Path, gpus: list[str], between: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_gpus", lambda: gpus)
    seen = set()

    def words(unit: str) -> list[str]:
        names = "'TF_NUM_INTEROP_THREADS', 'OPENBLAS_NUM_THREADS'"
        return [sys.executable, "-c", f"import os; print([os.environ.get(n) for n in ({names})]); exit(1)"]

    known = {name: value for name, value in os.environ.items() if not name.endswith("_THREADS")}
    with shown(lambda line: seen.add(line.partition(": ")[2])):
        Workers(out, 3, words, known, lambda _: None).run()
    assert seen == {str([between, "2"])}


def test_a_unit_whose_process_dies_is_tried_once_more(out: Path) -> None:
    log, _, _ = train(out, 2, a=1, b=9)
    assert sorted(log) == ["a None", "a None", "b None", "b None", "c None"]
    assert set(read_failures(out)) == {"b/0-0", "b/0-1"}
    assert "signal 9" in read_failures(out)["b/0-0"].reason


def test_a_unit_that_ends_with_an_error_is_left_out(out: Path) -> None:
    log, _, _ = train(out, 3, b=-1)
    assert len(log) == 3 and read_failures(out) == {}
    assert not (out / "runs" / "b").exists()


def test_a_unit_in_other_hands_is_waited_for(out: Path) -> None:
    begun, free = threading.Event(), threading.Event()

    def elsewhere() -> None:
        with working(out, "a"):
            begun.set()
            free.wait(30)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    assert begun.wait(10)

    def release(progress: Progress) -> None:
        if progress.done == 4:
            free.set()

    Workers(out, 2, lambda unit: [sys.executable, "-c", _TRAIN, str(out), unit, "0"], os.environ, release).run()
    thread.join()
    assert (out / "log").read_text().split("\n")[-2] == "a None"


def test_a_command_that_prepares_sees_one_share_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workers, "_gpus", lambda: ["3", "5"])
    monkeypatch.setattr(workers, "_cores", lambda: 8)
    code = (
        "import os, sys; print(os.environ['TF_NUM_INTRAOP_THREADS'], os.environ['CUDA_VISIBLE_DEVICES']); sys.exit(4)"
    )
    words = [sys.executable, "-c", code]
    assert run_command(words, 3, {}) == 4
    assert run_command(words, 3, {"TF_NUM_INTRAOP_THREADS": "6"}) == 4
    assert run_command(words, 3, {}, quiet=True) == 4
    assert capfd.readouterr().out == "2 3\n6 3\n"


@pytest.mark.parametrize(("chosen", "names"), [("1,0", ["1", "0"]), ("", []), ("-1", []), (None, ["0", "2", "10"])])
def test_gpus_are_those_that_this_process_may_use(
    chosen: str | None, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("nvidia10", "nvidia0", "nvidia2", "nvidiactl", "nvidia-uvm", "nvidia0x"):
        (tmp_path / name).write_text("")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if chosen is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert workers._gpus(tmp_path) == names


@pytest.fixture
def handlers() -> Iterator[None]:
    """Restore the handlers of signals."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("stubborn", [False, True])
def test_an_interruption_ends_every_process(
    out: Path, stubborn: bool, handlers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "GRACE", 0.2)
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN);" * stubborn
    code = f"import os, signal, time; {deaf} open(f'{out}/pid{{os.getpid()}}', 'w'); time.sleep(60)"

    def interrupt(_: Progress) -> None:
        if len(list(out.glob("pid*"))) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Workers(out, 2, lambda _: [sys.executable, "-c", code], os.environ, interrupt).run()
    for file in out.glob("pid*"):
        with pytest.raises(ProcessLookupError):
            os.kill(int(file.name.removeprefix("pid")), 0)


def test_starting_workers_needs_no_tensorflow() -> None:
    code = "import sys; import radtl_tf.experiment.units.workers; print('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
