"""The verb init: an experiment file from a preset, with options or by answers to questions."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from radtl_tf.cli import manifest_options, options
from radtl_tf.cli.options import FILE, Verb, log
from radtl_tf.errors import DataError, OutputError, nearest

if TYPE_CHECKING:
    from radtl_tf.data.manifest.reader import Manifest
    from radtl_tf.data.tables.table import Table

PRESETS = ("quick", "mei2022", "okazaki2024", "okazaki2025-age", "cvm-stage", "encoders2026")
_PATIENT = "patient_id"
_NONE = "-"  # the answer that declines
_Answer = TypeVar("_Answer")


class Asking(Verb):
    """A verb that asks for its options if none is given and a person sits at the terminal."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse ``args``, or the options that the answers make."""
        silent = args or any(option.value_from_envvar(ctx) is not None for option in self.params)
        if not silent and is_interactive():
            args = _asked()
            log(f"The same without questions: radtl init {shlex.join(args)}")
        return super().parse_args(ctx, args)


def is_interactive() -> bool:
    """Tell whether a person can read questions and answer them."""
    return sys.stdin.isatty() and sys.stdout.isatty()


@click.command(cls=Asking)
@click.option("--preset", type=click.Choice(PRESETS), default="quick", show_default=True, help="Grid to start from.")
@manifest_options.manifest
@manifest_options.task_options
@manifest_options.columns
@options.out(FILE, "Experiment file to write. It must not exist.")
def init(preset: str, manifest: Path, out: Path, **task: Any) -> None:
    """Write an experiment file for your table of radiographs.

    You can read and change the file before `radtl run`. Without options, init asks for the table and the meaning of
    its columns. With options it asks nothing: the patient id is then in the column patient_id unless --patient,
    --patient-pattern or --one-image-per-patient says otherwise, and without --kind and --positive the labels decide
    what the task is. Without --unit, patients are the cases, or images if a patient has images with different
    labels.

    Example:
      radtl init --manifest labels.csv --positive pneumonia --out experiment.toml
    """
    from radtl_tf.experiment.presets import filled_preset
    from radtl_tf.records.disk import write_text

    if out.exists():
        raise OutputError(f"{out} exists already: choose another --out or delete it.")
    if not (task["one_image_per_patient"] or task["patient_pattern"]):
        task["patient"] = task["patient"] or _PATIENT
    record = manifest_options.record_of(manifest, task)
    write_text(
        out, filled_preset(preset, record, folder=out.parent, infer=task["kind"] is None and task["label_unit"] is None)
    )
    log(f"Wrote {out}. Next: radtl run {out} --out {out.stem}-results --dry-run")


def _asked() -> list[str]:
    """Ask what the table and its columns mean, show what was found, and return the answers as options."""
    log("Answer some questions to write an experiment file. Enter accepts the answer in brackets.\n")
    try:
        manifest, words = _ask_table()
        words += _ask_labels(manifest)
        words += _ask_patient(manifest, words)
        out = _ask("Experiment file to write", "experiment.toml", _new_file)
    except click.Abort as error:
        log("")  # ends the line of the question
        raise click.ClickException("the input ended before the last answer, so no file was written.") from error
    return [*words, f"--out={out}"]


def _ask(question: str, default: str | None, read: Callable[[str], _Answer]) -> _Answer:
    """Ask until ``read`` accepts the answer, and return what it makes of it."""

    def accepted(answer: str) -> _Answer:
        try:
            return read(answer.strip())
        except DataError as error:
            raise click.UsageError(str(error)) from error

    answer: _Answer = click.prompt(question, default=default, value_proc=accepted, err=True)
    return answer


