"""Write the best candidates of a screen as an experiment file."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.experiment.presets import task_lines, toml
from radtl_tf.library.screen.candidates import Candidate
from radtl_tf.records.experiment import Question, Task, Training
from radtl_tf.records.reader import experiment_from
from radtl_tf.records.runs import EMBEDDINGS

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEADER = """\
# The best {best} of {count} candidates of a screen (radtl screen).
#
#   radtl run {file} --out {stem}-results
#
# The screen chose them by the labels of all patients. On the same patients, the results of this experiment are
# optimistic for them (winner's curse), the more so the more candidates there were. Report that a screen chose them.
# New patients do not have this bias.
"""


def experiment_text(
    chosen: Sequence[Candidate],
    count: int,
    task: Task,
    training: Training,
    seed: int,
    margin: float | None,
    file: Path,
) -> str:
    """Return the text of ``file``: the ``chosen`` of ``count`` candidates, the first two as the question.

    Raises:
        DataError: the data are in memory.
        ExperimentError: the margin is missing or out of range, or a candidate has no file.
    """
    if task.manifest is None and task.dataset is None:
        raise DataError("The data set is in memory, and an experiment file needs a table: use Dataset.from_csv.")
    if task.kind == "regression" and margin is None:
        raise ExperimentError(
            f"The margin is missing: give the largest difference in {task.label_unit} that does not matter."
        )
    names = _names(chosen)
    networks = list(dict.fromkeys(one.backbone for one in chosen if one.backbone != EMBEDDINGS))
    metric = "mae" if task.kind == "regression" else "auroc"
    text = "\n".join(
        [
            _HEADER.format(best=len(chosen), count=count, file=file.name, stem=file.stem)
            + f"name = {toml(file.stem)}\nseed = {seed}\n",
            "[task]\n" + task_lines(task, file.parent),
            f'[question]\ncompare = {toml(names[:2])}\nmetric = "{metric}"\nmargin = {_margin(margin)}\n',
            "[folds]\ncount = 5\n",
            "[grid]\n"
            + (f"backbones = {toml(networks)}\n" if networks else "")
            + f"weights = {toml(names)}\n"
            + 'tunings = [ { mode = "frozen", learning_rates = [1e-2, 1e-3] } ]\n',
            *_sections(chosen, names, len(networks), file.parent),
            f'[training]\nimage_size = {toml(training.image_size)}\nresize = "{training.resize}"\n',
        ]
    )
    experiment_from(tomllib.loads(text), file.parent.resolve())
    return text


def _margin(margin: float | None) -> float:
    return Question.margin if margin is None else margin


def _names(chosen: Sequence[Candidate]) -> list[str]:
    """Return a name of the weights of each candidate; equal names get their backbone."""
    names = [one.name for one in chosen]
    return [f"{one.name}-{one.backbone.lower()}" if names.count(one.name) > 1 else one.name for one in chosen]


def _sections(chosen: Sequence[Candidate], names: Sequence[str], num_networks: int, folder: Path) -> list[str]:
    """Return the section ``[weights.NAME]`` of each candidate that needs one."""
    found = []
    for one, name in zip(chosen, names, strict=True):
        lines = _lines(one, name, folder)
        if num_networks > 1 and one.backbone != EMBEDDINGS:
            lines.append(f"backbones = {toml([one.backbone])}")
        if lines:
            key = name if _BARE.fullmatch(name) else toml(name)
            found.append("\n".join([f"[weights.{key}]", *lines, ""]))
    return found


def _lines(one: Candidate, name: str, folder: Path) -> list[str]:
    if one.record is None:
        if one.file is None:
            raise ExperimentError(
                f"The embeddings {one.name!r} are an array, and an experiment file needs a file: save them, and name "
                "the file in features."
            )
        return [f"embeddings = {toml(_relative(one.file, folder))}"]
    if one.file is not None:
        return [
            f"files.{one.backbone} = {toml(_relative(one.file, folder))}",
            f"pixels = {toml(one.record.native_pixels)}",
        ]
    return [] if name == one.name else [f"use = {toml(one.name)}"]


def _relative(file: Path, folder: Path) -> str:
    return Path(os.path.relpath(file, folder.resolve())).as_posix()
