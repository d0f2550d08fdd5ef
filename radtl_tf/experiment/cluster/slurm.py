"""Scripts that start the work units of a prepared experiment with Slurm.

Slurm copies a script before it runs it, so the scripts name the output folder by its absolute path. Logs are relative
to the folder of the scripts: in a line ``#SBATCH``, Slurm would replace ``%`` and backslashes in a path.

Source: sbatch(1), scontrol(1) and "Job Array Support" of the documentation of Slurm.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from radtl_tf.experiment.cluster.environment import environment_of_units
from radtl_tf.records.disk import write_text
from radtl_tf.records.prepared import Prepared

FOLDER = "slurm"  # in the output folder: the scripts and their logs
ARRAY, FINISH, SUBMIT = "array.sbatch", "finish.sbatch", "submit.sh"
HELD = os.EX_TEMPFAIL if hasattr(os, "EX_TEMPFAIL") else 75  # exit code of a unit that another process works on

_ARRAY = """\
#!/bin/bash
#SBATCH --job-name=radtl
#SBATCH --array=0-{last}
{resources}#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%A_%a.log
# One work unit per task of the array. Start it with submit.sh.
set -u
unset "${{!RADTL_RUN_@}}" # options of the command that wrote this
{exports}radtl=({radtl})
units=(
{units}
)
unit=${{units[$SLURM_ARRAY_TASK_ID]}}
echo "$unit on $(uname -n)"
"${{radtl[@]}}" run --out {out} --only "$unit"{flags}
code=$?
if [ "$code" -eq {held} ]; then # another process works on this unit: look again later
    scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID" && sleep 60
fi
exit "$code"
"""
_FINISH = """\
#!/bin/bash
#SBATCH --job-name=radtl-finish
{resources}#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=finish-%j.log
# Evaluate the runs and write the report, after all tasks of the array have ended.
set -u
unset "${{!RADTL_RUN_@}}" # options of the command that wrote this
{exports}radtl=({radtl})
exec "${{radtl[@]}}" run --out {out} --finish
"""
_SUBMIT = """\
#!/bin/bash
# Submit the work units and the job that finishes the experiment. Submit again at any time: what is done is kept.
# Words after the command are options of sbatch for the array, such as --time=04:00:00 or --array=0-{last}%4.
# Options for both jobs are variables of sbatch, such as SBATCH_PARTITION and SBATCH_ACCOUNT.{longest}
set -eu
cd -- "$(dirname -- "${{BASH_SOURCE[0]}}")"
if ! command -v sbatch > /dev/null; then
    echo "Error: sbatch was not found. Run this script on a machine that submits jobs to Slurm." >&2
    exit 1
fi
array=$(sbatch --parsable "$@" {array})
array=${{array%%;*}} # after a semicolon comes the name of the cluster
finish=$(sbatch --parsable --dependency="afterany:$array" {finish})
echo "Submitted the array $array with {number} work units, and the job ${{finish%%;*}} that finishes."
"""


@dataclass(frozen=True)
class SlurmJob:
    """What the scripts start: ``radtl run`` on the output folder ``out``, once per name in ``units``.

    ``radtl`` are the words that start the command line, ``flags`` more words for each unit, ``threads`` and ``gpus``
    what one unit uses, ``environment`` the variables that the commands need, and ``seconds`` the expected time of the
    longest unit, if it is known.
    """

    radtl: Sequence[str]
    out: Path
    units: Sequence[str]
    threads: int
    gpus: int = 0
    flags: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None


def scripts(job: SlurmJob) -> dict[str, str]:
    """Return the text of each script by its file name."""
    same = {
        "exports": "".join(f"export {name}={shlex.quote(value)}\n" for name, value in job.environment.items()),
        "radtl": shlex.join(job.radtl),
        "out": shlex.quote(str(job.out.resolve())),
        "resources": _resources(job),
    }
    units = "\n".join(f"    {shlex.quote(unit)}" for unit in job.units)
    last = len(job.units) - 1
    return {
        ARRAY: _ARRAY.format(
            **same, units=units, last=last, held=HELD, flags="".join(f" {flag}" for flag in job.flags)
        ),
        FINISH: _FINISH.format(**same),
        SUBMIT: _SUBMIT.format(
            last=last, number=len(job.units), longest=_longest(job.seconds), array=ARRAY, finish=FINISH
        ),
    }


def write_scripts(job: SlurmJob) -> Path:
    """Write the scripts into the folder ``slurm`` of the output folder; return the path of the one to start.

    Raises:
        OutputError: the folder cannot be written.
    """
    folder = job.out / FOLDER
    for name, text in scripts(job).items():
        write_text(folder / name, text)
    return folder / SUBMIT


def job_of(prepared: Prepared, out: Path, radtl: Sequence[str], flags: Sequence[str] = ()) -> SlurmJob:
    """Return the job of a prepared experiment; arguments as those of ``SlurmJob``."""
    return SlurmJob(
        radtl=radtl,
        out=out,
        units=[unit.name for unit in prepared.longest_first],
        threads=prepared.threads,
        gpus=min(len(prepared.hardware["gpus"]), 1),
        flags=flags,
        environment=environment_of_units(os.environ),
        seconds=max((unit.seconds for unit in prepared.units if unit.seconds is not None), default=None),
    )


def _resources(job: SlurmJob) -> str:
    gpus = f"#SBATCH --gres=gpu:{job.gpus}\n" if job.gpus else ""
    return f"#SBATCH --cpus-per-task={job.threads}\n{gpus}"


def _longest(seconds: float | None) -> str:
    """Return a comment about the longest unit, for whoever chooses a time limit."""
    if seconds is None:
        return ""
    return (
        f"\n# The longest work unit was expected to take {max(round(seconds / 60), 1)} minutes where it was prepared."
    )
