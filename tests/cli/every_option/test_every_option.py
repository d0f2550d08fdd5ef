"""Every option of every command has an effect."""

from __future__ import annotations

import runpy
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from radtl_tf.cli.main import main

TABLE: dict[str, tuple[str, dict[str, str]]] = runpy.run_path(str(Path(__file__).with_name("calls.py")))["TABLE"]


def verbs(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def test_the_table_has_every_option_and_no_other() -> None:
    offered = {
        verb: {parameter.opts[0] for parameter in command.params if isinstance(parameter, click.Option)}
        for verb, command in verbs()
    }
    assert {verb: set(options) for verb, (_, options) in TABLE.items()} == offered


@pytest.mark.parametrize(
    ("verb", "option"), [(verb, option) for verb, (_, options) in TABLE.items() for option in options]
)
def test_an_option_counts(verb: str, option: str, call: Callable[[str], tuple[Any, ...]]) -> None:
    base, options = TABLE[verb]
    common, _, words = options[option].partition("+ ")
    assert option in shlex.split(words)
    plain, changed = call(f"{base} {common}"), call(f"{base} {common} {words}")
    assert plain != changed
    assert min(plain[0], changed[0]) == 0  # one of the two calls is valid
