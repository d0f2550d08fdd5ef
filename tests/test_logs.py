"""Log messages are only passed to callers that asked for them."""

from __future__ import annotations

import logging

import pytest

from radtl_tf.logs import get_logger, shown


def test_a_message_is_one_line_while_it_is_shown() -> None:
    lines: list[str] = []
    log = get_logger("radtl_tf.any.module")
    log.info("before")
    with shown(lines.append):
        log.info("a step")
        log.warning("look at this")
        log.debug("detail")
    log.warning("after")
    assert lines == ["a step", "Warning: look at this"]


def test_a_library_says_nothing_of_itself(capfd: pytest.CaptureFixture[str]) -> None:
    get_logger("radtl_tf.any.module").warning("unheard")
    assert capfd.readouterr() == ("", "")


def test_who_configures_logging_gets_the_messages(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with shown(lambda line: None):
        pass  # settings are restored
    get_logger("radtl_tf.any.module").info("heard")
    assert caplog.messages == ["heard"]
