"""A stand-in for ``sbatch`` and ``scontrol`` of Slurm: it runs what is submitted, at once and in order.

Called as ``python standin_slurm.py sbatch|scontrol WORDS``, with the folder of its state in STANDIN_SLURM. It knows the
options that our scripts use and refuses others. Tasks of an array run one after the other, the last one first; a task
that asks for it is requeued, after the others. A job with a dependency runs only if its array has ended.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

STATE = Path(os.environ["STANDIN_SLURM"])
OPTIONS = ("job-name", "array", "cpus-per-task", "gres", "requeue", "open-mode", "output", "dependency", "parsable")
FREE = ("time", "partition", "mem", "account")  # they have no effect here


def parse(words: list[str]) -> dict[str, str]:
    """Return the options of the form ``--name=value`` or ``--name``."""
    found = {}
    for word in words:
        name, _, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or name not in OPTIONS + FREE:
            sys.exit(f"sbatch: error: {word}")
        found[name] = value
    return found


def sbatch(*words: str) -> None:
    """Run a script with the options of its head, those of the environment, and those of the command line."""
    *options, script = words
    text = Path(script).read_text()
    head = [line.removeprefix("#SBATCH ") for line in text.splitlines() if line.startswith("#SBATCH ")]
    chosen = {**parse(head), **parse(options)}
    number = len(list(STATE.glob("job-*"))) + 1
    if "dependency" in chosen:
        kind, _, other = chosen["dependency"].partition(":")
        known = STATE / f"job-{other}"
        if kind != "afterany" or json.loads(known.read_text())["state"] != "ended":
            sys.exit(f"sbatch: error: dependency {chosen['dependency']}")
    job = STATE / f"job-{number}"
    job.write_text(json.dumps({"state": "running", "options": chosen}))
    copy = STATE / f"script-{number}"  # Slurm runs a copy, so a script does not know its own folder
    copy.write_text(text)
    codes = array(number, chosen, copy) if "array" in chosen else {"": one(number, None, chosen, copy, 0)}
    job.write_text(json.dumps({"state": "ended", "options": chosen, "codes": codes}))
    print(f"{number};standin" if "parsable" in chosen else f"Submitted batch job {number}")


def array(number: int, chosen: dict[str, str], script: Path) -> dict[str, list[int]]:
    """Run the tasks of an array; return the exit codes of each, one per start."""
    first, last = re.fullmatch(r"(\d+)-(\d+)(?:%\d+)?", chosen["array"]).groups()
    waiting = list(range(int(first), int(last) + 1))
    codes: dict[str, list[int]] = {}
    while waiting:
        task = waiting.pop()
        starts = codes.setdefault(str(task), [])
        starts.append(one(number, task, chosen, script, len(starts)))
        mark = STATE / f"requeue-{number}_{task}"
        if mark.exists():
            mark.unlink()
            waiting.insert(0, task)
    return codes


def one(number: int, task: int | None, chosen: dict[str, str], script: Path, restarts: int) -> int:
    """Run one task; its output goes where the option says."""
    names = {"%A": str(number), "%a": str(task), "%j": str(number)}
    log = re.sub(r"%[Aaj]", lambda found: names[found[0]], chosen["output"])
    settings = {"SLURM_SUBMIT_DIR": os.getcwd(), "SLURM_JOB_ID": str(number)}
    if task is not None:
        settings |= {"SLURM_ARRAY_JOB_ID": str(number), "SLURM_ARRAY_TASK_ID": str(task)}
    if restarts:
        settings["SLURM_RESTART_COUNT"] = str(restarts)
    with open(log, "a" if chosen.get("open-mode") == "append" else "w") as stream:
        process = subprocess.Popen(
            ["bash", script], stdout=stream, stderr=stream, env={**os.environ, **settings}, start_new_session=True
        )
        (STATE / "running").write_text(str(process.pid))
        return process.wait()


def scontrol(verb: str, job: str) -> None:
    """Requeue the running task: mark it and end its processes, as Slurm does."""
    if verb != "requeue":
        sys.exit(f"scontrol: error: {verb}")
    (STATE / f"requeue-{job}").write_text("")
    os.killpg(int((STATE / "running").read_text()), 15)


if __name__ == "__main__":
    {"sbatch": sbatch, "scontrol": scontrol}[sys.argv[1]](*sys.argv[2:])
