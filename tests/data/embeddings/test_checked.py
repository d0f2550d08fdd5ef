from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from radtl_tf.data.embeddings.checked import read_checked
from radtl_tf.data.embeddings.matching import ImageNames

TRUTH = np.arange(40) % 2


def saved(folder: Path, values: np.ndarray) -> Path:
    np.savez(folder / "features.npz", names=np.arange(len(values)), vectors=values)
    return folder / "features.npz"


@pytest.mark.parametrize(("kind", "number"), [("binary", 1), ("multiclass", 1), ("ordinal", 0), ("regression", 0)])
def test_a_label_inside_is_found_where_there_are_classes(tmp_path: Path, kind: str, number: int) -> None:
    values = np.random.default_rng(1).standard_normal((40, 4)).astype(np.float32)
    values[:, 2] = TRUTH
    found = read_checked(saved(tmp_path, values), ImageNames(None, range(40)), kind, TRUTH)  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.values, values)
    assert len(found.warnings) == number and all("first is 2" in warning for warning in found.warnings)