def _ask_table() -> tuple[Manifest, list[str]]:
    """Ask for the manifest and, if they cannot be found, for the column of the paths and the folder of the images."""
    from radtl_tf.data.manifest.reader import read_manifest, refuse_faults
    from radtl_tf.data.tables.table import read_table

    tables = [str(file) for file in sorted(Path().glob("*.csv"))]
    file, table = _ask(
        "Table with a row per radiograph",
        tables[0] if len(tables) == 1 else None,
        lambda answer: (answer, read_table(Path(answer))),
    )
    log(f"  {len(table.rows)} rows; columns: {', '.join(table.header)}")
    words = [f"--manifest={file}"]
    path_column = _ask_path_column(table)
    if path_column:
        words.append(f"--path-column={path_column}")
    manifest = read_manifest(Path(file), collect=True, path_column=path_column)
    if len(manifest.faults) == len(manifest.table):

        def reread(folder: str) -> tuple[str, Manifest]:
            found = read_manifest(Path(file), Path(folder), collect=True, path_column=path_column)
            if len(found.faults) == len(found.table):
                raise DataError("none of the images is in this folder.")
            return folder, found

        folder, manifest = _ask("Folder of the images", None, reread)
        words.append(f"--images={folder}")
    refuse_faults(manifest)
    log(f"  {len(manifest.images)} images found")
    return manifest, words


def _ask_path_column(table: Table) -> str | None:
    """Ask for the column of the paths if no name tells it."""
    from radtl_tf.data.manifest.guesses import guess_paths
    from radtl_tf.data.manifest.table import found_path_column

    try:
        found_path_column(table.header, None)
    except DataError:
        return _ask(
            "Column of the paths or names of the images",
            guess_paths(dict(zip(table.header, zip(*table.rows, strict=True), strict=True))),
            lambda name: _known(table.header, name),
        )
    return None


def _ask_labels(manifest: Manifest) -> list[str]:
    """Ask for the columns of the label and for what they make: a binary, multiclass or multilabel task."""
    from radtl_tf.data.manifest.guesses import guess_labels

    def columns(answer: str) -> tuple[str, ...]:
        known = list(manifest.table.columns)
        return (answer,) if answer in known else tuple(_column(manifest, name) for name in answer.split(","))

    guess = ",".join(guess_labels(manifest.table)) or None
    labels = _ask("Column of the label, or several columns with commas", guess, columns)
    words = [f"--label={name}" for name in labels]
    words += _ask_classes(manifest, labels[0]) if len(labels) == 1 else _show_marks(manifest, labels)
    return (
        words
        if any(word.startswith("--label-separator") for word in words)
        else [*words, *_ask_unknown(manifest, words)]
    )


def _ask_unknown(manifest: Manifest, words: list[str]) -> list[str]:
    """Ask what missing and uncertain labels mean, if there are some."""
    from radtl_tf.data.manifest.guesses import unknown_labels

    names = [word.partition("=")[2] for word in words if word.startswith("--label=")]
    missing, uncertain = map(sum, zip(*(unknown_labels(manifest.table[name]) for name in names), strict=True))
    is_number = any(word.startswith("--label-unit") for word in words)
    meanings = ("ignore",) if is_number or "--kind=multiclass" in words else ("no", "ignore")
    said = []
    if missing:
        question = f"{missing} labels are missing. They mean ({', '.join(meanings)})"
        said.append(f"--missing={_ask(question, 'ignore', lambda answer: _one_of(meanings, answer))}")
    if uncertain and len(meanings) > 1:
        question = f"{uncertain} labels are uncertain. They mean (no, yes, ignore)"
        said.append(f"--uncertain={_ask(question, 'ignore', lambda answer: _one_of(('no', 'yes', 'ignore'), answer))}")
    return said


def _show_marks(manifest: Manifest, labels: tuple[str, ...]) -> list[str]:
    from radtl_tf.data.manifest.guesses import marked

    _show({name: marked(manifest.table[name]) for name in labels})
    return ["--kind=multilabel"]


