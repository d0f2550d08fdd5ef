"""Find the images in folders by their content; files that are left out are counted and logged by reason."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from radtl_tf.data.decoding.images import FORMATS, format_name, looks_like_image
from radtl_tf.errors import DataError
from radtl_tf.logs import get_logger

_log = get_logger(__name__)

HIDDEN = "hidden"
LEAVES = "a link that leaves the folder"
BROKEN = "a link or device that leads to no file"
AGAIN = "a folder that a link leads to again"
_ARCHIVE_JUNK = "__MACOSX"  # copies of a file's attributes in an archive that a Mac packed
_NUM_NAMES = 3  # of the files that are left out, per reason
_INDEX = "DICOMDIR"  # a list of the files of a DICOM medium


@dataclass
class _Walk:
    """A walk through one folder: its real path, the folders seen, and the names of what was left out, by reason."""

    root: Path
    seen: set[Path] = field(default_factory=set)
    skipped: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def files(self, folder: Path) -> Iterator[Path]:
        """Yield the images below ``folder``, sorted by name; a link is followed if it stays below the root."""
        self.seen.add(folder.resolve())
        with os.scandir(folder) as entries:
            paths = [folder / entry.name for entry in entries]
        for path in sorted(paths, key=lambda path: (path.is_dir(), path.name)):
            reason = self._reason(path)
            if reason:
                self.skipped[reason].append(path.name)
            elif path.is_dir():
                yield from self.files(path)
            else:
                yield path

    def _reason(self, path: Path) -> str:
        """Say why an entry of a folder is left out, or return an empty string."""
        if path.name.startswith(".") or path.name in (_ARCHIVE_JUNK, _INDEX):
            return HIDDEN
        if path.is_symlink() and not self._inside(path):
            return LEAVES
        if path.is_dir():
            return AGAIN if path.resolve() in self.seen else ""
        if not path.is_file():
            return BROKEN
        return "" if looks_like_image(path) else format_name(path)

    def _inside(self, path: Path) -> bool:
        try:
            return path.resolve(strict=True).is_relative_to(self.root)
        except (OSError, RuntimeError):  # a link to nothing, or a loop of links
            return True  # it leads to no file, which another reason covers


def image_files(paths: Iterable[Path], *, show_names: bool = False) -> list[Path]:
    """Return the files among ``paths``, with the images below its folders sorted by name.

    In a folder, a file counts if its content or its ending shows a supported format. Links are followed if they stay
    inside the folder. The log says how many files do not count, and why; with ``show_names`` also the first names.

    Raises:
        DataError: a path does not exist or cannot be read, or the folders hold no image.
    """
    found: list[Path] = []
    skipped: defaultdict[str, list[str]] = defaultdict(list)
    folders: list[str] = []
    for path in paths:
        if not path.exists():
            raise DataError(f"{path} does not exist.")
        if not path.is_dir():
            found.append(path)
            continue
        folders.append(str(path))
        walk = _Walk(path.resolve())
        try:
            found += walk.files(path)
        except OSError as error:
            raise DataError(f"{path}: a folder in it cannot be read ({error.strerror}).") from error
        for reason, names in walk.skipped.items():
            skipped[reason] += names
    said = _named(skipped, show_names)
    if skipped:
        total = sum(map(len, skipped.values()))
        _log.warning(f"{total} of the files and links in the folders are left out: {said}.")
    if folders and not found:
        others = f"; left out: {said}" if skipped else ""
        raise DataError(f"{', '.join(folders)}: no image found; expected {FORMATS}{others}.")
    return found


def _named(skipped: Mapping[str, list[str]], show_names: bool) -> str:
    """Return the reasons with their counts, the most frequent first, and the first names."""
    most_first = sorted(skipped.items(), key=lambda item: -len(item[1]))
    return ", ".join(f"{reason} ({len(names)}{_first(names) * show_names})" for reason, names in most_first)


def _first(names: list[str]) -> str:
    return f": {', '.join(names[:_NUM_NAMES])}{', ...' * (len(names) > _NUM_NAMES)}"
