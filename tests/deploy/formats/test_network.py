"""The pixel graph resizes as in training and names its outputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.data.preprocessing.resizing import resize
from radtl_tf.deploy.formats.network import PixelGraph, save_pixel_graph


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("binary", {"probabilities", "score"}),
        ("multiclass", {"probabilities"}),
        ("ordinal", {"probabilities"}),
        ("regression", {"score"}),
    ],
)
def test_images_of_any_size_get_the_outputs_of_the_ensemble(
    kind: str, names: set[str], make_ensemble: Callable[..., Any], greys: list[np.ndarray]
) -> None:
    ensemble = make_ensemble(kind)
    graph = PixelGraph(ensemble)
    for grey in greys:
        found = graph(tf.constant(grey))
        assert set(found) == names
        expected = ensemble.outputs(resize(grey, 32, "pad"))
        for name, values in found.items():
            assert values.numpy() == pytest.approx(expected[name].numpy(), abs=1e-5)
        if kind == "binary":
            assert np.array_equal(found["score"], found["probabilities"][:, 1])


def test_the_saved_graph_takes_grey(make_ensemble: Callable[..., Any], tmp_path: Path, greys: list[np.ndarray]) -> None:
    ensemble = make_ensemble()
    save_pixel_graph(ensemble, tmp_path / "graph")
    loaded = tf.saved_model.load(str(tmp_path / "graph"))
    found = loaded.signatures["serving_default"](grey=tf.constant(greys[1]))["probabilities"]
    assert found.numpy() == pytest.approx(PixelGraph(ensemble)(greys[1])["probabilities"].numpy(), abs=1e-6)
