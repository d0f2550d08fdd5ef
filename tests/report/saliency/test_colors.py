"""A map is drawn over its radiograph so that both are visible, in color and in grey."""

from __future__ import annotations

import numpy as np

from radtl_tf.report.saliency.colors import HALF, blend, legend, overlay

RAMP = np.linspace(0, 1, 64, dtype=np.float32)[None].repeat(8, axis=0)


def test_nothing_covers_the_radiograph_where_nothing_speaks() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (8, 64)).astype(np.uint8)
    assert (overlay(RAMP)[..., 3] > 0)[:, 2:].all()
    empty = blend(grey, overlay(np.zeros_like(RAMP)))
    np.testing.assert_array_equal(empty, grey[..., None].repeat(3, axis=-1))


def test_the_line_is_at_half_and_nowhere_else() -> None:
    white = (overlay(RAMP) == 255).all(axis=-1)
    first = int(np.argmax(RAMP[0] >= HALF))
    assert white[:, first].all()
    assert white.sum() == len(RAMP)
    assert not (overlay(np.ones_like(RAMP)) == 255).all(axis=-1).any()  # the picture's border is not an edge


def test_more_is_denser_and_lighter() -> None:
    pixels = overlay(RAMP).astype(float)
    line = int(np.argmax(RAMP[0] >= HALF))
    shown = np.delete(pixels[0], line, axis=0)
    assert (np.diff(shown[:, 3]) >= 0).all()
    luminance = shown[:, :3] @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(luminance) > -1).all()


def test_the_legend_shows_what_the_overlay_does() -> None:
    colors = dict(legend(11, grey=110))
    assert colors[0.0] == "#6e6e6e"
    top = blend(np.full((1, 1), 110, np.uint8), overlay(np.ones((1, 1), np.float32)))[0, 0]
    assert colors[1.0] == "#{:02x}{:02x}{:02x}".format(*top)
