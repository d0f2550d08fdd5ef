"""The histories of the runs are read unchanged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.errors import DataError
from radtl_tf.evaluation.evaluate import evaluate
from radtl_tf.evaluation.results.experiment_record import read_record
from radtl_tf.evaluation.results.histories import read_histories

Outcome = Callable[..., Path]
ONE = {"backbones": ("ResNet50",), "tunings": {"frozen": (0.01,)}}


def history(folder: Path, scenario: str, fold: int = 0) -> Path:
    return folder / "runs" / scenario / f"0-{fold}" / "history.csv"


def test_every_epoch_of_every_run_is_read(finished: Path) -> None:
    record = read_record(finished)
    table = read_histories(finished, record)
    assert len(table) == 30 * 16 * 5  # probes have no epochs
    first = table[(table["scenario"] == "ResNet50-imagenet-caffe-frozen-0.01") & (table["fold"] == 1)]
    assert first["epoch"].tolist() == list(range(1, 31))
    assert first["loss"].iloc[0] == pytest.approx(0.7 * 0.97)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("epoch,loss\n1,0.5\n", "'inner_loss'"),
        ("epoch,loss,inner_loss\n1,x,0.5\n", r"history\.csv"),
        ("epoch,loss,inner_loss\n1,,\n,0.5,0.5\n", r"history\.csv"),
        ('a,"b\n', r"history\.csv"),
    ],
)
def test_a_damaged_history_is_refused(outcome: Outcome, text: str, named: str) -> None:
    folder = outcome(**ONE)
    history(folder, "ResNet50-random-caffe-frozen-0.01").write_text(text)
    with pytest.raises(DataError, match=named):
        evaluate(folder)
