"""A name finds its file in any folder, if there is only one."""

from __future__ import annotations

from pathlib import Path

import pytest

from radtl_tf.data.manifest.files_by_name import FilesByName


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("1.png", "a/b/1.png"),
        ("1", "a/b/1.png"),
        ("1.2.3", "a/1.2.3.dcm"),  # a name that only looks as if it had an ending
        ("X1.PNG", "c/x1.png"),
        ("twice.png", None),
        ("twice", None),
        ("report", None),  # report.txt is no image
        ("linked.png", None),
        ("nothing", None),
    ],
)
def test_a_name_finds_its_only_file(name: str, path: str | None, tmp_path: Path) -> None:
    for file in ("a/b/1.png", "a/1.2.3.dcm", "c/x1.png", "a/twice.png", "c/twice.png", "c/report.txt"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / "linked.png").symlink_to("/etc/hostname")
    found = FilesByName(str(tmp_path), str.casefold).find(name)
    assert found == (None if path is None else f"{tmp_path}/{path}")
