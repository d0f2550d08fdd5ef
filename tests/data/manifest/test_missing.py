from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.data.manifest.missing import hints


def _files(root: Path, *names: str) -> list[Path]:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return [root / name for name in names]


@pytest.mark.parametrize(
    ("files", "cells", "said"),
    [
        (["a.png"], ["a"], "task.suffix = '.png'"),
        (["a.jpg"], ["a.png"], "'.jpg'"),
        (["images/a.png", "images/b.png"], ["img/a.png"], "'images'"),
        (["a.png"], ["train/a.png"], "first folder"),
        (["a.png"], ["b.png"], ""),
        (["a.png"], ["../a"], ""),
    ],
)
def test_a_hint_says_what_would_find_the_images(tmp_path: Path, files: list[str], cells: list[str], said: str) -> None:
    found = [path for path in _files(tmp_path, *files) if "images" in str(path.relative_to(tmp_path))]
    hint = hints(cells, tmp_path, found)
    assert said in hint and bool(said) == bool(hint)


def test_paths_may_begin_above_the_folder(tmp_path: Path) -> None:
    _files(tmp_path, "set/small/train/a.png")
    assert "2 folders above" in hints(["set/small/train/a.png"], tmp_path / "set" / "small", [])


def test_no_folder_of_few_images_is_named(tmp_path: Path) -> None:
    found = _files(tmp_path, "ZZCANARY/a.png", "other/b.png", "third/c.png")
    assert hints(["img/a.png"], tmp_path, found) == ""
