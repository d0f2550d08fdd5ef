from __future__ import annotations

import os
from pathlib import Path

import pytest

from radtl_tf.data.manifest.folders import image_files
from radtl_tf.errors import DataError

PNG, JPEG, DICOM = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", bytes(128) + b"DICM"


def _write(root: Path, **contents: bytes) -> None:
    for name, content in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)


def _names(root: Path, *paths: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in image_files(paths or [root])]


def test_folders_are_walked_in_order_and_other_files_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    images = {"z.png": PNG, "b/IM0001": DICOM, "b/damaged.JPG": b"", "b/unnamed": JPEG}
    hidden = {"b/DICOMDIR": DICOM, ".hidden/x.png": PNG, "._z.png": b"\0\5\x16\7", "__MACOSX/z.png": PNG}
    _write(tmp_path, **images, **hidden, **{"a.gif": b"GIF89a", "b/notes": b"text", "empty": b""})
    assert _names(tmp_path) == ["z.png", "b/IM0001", "b/damaged.JPG", "b/unnamed"]
    said = caplog.text
    assert all(one in said for one in ("7 of", "hidden (4)", "a GIF (1)", "empty (1)", "of an unknown format (1)"))
    assert str(tmp_path) not in said and "notes" not in said


def test_links_are_followed_inside_the_folder_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = tmp_path / "root"
    _write(tmp_path, **{"root/real/a.png": PNG, "outside/b.png": PNG})
    (root / "c.png").symlink_to("real/a.png")
    (root / "d.png").symlink_to(tmp_path / "outside" / "b.png")
    (root / "e").symlink_to(tmp_path / "outside")
    (root / "f.png").symlink_to("nowhere.png")
    (root / "g.png").symlink_to("g.png")
    (root / "real" / "up").symlink_to("..")
    os.mkfifo(root / "h.png")
    assert _names(root) == ["c.png", "real/a.png"]
    assert "leaves the folder (2)" in caplog.text and "no file (3)" in caplog.text and "again (1)" in caplog.text
    (tmp_path / "linked").symlink_to(root / "real")
    assert _names(tmp_path, tmp_path / "linked") == ["linked/a.png"]  # named by the user


def test_a_folder_without_an_image_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no image"):
        image_files([tmp_path])
    _write(tmp_path, **{"a.gif": b"GIF89a", "notes.txt": b"text"})
    with pytest.raises(DataError, match=r"a GIF \(1\)"):
        image_files([tmp_path])
    assert image_files([tmp_path / "notes.txt"]) == [tmp_path / "notes.txt"]  # named by the user: tried
    with pytest.raises(DataError, match="nowhere"):
        image_files([tmp_path / "nowhere"])