def _ask_classes(manifest: Manifest, label: str) -> list[str]:
    """Show the classes of one column, and ask for the positive one if the task can be binary.

    Of a column with many numbers, ask for their unit.
    """
    from radtl_tf.data.manifest.guesses import MAX_CLASSES, class_counts, guess_positive, guess_separator
    from radtl_tf.data.manifest.numbers_and_stages import number_of

    cells, words = manifest.table[label], []
    separator = guess_separator(cells)
    if separator:
        question = f"Text between several labels in one cell, or {_NONE} if each cell is one label"
        separator = _ask(question, separator, str)
        separator = None if separator == _NONE else separator
        words = [f"--label-separator={separator}"] if separator else []
    counts = class_counts(cells, separator)
    if len(counts) > MAX_CLASSES and all(isfinite(number_of(name)) for name in counts):
        return [f"--label-unit={_ask('Unit of the numbers, such as years', None, str)}"]
    if not 2 <= len(counts) <= MAX_CLASSES:
        raise DataError(
            f"the column {label!r} has {len(counts)} different values, expected 2 to {MAX_CLASSES} classes: choose "
            "another column, or give the options of init."
        )
    _show(counts)
    if len(counts) > 2 and not separator:
        return [*words, "--kind=multiclass"]
    question = f"Positive class, or {_NONE} to predict every label" if separator else "Positive class"
    default = _NONE if separator else guess_positive(counts)
    positive = _ask(question, default, lambda name: name if name == _NONE and separator else _class(counts, name))
    return [*words, "--kind=multilabel" if positive == _NONE and separator else f"--positive={positive}"]


def _ask_patient(manifest: Manifest, words: list[str]) -> list[str]:
    """Ask for the patient column, or offer a pattern of the paths, and ask for the unit if patients repeat."""
    import pandas as pd

    from radtl_tf.data.manifest.guesses import guess_patient, num_differing
    from radtl_tf.data.manifest.privacy import normal_id
    from radtl_tf.data.manifest.rows import path_pattern, patient_ids

    guess = guess_patient(manifest.table)
    pattern = path_pattern(manifest) if guess is None else None
    offer = ", the pattern in brackets to find it in the paths," if pattern else ","
    answer = _ask(
        f"Column of the patient id{offer} or {_NONE} if every image is another patient",
        guess or pattern,
        lambda name: name if name in (_NONE, pattern) else _column(manifest, name),
    )
    if answer == _NONE:
        return ["--one-image-per-patient"]
    chosen = f"--patient-pattern={answer}" if answer == pattern else f"--patient={answer}"
    ids = patient_ids(manifest, None, pattern) if answer == pattern else manifest.table[answer]
    patients = pd.Series(ids, index=manifest.table.index).map(normal_id)
    log(f"  {patients.nunique()} patients in {len(patients)} images")
    if not patients.duplicated().any():
        return [chosen]
    labels = [word.partition("=")[2] for word in words if word.startswith("--label=")]
    differing = num_differing(manifest.table[labels], list(patients))
    if differing:
        log(f"  {differing} patients have images with different labels, so every image is a case")
        return [chosen, "--unit=image"]
    units = ("patient", "image")
    unit = _ask("Count patients or images as cases (patient, image)", "patient", lambda answer: _one_of(units, answer))
    return [chosen, f"--unit={unit}"]


def _column(manifest: Manifest, name: str) -> str:
    return _known(list(manifest.table.columns), name.strip())


def _known(columns: Sequence[str], name: str) -> str:
    if name not in columns:
        raise DataError(f"the table has no column {name!r}{nearest(name, columns)}.")
    return name


def _class(counts: Mapping[str, int], name: str) -> str:
    if name not in counts:
        raise DataError(f"no image has the class {name!r}{nearest(name, counts)}.")
    return name


def _one_of(answers: Sequence[str], answer: str) -> str:
    if answer not in answers:
        raise DataError(f"expected {' or '.join(answers)}.")
    return answer


def _new_file(answer: str) -> Path:
    if Path(answer).exists():
        raise DataError(f"{answer} exists already: choose another name.")
    return Path(answer)


def _show(counts: Mapping[str, int]) -> None:
    log("  images: " + ", ".join(f"{name} {number}" for name, number in sorted(counts.items())))
