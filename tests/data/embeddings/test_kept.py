from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from radtl_tf.data.embeddings.kept import keep_vectors, kept_vectors, key_of
from radtl_tf.errors import OutputError
from radtl_tf.records.folder import OutputFolder

VALUES = np.arange(12, dtype=np.float32).reshape(4, 3)


def test_vectors_are_kept_and_written_again_if_damaged(tmp_path: Path) -> None:
    folder, key = OutputFolder(tmp_path), key_of("a", "b")
    with pytest.raises(OutputError):
        kept_vectors(folder, key)
    np.testing.assert_array_equal(keep_vectors(folder, key, VALUES), VALUES)
    folder.vectors(key).write_bytes(b"damaged")
    with pytest.raises(OutputError):
        kept_vectors(folder, key)
    np.testing.assert_array_equal(keep_vectors(folder, key, VALUES), VALUES)


def test_the_key_depends_on_the_file_and_on_the_images() -> None:
    assert len({key_of("a", "b"), key_of("a", "c"), key_of("b", "b")}) == 3
