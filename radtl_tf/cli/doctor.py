"""The verb doctor: what this machine has and what it lacks."""

from __future__ import annotations

import json
from typing import Any

import click

from radtl_tf.cli.options import Verb, as_json
from radtl_tf.cli.tensorflow_import import load_tensorflow


@click.command(cls=Verb)
@as_json
def doctor(as_json: bool) -> None:
    """Show what this machine has and what it lacks.

    Lists versions, GPUs, precision, pre-trained weights and data sets, and says what to do about missing ones.

    Example:
      radtl doctor
    """
    load_tensorflow()
    from radtl_tf.experiment.machine import examine

    findings = examine()
    if as_json:
        click.echo(json.dumps(findings, indent=1))
        return
    for section, values in findings.items():
        click.echo(click.style(section, bold=True))
        for line in _lines(values):
            click.echo(f"  {line}")


def _lines(values: Any) -> list[str]:
    if isinstance(values, dict):
        width = max(map(len, values), default=0)
        return [f"{name:<{width}}  {value}" for name, value in values.items()]
    return [str(value) for value in values] or ["nothing"]
