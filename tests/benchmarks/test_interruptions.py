"""A killed run, and two at once, give the bytes of an undisturbed one: the short version of the benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.mark.slow
def test_kills_and_two_at_once_change_nothing_and_leave_nothing(interruptions: Any, tmp_path: Path) -> None:
    place = interruptions.Place(tmp_path)
    undisturbed = place.out("undisturbed")
    ran = place.run(undisturbed)
    assert ran.code == 0, ran.said
    assert place.leftovers(undisturbed) == []

    killed = place.out("killed")
    place.run(killed, interruptions.killed_when(killed, num_runs=1))
    before = interruptions.finished(killed)
    assert 0 < len(before) < len(interruptions.finished(undisturbed))
    ran = place.run(killed)
    assert ran.code == 0, ran.said
    after = interruptions.finished(killed)
    assert {name: after[name] for name in before} == before
    assert interruptions.predictions(killed) == interruptions.predictions(undisturbed)
    assert place.leftovers(killed) == []

    shared, finished = interruptions.together(place, 2)[0], place.root / "together2"
    assert "exit codes [0, 0], tracebacks 0" in shared
    assert interruptions.predictions(finished) == interruptions.predictions(undisturbed)
    assert place.leftovers(finished) == []
