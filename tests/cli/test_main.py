"""The contract of the command: help everywhere, one line and exit code 1 for wrong input."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from radtl_tf import __version__
from radtl_tf.cli.main import main
from radtl_tf.errors import DataError


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = dict(commands(main))
GROUPS: dict[tuple[str, ...], click.Group] = {(): main}
GROUPS |= {path: command for path, command in ALL.items() if isinstance(command, click.Group)}
CONTRACT = {  # in the order of the work
    (): "demo doctor data weights screen init run status report clean tensorboard export test predict train pretrain",
    ("data",): "check fix preview build",
    ("weights",): "list fetch verify convert",
}


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_and_option_has_help(path: tuple[str, ...], radtl: Any) -> None:
    assert radtl(*path, "-h").exit_code == 0
    assert ALL[path].help
    options = [parameter for parameter in ALL[path].params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_the_example_of_every_help_is_a_valid_call(path: tuple[str, ...], radtl: Any) -> None:
    example = radtl(*path, "-h").stdout.partition("  Example:\n    radtl ")[2].partition("\n\n")[0]
    words = shlex.split(example.replace("\\\n", " "))
    command: click.Command = main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    assert command is ALL[path] or path in GROUPS
    command.make_context(command.name, words)


@pytest.mark.parametrize("path", GROUPS, ids=" ".join)
def test_a_group_lists_its_verbs_in_order_and_uncut(path: tuple[str, ...], radtl: Any) -> None:
    lines = CliRunner().invoke(main, [*path, "-h"], terminal_width=80).stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == CONTRACT[path].split()
    assert all(line.endswith(".") and not line.endswith("...") for line in lines)
    assert len(GROUPS) == len(CONTRACT)


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


@pytest.mark.parametrize("error", [DataError("two\nlines"), PermissionError(13, "no access", "file"), KeyError("bug")])
def test_json_is_one_object_whatever_happens(error: Exception, radtl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(ALL[("doctor",)], "callback", fail)
    for words in (["doctor", "--json"], ["--debug", "doctor", "--json"]):
        result = radtl(*words)
        assert result.exit_code == 1
        found = json.loads(result.stdout)["error"]
        assert found["type"] == type(error).__name__
        assert found["message"] and "\n" not in found["message"]
    assert "{" not in radtl("doctor").stdout


@pytest.mark.parametrize(
    "words", [["doctor", "--nonsense"], ["doctr"], ["test"], ["--nonsense", "doctor"], ["status", "a", "b"]]
)
def test_json_is_one_object_when_the_usage_is_wrong(words: list[str], radtl: Any) -> None:
    result = radtl(*words, "--json")
    assert result.exit_code == 2
    assert set(json.loads(result.stdout)["error"]) == {"type", "message"}
    assert "Error: " in result.stderr
    assert radtl(*words).stdout == ""


@pytest.mark.parametrize(("value", "styled"), [("1", False), ("", True), (None, True)])
def test_no_color_is_honored(value: str | None, styled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ALL[("doctor",)], "callback", lambda **_: click.echo(click.style("title", bold=True)))
    monkeypatch.delenv("NO_COLOR", raising=False)
    if value is not None:
        monkeypatch.setenv("NO_COLOR", value)
    result = CliRunner().invoke(main, ["doctor"], color=True)
    assert ("\x1b" in result.stdout) == styled


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from radtl_tf.cli.main import main; main(['-h'], standalone_mode=False); "
    code += "print(sorted({'numpy', 'pandas', 'pydantic', 'rich', 'tensorflow', 'keras'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"
