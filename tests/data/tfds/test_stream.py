"""A built data set as a stream: every example once per epoch, mixed whatever the order on disk, split by patient."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow_datasets as tfds

from radtl_tf.data.manifest.cases import Cases
from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.data.preprocessing.augmentation import augment
from radtl_tf.data.preprocessing.resizing import preprocess
from radtl_tf.data.tfds import stream as streams
from radtl_tf.data.tfds.builders import builder_class, cases_from, stream_of
from radtl_tf.data.tfds.examples import rows_of
from radtl_tf.data.tfds.stream import Stream, index_of, runs_of, validation_mask
from radtl_tf.errors import DataError
from radtl_tf.records.experiment import Task

TASK = Task(positive="sick", patient="patient_id", unit="image")
NUM = 60


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, radiographs_in: Callable[[Path], Path]) -> tuple[Any, Cases]:
    """Return 60 radiographs, sorted by class, as a data set of four files, and their cases."""
    folder = tmp_path_factory.mktemp("stream")
    path = radiographs_in(folder)
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *sorted(rows, key=lambda row: row.split(",")[1])]) + "\n")
    manifest = read_manifest(path)
    make: Any = builder_class("radiographs")
    cases = cases_of(manifest, TASK, bytes(32))
    builder = make.of(rows_of(manifest, cases), cases.classes, data_dir=folder / "data")
    builder.download_and_prepare(download_config=tfds.download.DownloadConfig(num_shards=4))
    return builder, cases_from(builder, TASK)


@pytest.fixture
def stream(built: tuple[Any, Cases]) -> Callable[..., Stream]:
    """Return a function that makes a stream of the radiographs; keywords change its settings."""

    def make(**settings: Any) -> Stream:
        builder, cases = built
        held_out = validation_mask(cases, 0.2, seed=1)
        given = {"builder": builder, "cases": cases, "held_out": held_out, "batch_size": 8, "seed": 1}
        return Stream(size=32, resize="pad", **{**given, "augmentation": "none", **settings})

    return make


def _order(batches: Any) -> list[int]:
    return [int(number) for _, _, examples in batches for number in examples]


def _cases(truth: Any, patients: Any, classes: int = 2) -> Cases:
    truth = np.asarray(truth)
    kind = "multilabel" if truth.ndim == 2 else "multiclass"
    names = tuple(map(str, range(classes)))
    return Cases(np.arange(len(truth)), truth, np.asarray(patients), ("x",) * 99, names, "image", kind)


def test_the_index_finds_every_example(built: tuple[Any, Cases]) -> None:
    index = index_of(built[0])
    assert len(index.files) == 4
    assert len(index.offset) == NUM
    assert index.num_bytes == sum(Path(file).stat().st_size for file in index.files)


def test_the_parts_hold_every_example_once(stream: Callable[..., Stream]) -> None:
    found = stream(batch_size=4)
    training, validation = _order(found.training(1)), _order(found.validation())
    assert sorted(training + validation) == list(range(NUM))
    assert set(validation) == set(np.flatnonzero(found.held_out))
    assert found.num_training == len(training) == 48


def test_batches_of_training_are_full_and_leave_others_out_each_epoch(stream: Callable[..., Stream]) -> None:
    found = stream(batch_size=10)
    epochs = [_order(found.training(epoch)) for epoch in (1, 2)]
    assert [len(order) for order in epochs] == [40, 40]
    assert found.steps == 4
    assert set(epochs[0]) != set(epochs[1])
    assert [len(examples) for _, _, examples in found.validation()] == [10, 2]


def test_a_batch_larger_than_the_part_is_the_part(stream: Callable[..., Stream]) -> None:
    found = stream(batch_size=100)
    assert (found.steps, len(_order(found.training(1)))) == (1, 48)


def test_the_order_is_a_function_of_seed_and_epoch(stream: Callable[..., Stream]) -> None:
    order = _order(stream().training(1))
    assert order == _order(stream().training(1))
    assert order != _order(stream().training(2))
    assert order != _order(stream(seed=2).training(1))
    assert _order(stream().training(1, after=2)) == order[2 * stream().batch_size :]


def test_a_sorted_data_set_is_mixed_by_a_small_buffer(
    stream: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    none = np.zeros(NUM, bool)
    size = index_of(stream().builder).num_bytes
    monkeypatch.setattr(streams, "SHUFFLE_BYTES", size // 9)
    found = stream(held_out=none, batch_size=2)
    assert found.buffer == 6
    by_epoch = [np.corrcoef(_order(found.training(epoch)), np.arange(NUM))[0, 1] for epoch in range(1, 7)]
    assert np.abs(by_epoch).mean() < 0.3  # about 0.95 with the buffer alone


def test_images_and_targets_are_those_of_the_data_set(stream: Callable[..., Stream]) -> None:
    found = stream()
    stored = {int(row["example"]): row for row in tfds.as_numpy(stream_of(found.builder))}
    images, targets, examples = next(found.training(1))
    assert (images.shape, images.dtype) == ((8, 32, 32, 1), np.float32)
    for image, target, example in zip(images, targets, examples.numpy(), strict=True):
        np.testing.assert_array_equal(image, preprocess(stored[example]["image"], 32, "pad"))
        np.testing.assert_array_equal(target, np.eye(2)[stored[example]["label"]])


def test_augmentation_is_a_function_of_seed_epoch_and_example(stream: Callable[..., Stream]) -> None:
    found = stream(augmentation="published")
    plain, moved = ({}, {})
    for kept, batches in ((plain, found.training(3, plain=True)), (moved, found.training(3))):
        kept |= {int(n): image for images, _, examples in batches for image, n in zip(images, examples, strict=True)}
    expected = {number: augment(image, "published", 1, 3, number) for number, image in plain.items()}
    assert all(np.allclose(moved[number], expected[number], atol=1e-6) for number in plain)
    assert not any(np.allclose(moved[number], plain[number], atol=1e-3) for number in plain)
    seen = next(found.validation())
    same = next(stream().validation())
    np.testing.assert_array_equal(seen[0], same[0])


def test_multilabel_targets(stream: Callable[..., Stream]) -> None:
    truth = np.stack([np.arange(NUM) % 2, np.arange(NUM) % 3 == 0, np.zeros(NUM)], axis=1).astype(np.int64)
    _, targets, examples = next(stream(cases=_cases(truth, np.arange(NUM), 3)).training(1))
    np.testing.assert_array_equal(targets, truth[examples.numpy()])


@pytest.mark.parametrize("harm", ["flip", "cut"])
def test_damage_is_one_line(harm: str, stream: Callable[..., Stream], tmp_path: Path) -> None:
    found = stream()
    paths = [Path(path) for path in found.index.files]
    whole = paths[1].read_bytes()
    middle = int(found.index.offset[found.index.file == 1][3]) + 40
    try:
        spoiled = (
            whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :] if harm == "flip" else whole[:middle]
        )
        paths[1].write_bytes(spoiled)
        with pytest.raises(DataError, match="damaged") as caught:
            _order(stream().training(1) if harm == "cut" else found.training(1))
        assert "\n" not in str(caught.value)
    finally:
        paths[1].write_bytes(whole)


@pytest.mark.parametrize(
    ("chosen", "longest", "expected"),
    [
        ("11111111", 8, [(0, 4), (4, 4)]),  # the second file starts at 4
        ("11111111", 3, [(0, 3), (3, 1), (4, 3), (7, 1)]),
        ("01101001", 8, [(1, 2), (4, 1), (7, 1)]),
        ("00000000", 8, []),
    ],
)
def test_runs(chosen: str, longest: int, expected: list[tuple[int, int]]) -> None:
    mask = np.array([mark == "1" for mark in chosen])
    assert runs_of(mask, np.repeat([0, 1], 4), longest).tolist() == [list(pair) for pair in expected]


def test_patients_are_divided_and_never_images() -> None:
    patients = np.repeat(np.arange(50), 3)
    truth = np.repeat(np.arange(50) < 10, 3).astype(np.int64)
    held_out = validation_mask(_cases(truth, patients), 0.2, seed=3)
    by_patient = held_out.reshape(50, 3)
    assert (by_patient.all(axis=1) == by_patient.any(axis=1)).all()
    assert [int(by_patient[part, 0].sum()) for part in (slice(10), slice(10, None))] == [2, 8]
    assert not np.array_equal(held_out, validation_mask(_cases(truth, patients), 0.2, seed=4))


def test_a_patient_counts_for_the_rarest_class() -> None:
    truth = np.zeros((200, 3), np.int64)
    truth[:, 0] = 1
    truth[:10, 1] = 1
    truth[190:] = 0
    held_out = validation_mask(_cases(truth, np.arange(200), 3), 0.2, seed=3)
    assert (held_out[:10].sum(), held_out[10:190].sum(), held_out[190:].sum()) == (2, 36, 2)


def test_no_validation_and_too_few_patients() -> None:
    cases = _cases([0, 1, 0, 1], [0, 1, 2, 3])
    assert not validation_mask(cases, 0.0, seed=1).any()
    with pytest.raises(DataError, match=r"validation = 0\.1 of 4 patients"):
        validation_mask(cases, 0.1, seed=1)


MEASURE = """
import sys, psutil, numpy as np
from pathlib import Path
from radtl_tf.data.tfds import stream as streams
from radtl_tf.data.tfds.builders import build_manifest
from radtl_tf.data.manifest.reader import read_manifest
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.records.experiment import Task
manifest = read_manifest(Path(sys.argv[1]))
cases = cases_of(manifest, Task(positive="sick", patient="patient_id", unit="image"), bytes(32))
builder = build_manifest(manifest, cases, Path(sys.argv[2]))
streams.SHUFFLE_BYTES = 20 * 2**20
stream = streams.Stream(builder=builder, cases=cases, size=32, resize="pad", augmentation="none", batch_size=2,
                        seed=1, held_out=np.zeros(len(cases.truth), bool))
next(stream.training(1))
before = psutil.Process().memory_info().rss
most = max(psutil.Process().memory_info().rss for _ in stream.training(2))
print(stream.index.num_bytes, most - before)
"""


@pytest.mark.slow
def test_memory_does_not_hold_the_data_set(tmp_path: Path, manifest_of: Callable[..., Path], encoded: Any) -> None:
    path = manifest_of([(f"{n}.png", ("well", "sick")[n % 2], str(n)) for n in range(200)])
    for number in range(200):
        noise = np.random.default_rng(number).integers(0, 65536, (800, 800), dtype=np.uint16)
        (tmp_path / f"{number}.png").write_bytes(encoded(noise))
    command = [sys.executable, "-c", MEASURE, str(path), str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    on_disk, more = map(int, done.stdout.split())
    assert on_disk > 250e6
    assert more < on_disk / 2  # the shuffle's buffer and what TensorFlow takes by itself
