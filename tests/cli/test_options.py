"""Helpers that all commands share."""

from __future__ import annotations

import pytest

from radtl_tf.cli.options import log


def test_the_log_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    log("line")
    assert capsys.readouterr() == ("", "line\n")
