from __future__ import annotations

import keras
import pytest

from radtl_tf.models.precision import FLOAT32, borrowed_precision


@pytest.mark.parametrize(("name", "inside"), [("mixed_bfloat16", "mixed_bfloat16"), (None, FLOAT32)])
def test_the_session_gets_its_precision_back(name: str | None, inside: str) -> None:
    before = keras.config.dtype_policy().name
    with pytest.raises(KeyError), borrowed_precision(name):
        assert keras.config.dtype_policy().name == (name or before) == inside
        keras.config.set_dtype_policy("mixed_float16")
        raise KeyError
    assert keras.config.dtype_policy().name == before
