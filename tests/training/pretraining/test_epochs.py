"""Epochs on a stream: a killed and resumed training gives the same numbers as an uninterrupted one."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from radtl_tf.data.manifest.cases import Cases
from radtl_tf.errors import ExperimentError
from radtl_tf.logs import shown
from radtl_tf.models.backbones import build_base
from radtl_tf.models.pixels import convention
from radtl_tf.records.pretraining import SourceTraining
from radtl_tf.training.pretraining import epochs as pretraining
from radtl_tf.training.pretraining.backbone_trainer import Learner, loss_of
from radtl_tf.training.pretraining.epochs import Board, Schedule, finish, validate, validation_row
from radtl_tf.training.pretraining.epochs import train_source as train
from radtl_tf.training.pretraining.snapshots import Row
from radtl_tf.training.randomness import head_kernel

SETTINGS = SourceTraining(image_size=32, epochs=3, learning_rate=0.01, batch_size=16)


class FakeStream:
    """Batches of images in memory, in an order that depends on the epoch."""

    def __init__(self, pixels: np.ndarray, cases: Cases) -> None:
        self.pixels, self.cases = pixels, cases
        self.held_out = np.arange(len(pixels)) >= 56
        self.batch_size, self.steps, self.num_training = 8, 7, 56
        self.plain, self.seed = False, 0

    def training(self, epoch: int, *, after: int = 0, plain: bool = False) -> Iterator[Any]:
        self.plain = plain
        order = np.random.default_rng(epoch).permutation(56)
        return (self._batch(rows) for rows in order.reshape(7, 8)[after:])

    def validation(self) -> Iterator[Any]:
        return (self._batch(rows) for rows in np.array_split(np.flatnonzero(self.held_out), 2) if len(rows))

    def _batch(self, rows: np.ndarray) -> Any:
        import tensorflow as tf

        return tf.constant(self.pixels[rows]), np.eye(2, dtype=np.float32)[self.cases.truth[rows]], tf.constant(rows)


@pytest.fixture
def stream(pixels: np.ndarray, cases: Cases) -> Any:
    return FakeStream(pixels, cases)


@pytest.fixture(scope="module")
def compiled(tiny_backbone: str, cases: Cases) -> tuple[Learner, list[np.ndarray]]:
    """Return a learner, which takes a second to build, and its start."""
    base = build_base(tiny_backbone, 32, seed=4)
    loss = loss_of(cases, np.arange(72) < 56, "none")
    made = Learner(base, head_kernel((1, 0, 0), base.output_shape[-1], 2, "raw"), convention("tf"), loss)
    return made, made.state()


@pytest.fixture
def learner(compiled: tuple[Learner, list[np.ndarray]]) -> Callable[[], Learner]:
    """Return a function that resets the learner to its start."""

    def make() -> Learner:
        compiled[0].restore(compiled[1])
        return compiled[0]

    return make


def train_source(learner: Learner, stream: Any, settings: SourceTraining, folder: Path, **options: Any) -> list[Row]:
    """Train with labels and their validation."""
    return train(learner, stream, settings, folder, measure=partial(validation_row, learner, stream), **options)


class Killed(Exception):
    pass


def killer(epoch: int) -> Callable[[Any], None]:
    def on_epoch(history: list[Row]) -> None:
        if len(history) == epoch:
            raise Killed

    return on_epoch


def timeless(history: list[Row]) -> list[Row]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]


def test_it_learns_and_says_so(learner: Callable[[], Learner], stream: Any, tmp_path: Path) -> None:
    found, lines = learner(), list[str]()
    with shown(lines.append):
        history = train_source(found, stream, SETTINGS, tmp_path)
    assert [row["epoch"] for row in history] == [1, 2, 3]
    assert history[-1]["loss"] < history[0]["loss"]
    assert finish(found, stream, 3)["auroc"] > 0.9
    assert lines[0].startswith("Epoch 1 of 3: loss ")
    rows = list(csv.DictReader((tmp_path / "history.csv").read_text().splitlines()))
    assert [float(row["validation_loss"]) for row in rows] == [row["validation_loss"] for row in history]


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_killed_training_goes_on_to_the_same_numbers(
    epoch: int, learner: Callable[[], Learner], stream: Any, tmp_path: Path
) -> None:
    whole = learner()
    expected = train_source(whole, stream, SETTINGS, tmp_path / "whole")
    state, metrics = whole.state(), finish(whole, stream, 3)
    with pytest.raises(Killed):
        train_source(learner(), stream, SETTINGS, tmp_path / "killed", on_epoch=killer(epoch))
    resumed, lines = learner(), list[str]()
    with shown(lines.append):
        history = train_source(resumed, stream, SETTINGS, tmp_path / "killed")
    assert lines[0].startswith(f"{epoch} of 3 ")
    assert timeless(history) == timeless(expected)
    for a, b in zip(state, resumed.state(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert finish(resumed, stream, 3) == metrics


def test_a_kill_within_an_epoch_repeats_it(
    learner: Callable[[], Learner], stream: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = train_source(learner(), stream, SETTINGS, tmp_path / "whole")
    killed = learner()
    steps = iter(range(10))
    step = killed.step
    with monkeypatch.context() as patch:
        patch.setattr(killed, "step", lambda *batch: step(*batch) if next(steps, None) is not None else 1 / 0)
        with pytest.raises(ZeroDivisionError):
            train_source(killed, stream, SETTINGS, tmp_path / "killed")
    assert timeless(train_source(learner(), stream, SETTINGS, tmp_path / "killed")) == timeless(expected)


def test_a_kill_after_a_snapshot_within_an_epoch_goes_on_after_it(
    learner: Callable[[], Learner], stream: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = train_source(learner(), stream, SETTINGS, tmp_path / "whole")
    killed, steps = learner(), list[int]()
    step, resumed = killed.step, False

    def counted(*batch: Any) -> Any:
        steps.append(1)
        return step(*batch) if len(steps) != 12 or resumed else 1 / 0

    monkeypatch.setattr(pretraining, "KEEP_SECONDS", -1.0)  # after every step
    monkeypatch.setattr(killed, "step", counted)
    with pytest.raises(ZeroDivisionError):
        train_source(killed, stream, SETTINGS, tmp_path / "killed")
    resumed, lines = True, list[str]()
    steps.clear()
    with shown(lines.append):
        history = train_source(learner(), stream, SETTINGS, tmp_path / "killed")
    assert lines[0].startswith("1 of 3 ") and "4 of 7 steps" in lines[0]
    assert len(steps) == 3 * 7 - 11
    assert timeless(history) == timeless(expected)


def test_the_last_epoch_is_kept(learner: Callable[[], Learner], stream: Any, tmp_path: Path) -> None:
    found = learner()
    history = train_source(found, stream, SETTINGS, tmp_path)
    again = {name.removeprefix("validation_"): value for name, value in history[-1].items() if "validation" in name}
    assert validate(found, stream) == again


def test_settling_uses_a_bounded_number_of_plain_images(
    learner: Callable[[], Learner], stream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretraining, "SETTLE_IMAGES", 20)
    found, seen = learner(), []
    monkeypatch.setattr(found, "settle", lambda batches: seen.extend(map(len, batches)))
    finish(found, stream, 3)
    assert seen == [8, 8, 8]
    assert stream.plain


def test_without_a_validation_part_there_are_no_metrics(
    learner: Callable[[], Learner], stream: Any, tmp_path: Path
) -> None:
    stream.held_out[:] = False
    (row,) = train_source(learner(), stream, SourceTraining(image_size=32, epochs=1), tmp_path)
    assert list(row) == ["epoch", "loss", "learning_rate", "seconds"]


def test_a_loss_that_is_not_finite_ends_it(learner: Callable[[], Learner], stream: Any, tmp_path: Path) -> None:
    stream.pixels = stream.pixels * np.float32(np.nan)
    with pytest.raises(ExperimentError, match=r"finite .*epoch 1\b.*training\.learning_rate"):
        train_source(learner(), stream, SETTINGS, tmp_path)
    assert not list(tmp_path.glob("*.h5"))


def test_a_long_epoch_is_heard_of(
    learner: Callable[[], Learner], stream: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretraining, "MINUTE", 0.0001)
    lines: list[str] = []
    with shown(lines.append):
        train_source(learner(), stream, SourceTraining(image_size=32, epochs=1), tmp_path)
    assert lines[0].startswith("Epoch 1: 1 of 7 steps")


def test_schedules() -> None:
    assert {Schedule("constant", 0.1, 5)(step) for step in range(5)} == {0.1}
    cosine = [Schedule("cosine", 0.1, 5)(step) for step in range(6)]
    assert cosine == sorted(cosine, reverse=True)
    assert (cosine[0], cosine[-1]) == (0.1, pytest.approx(0))


def test_the_board_is_written_anew_from_the_history(tmp_path: Path) -> None:
    rows = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]
    for _ in range(2):
        board = Board(tmp_path / "board")
        board(rows[:1])
        board(rows)
    events = EventAccumulator(str(tmp_path / "board"))
    events.Reload()
    found = [(event.step, float(make_ndarray(event.tensor_proto))) for event in events.Tensors("loss")]
    assert found == [(1, 0.5), (2, 0.25)]
