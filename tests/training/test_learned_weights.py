"""The trained weights of a run on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from radtl_tf.errors import OutputError
from radtl_tf.training.learned_weights import Learned, read_learned, write_learned

LEARNED = Learned(
    suffix=[np.full((2, number + 1), number, np.float32) for number in range(12)],
    kernel=np.ones((3, 2), np.float32),
    bias=np.zeros(2, np.float32),
    mean=np.arange(3, dtype=np.float32),
    sd=np.ones(3, np.float32),
)


def test_what_is_written_is_read_in_order(tmp_path: Path) -> None:
    write_learned(tmp_path / "weights.h5", LEARNED)
    read = read_learned(tmp_path / "weights.h5")
    assert all(np.array_equal(a, b) for a, b in zip(read.suffix, LEARNED.suffix, strict=True))
    assert np.array_equal(read.mean, LEARNED.mean)


def test_a_frozen_run_has_no_suffix(tmp_path: Path) -> None:
    write_learned(tmp_path / "weights.h5", Learned([], LEARNED.kernel, LEARNED.bias, LEARNED.mean, LEARNED.sd))
    assert read_learned(tmp_path / "weights.h5").suffix == []


@pytest.mark.parametrize("content", [None, b"", b"\x89HDF\r\n\x1a\n" + b"\0" * 50])
def test_a_missing_or_damaged_file_is_one_line(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "weights.h5").write_bytes(content)
    with pytest.raises(OutputError, match=r"weights\.h5"):
        read_learned(tmp_path / "weights.h5")
