"""The contract of the command: help everywhere, one line and exit code 1 for wrong input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from radtl_tf import __version__
from radtl_tf.cli.main import main
from radtl_tf.errors import DataError


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = dict(commands(main))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_and_option_has_help(path: tuple[str, ...], radtl: Any) -> None:
    assert radtl(*path, "-h").exit_code == 0
    assert ALL[path].help
    options = [parameter for parameter in ALL[path].params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_the_verbs_of_the_contract_are_there() -> None:
    verbs = {"demo", "doctor", "init", "train", "run", "status", "report", "export", "predict"}
    verbs |= {"weights list", "weights verify", "weights fetch"}
    assert verbs <= {" ".join(path) for path in ALL}


def test_version(radtl: Any) -> None:
    assert __version__ in radtl("--version").output


def test_a_usage_error_is_exit_code_2(radtl: Any) -> None:
    assert radtl("run").exit_code == 2
    assert radtl("runn").exit_code == 2


@pytest.mark.parametrize("error", [DataError("two\nlines"), PermissionError(13, "no access", "file")])
def test_wrong_input_is_one_line_and_exit_code_1(error: Exception, radtl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(ALL[("doctor",)], "callback", fail)
    result = radtl("doctor")
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    assert radtl("--debug", "doctor").exception is error


def test_the_readme_names_every_verb() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert [" ".join(path) for path in ALL if f"radtl {' '.join(path)}" not in text] == []


def test_a_reader_that_has_seen_enough_is_no_error(radtl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(ALL[("doctor",)], "callback", fail)
    assert "Error" not in radtl("doctor").output
