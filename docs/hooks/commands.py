"""The page of the command line, made of what ``radtl -h`` prints.

MkDocs calls ``on_page_markdown``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import click

from radtl_tf.cli.main import main

MARK = "<!-- every command -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put every command in the place of the mark."""
    return markdown.replace(MARK, "\n".join(commands())) if MARK in markdown else markdown


def commands() -> Iterator[str]:
    """Yield the Markdown of every verb, in the order of ``radtl -h``."""
    yield from _command(click.Context(main, info_name="radtl", **main.context_settings), level=2)


def _command(context: click.Context, level: int) -> Iterator[str]:
    """Yield help, usage and options of a command, then those of its verbs."""
    command = context.command
    text, *examples = re.split(r"\bExamples?:", (command.help or "").replace("\b", ""))
    yield f"{'#' * level} {context.command_path}\n"
    yield f"```text\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```\n"
    yield from (_plain(" ".join(paragraph.split())) + "\n" for paragraph in text.split("\n\n"))
    yield from _options(context)
    for example in examples:  # several calls may follow each other, and a call may take several lines
        calls = " ".join(example.split()).replace(" radtl ", "\nradtl ")
        yield f"Example:\n\n```bash\n{calls}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            verb = command.get_command(context, name)
            if verb and not verb.hidden:
                yield from _command(click.Context(verb, info_name=name, parent=context), level + 1)


def _options(context: click.Context) -> Iterator[str]:
    """Yield the table of the options that the help of a command describes; all have ``--help``."""
    records = [parameter.get_help_record(context) for parameter in context.command.params]
    rows = [f"| `{record[0]}` | {_cell(record[1])} |" for record in records if record and record[1]]
    yield from ("| Option | Meaning |\n|---|---|", *rows, "") if rows else ()


def _cell(text: str) -> str:
    return _plain(" ".join(text.split())).replace("|", "\\|")


def _plain(text: str) -> str:
    """Keep Markdown from reading the brackets and stars of a help text."""
    return re.sub(r"([*<\[_])", r"\\\1", text)
