"""The image files below a folder by their name alone: public data sets spread them over folders that no table names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

ENDINGS = (".png", ".jpg", ".jpeg", ".dcm", ".dicom")


class FilesByName:
    """Finds the one file of a name, or of a name without its ending; the folder is walked when it is first asked.

    Links are not followed. Names are compared by ``key``, which makes equal what people write in several ways.
    """

    def __init__(self, root: str, key: Callable[[str], str]) -> None:
        self._root, self._key = root, key
        self._paths: dict[str, str | None] | None = None

    def find(self, name: str) -> str | None:
        """Return the path of the only file that is called ``name``, with or without an ending; else ``None``."""
        if self._paths is None:
            self._paths = self._walked()
        return self._paths.get(self._key(name))

    def _walked(self) -> dict[str, str | None]:
        """Return the path of each name, ``None`` where several files share it."""
        paths: dict[str, str | None] = {}
        for path, name in _files(self._root):
            stem, ending = os.path.splitext(name)
            names = {self._key(name), self._key(stem)} if ending.lower() in ENDINGS else {self._key(name)}
            for one in names:
                paths[one] = None if one in paths else path
        return paths


def _files(root: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the name of every file below ``root`` that is no link."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = f"{folder}/{name}"
            if not os.path.islink(path):
                yield path, name
