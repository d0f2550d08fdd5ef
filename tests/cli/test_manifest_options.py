"""The Task that the options about a manifest describe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from radtl_tf.cli.manifest_options import TASK, columns, record_of, task_of, task_options
from radtl_tf.records.experiment import Task

FILE = Path("labels.csv")


def given(*words: str) -> dict[str, Any]:
    """Return the values of the options in ``words``."""
    command = click.Command("any", params=[])
    for option in (columns, task_options):
        option(command)
    return command.make_context("any", list(words)).params


def test_every_option_of_a_task_is_a_key_of_it() -> None:
    values = given("--positive", "sick", "--patient", "id")
    assert set(values) == {*TASK, "columns"}
    assert task_of(FILE, values) == Task(manifest=FILE, positive="sick", patient="id")


@pytest.mark.parametrize(
    ("words", "kind", "label"),
    [
        ((), "binary", "label"),
        (("--label", "a"), "binary", "a"),
        (("--label", "a", "--label", "b"), "multilabel", ("a", "b")),
        (("--label-unit", "years"), "regression", "label"),
        (("--label-unit", "years", "--kind", "ordinal"), "ordinal", "label"),
    ],
)
def test_the_kind_follows_from_what_only_it_has(
    words: tuple[str, ...], kind: str, label: str | tuple[str, ...]
) -> None:
    found = record_of(FILE, given(*words))
    assert (found.kind, found.label) == (kind, label)


def test_a_binary_task_needs_its_positive_class() -> None:
    with pytest.raises(click.UsageError, match="--positive"):
        task_of(FILE, given("--patient", "id"))


def test_a_column_of_metadata_has_a_known_name() -> None:
    assert given("--column", "age=Patient Age", "--column", "sex=S")["columns"] == {"age": "Patient Age", "sex": "S"}
    for pair in ("agee=x", "age", "age="):
        with pytest.raises(click.BadParameter, match="NAME=COLUMN"):
            given("--column", pair)
