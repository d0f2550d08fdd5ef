"""Helpers that all commands share."""

from __future__ import annotations

import os

import click
import pytest

from radtl_tf.cli.options import load_tensorflow, log


def test_the_log_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    log("line")
    assert capsys.readouterr() == ("", "line\n")


def test_stderr_is_given_back_after_the_import(capfd: pytest.CaptureFixture[str]) -> None:
    with click.Context(click.Command("any")):
        load_tensorflow()
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
