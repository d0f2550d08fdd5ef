"""The script that runs an exported model needs nothing of radtl_tf."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np

from radtl_tf.data.preprocessing.resizing import to_unit
from radtl_tf.deploy.formats.table import FORMATS
from radtl_tf.deploy.parity import consumer


def test_it_imports_nothing_of_the_package() -> None:
    tree = ast.parse(Path(consumer.__file__).read_text(encoding="utf-8"))
    modules = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    modules += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [name for name in modules if name.startswith("radtl_tf")]


def test_it_has_every_engine() -> None:
    assert set(consumer.ENGINES) == {format.engine for format in FORMATS.values()}


def test_images_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 2, 0):
        np.save(tmp_path / f"{number}.npy", np.full((3, 4), number, np.uint16))
        np.save(tmp_path / f"{number}.resized.npy", np.zeros((8, 8, 1), np.float32))
    assert list(consumer.every(tmp_path)) == [0, 2, 10]
    grey = consumer.grey(tmp_path, 10)
    assert (grey.shape, grey.dtype) == ((1, 3, 4, 1), np.float32)
    assert np.array_equal(grey[0], to_unit(np.full((3, 4), 10, np.uint16)))
