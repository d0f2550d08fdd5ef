"""Find the events, and serve them."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.errors import OutputError
from radtl_tf.experiment.tensorboard.page import events_of
from radtl_tf.training.tensorboard.event_file import EventFile


@pytest.mark.parametrize(
    ("named", "events"),
    [
        ("results", "results/tensorboard"),
        ("own.h5", "own.h5.work/tensorboard"),
        ("own.h5.work", "own.h5.work/tensorboard"),
        ("results/tensorboard", "results/tensorboard"),
    ],
)
def test_events_are_found_from_the_folder_or_the_weights_file(named: str, events: str, tmp_path: Path) -> None:
    with EventFile(tmp_path / events, "run"):
        assert events_of(tmp_path / named) == tmp_path / events


@pytest.mark.parametrize("made", [None, "empty", "results/tensorboard"])
def test_a_folder_without_events_is_refused(made: str | None, tmp_path: Path) -> None:
    if made:
        (tmp_path / made).mkdir(parents=True)
    with pytest.raises(OutputError):
        events_of(tmp_path / (made or "missing").split("/")[0])
