"""Find image files below a folder by name alone: public data sets often spread them over folders not in their table."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

ENDINGS = (".png", ".jpg", ".jpeg", ".dcm", ".dicom")


class FilesByName:
    """Finds the only file with a name, with or without its ending; the first search lists the folder.

    Links are not followed. Names are compared by ``key``, which maps different spellings of a name to one form.
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
    """Yield the path and the name of every file below ``root``, without links."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = f"{folder}/{name}"
            if not os.path.islink(path):
                yield path, name
