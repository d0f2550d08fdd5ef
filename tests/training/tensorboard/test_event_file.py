"""Event files that TensorBoard reads."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import precision_score, recall_score
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from radtl_tf.errors import OutputError
from radtl_tf.training.tensorboard.event_file import THRESHOLDS, EventFile, image, pr_curve, scalar


def read(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder)).Reload()


def test_values_are_read_back_while_the_file_is_open(tmp_path: Path) -> None:
    with EventFile(tmp_path / "run", "run") as file:
        for step in (1, 2):
            file.write([scalar("loss", 1 / step), scalar("auroc", 0.5)], step)
            events = read(tmp_path / "run").Tensors("loss")
            assert [(event.step, float(make_ndarray(event.tensor_proto))) for event in events][-1] == (step, 1 / step)


def test_a_file_replaces_the_one_of_its_kind_only(tmp_path: Path) -> None:
    for number, kind in enumerate(("run", "evaluation", "evaluation")):
        with EventFile(tmp_path, kind) as file:
            file.write([scalar(kind, number)])
    assert len(list(tmp_path.iterdir())) == 2
    events = read(tmp_path)
    assert [float(make_ndarray(event.tensor_proto)) for event in events.Tensors("evaluation")] == [2.0]
    assert set(events.Tags()["tensors"]) == {"run", "evaluation"}


def test_an_image_is_stored_with_its_size(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("L", (7, 3)).save(buffer, "PNG")
    with EventFile(tmp_path, "run") as file:
        file.write([image("roc", buffer.getvalue())])
    (event,) = read(tmp_path).Tensors("roc")
    assert make_ndarray(event.tensor_proto).tolist() == [b"7", b"3", buffer.getvalue()]


def test_a_precision_recall_curve_has_the_counts_at_every_threshold() -> None:
    random = np.random.default_rng(0)
    truth, score = random.integers(0, 2, 50), random.uniform(0, 1, 50)
    found, false, rejected, missed, precision, recall = make_ndarray(pr_curve("test", truth, score).tensor)
    assert (found + missed == truth.sum()).all()
    assert (false + rejected == (1 - truth).sum()).all()
    for at in (0, 60, 120):
        called = score >= THRESHOLDS[at]
        assert precision[at] == pytest.approx(precision_score(truth, called))
        assert recall[at] == pytest.approx(recall_score(truth, called))
    assert precision[-1] == 0  # no score reaches 1


def test_a_case_of_unknown_truth_does_not_count() -> None:
    known = pr_curve("test", np.array([0, 1]), np.array([0.2, 0.7]))
    assert pr_curve("test", np.array([0.0, 1.0, np.nan]), np.array([0.2, 0.7, 0.9])) == known


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(OutputError):
        EventFile(tmp_path / "run", "run")


def test_writing_loads_no_tensorflow() -> None:
    code = (
        "import sys, radtl_tf.training.tensorboard.event_file as events; events.scalar('loss', 1);"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
