"""Progress bars in a terminal, and no output elsewhere."""

from __future__ import annotations

import io
import sys

import pytest

from radtl_tf.library.bars import bars, notebook_bar
from radtl_tf.progress import Progress


class Terminal(io.StringIO):
    """A stderr that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def count(lines: tuple[str, ...] = ()) -> None:
    with bars() as watch:
        watch(Progress("Images", 1, 4))
        for line in lines:
            print(line, file=sys.stderr)
        watch(Progress("Runs", 2, 3, 90.0))


def test_silent_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    count(("a line",))
    assert capsys.readouterr() == ("", "a line\n")


def test_a_bar_for_each_thing_that_is_counted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    count(("a line",))
    drawn = terminal.getvalue()
    assert "Images" in drawn and "1/4" in drawn
    assert "Runs" in drawn and "2/3" in drawn and "about 1 min 30 s left" in drawn
    assert "a line" in drawn
    assert capsys.readouterr().out == ""


def test_a_notebook_gets_an_html_bar() -> None:
    bar = notebook_bar(Progress("Runs <all>", 2, 3, 90.0))
    assert '<progress value="2" max="3">' in bar
    assert "2/3" in bar and "1 min 30 s" in bar and "<all>" not in bar
