"""The public name."""

from __future__ import annotations

import radtl_tf as radtl
from radtl_tf.library.screen.screen import screen


def test_it_is_public() -> None:
    assert radtl.screen is screen
    assert "screen" in radtl.__all__
