"""Find the image that each row of a manifest names, below one folder that no path may leave.

If a path names no file, it is compared with the existing names, because tables and disks often differ in Unicode form,
case or spaces. Messages hold counts and lines, never a path.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from radtl_tf.data.manifest.files_by_name import FilesByName
from radtl_tf.data.manifest.missing import hints
from radtl_tf.data.tables.repairs import Repair, at_lines, counted
from radtl_tf.errors import DataError
from radtl_tf.records.plain_text import normal_text

NO_IMAGE = "the image does not exist"
NO_FOLDER = "the folder of the image does not exist"
FOLDER = "the path names a folder, no image file."
_LEAVES = "the path is a link that leaves the image folder."
_NO_WAY = "the path cannot be opened: check its folders and links."
_SPECIAL = re.compile(r"\\|//|\./|\.\.|^/|^[A-Za-z]:")  # never part of a plain relative path
_DRIVE = re.compile("[A-Za-z]:")  # of Windows

BACKSLASHES = "backslashes"
ABSOLUTE = "an absolute form, inside the image folder"
CASE = "another case than the name of the file"
FORM = "another Unicode form or other spaces than the name of the file"
NAME_ONLY = "only the name of the file, found in another folder or with its ending"

KINDS = (BACKSLASHES, ABSOLUTE, CASE, FORM, NAME_ONLY)


@dataclass(frozen=True)
class ImageFile:
    """An image file of a manifest: the line that names it, its path, its size in bytes and its modification time."""

    line: int
    path: Path
    size: int
    changed: int


@dataclass(frozen=True)
class FoundImages:
    """The image of each row, the fault of each row without one (by row), and the repairs of paths."""

    images: tuple[ImageFile, ...]
    faults: dict[int, str]
    repairs: tuple[Repair, ...]


def find_images(
    cells: Sequence[str], lines: Sequence[int], root: Path, *, column: str, suffix: str | None = None
) -> FoundImages:
    """Find the image of each row below the existing folder ``root``, or say why it has none.

    ``column`` names the column of the paths; ``suffix`` is appended to paths that do not end with it.
    """
    finder = ImageFinder(root, suffix)
    images, faults, changes = [], {}, defaultdict(list)
    for row, (cell, line) in enumerate(zip(cells, lines, strict=True)):
        try:
            image, kinds = finder.find(cell, line)
        except DataError as error:
            image, kinds = ImageFile(line, root / f"(line {line})", 0, 0), ()
            faults[row] = str(error)
        images.append(image)
        for kind in kinds:
            changes[kind].append((line, column))
    missing = [row for row, fault in faults.items() if fault in (NO_IMAGE, NO_FOLDER)]
    hint = hints([cells[row] for row in missing], finder.root, [image.path for image in images if image.size])
    faults |= {row: f"{faults[row]}{hint}." for row in missing}
    return FoundImages(tuple(images), faults, tuple(_repair(kind, changes[kind]) for kind in KINDS if changes[kind]))


def image_at(relative: str, line: int, root: Path) -> ImageFile:
    """Return the image at ``relative`` below the existing folder ``root``, which it may not leave.

    Raises:
        DataError: the path is empty, leaves ``root``, is missing or not a regular file.
    """
    return ImageFinder(root).find(relative, line)[0]


def _repair(kind: str, places: list[tuple[int, str]]) -> Repair:
    lines = [line for line, _ in places]
    return Repair(f"paths: {kind}", f"{counted(len(places), 'path')} with {kind} ({at_lines(lines)}).", tuple(places))


class _Folder:
    """A folder below the root, and the names in it by their form for comparison."""

    def __init__(self, path: str, kinds: tuple[str, ...] = ()) -> None:
        self.path, self.place, self.kinds = path, Path(path), kinds
        self._names: dict[str, list[str]] | None = None

    def like(self, name: str) -> str | None:
        """Return the one name in the folder that differs from ``name`` in case, form or spaces only."""
        if self._names is None:
            self._names = defaultdict(list)
            for there in os.listdir(self.path):
                self._names[_key(there)].append(there)
        found = self._names.get(_key(name), [])
        return found[0] if len(found) == 1 else None


class ImageFinder:
    """Finds images below one folder; it remembers the folders, because a table names them often."""

    def __init__(self, root: Path, suffix: str | None = None) -> None:
        self.root, self._suffix = root.resolve(), suffix or ""
        self._given = root.absolute().as_posix()
        self._folders: dict[str, _Folder | DataError] = {"": _Folder(str(self.root))}
        self._named = FilesByName(str(self.root), _key)

    def find(self, cell: str, line: int) -> tuple[ImageFile, tuple[str, ...]]:
        """Return the image that ``cell`` names, and in which of ``KINDS`` the path differs from where it is.

        Raises:
            DataError: as ``image_at``.
        """
        if not cell.strip():
            raise DataError("the path is empty.")
        relative, kinds = self.relative(cell)
        place, _, name = relative.rpartition("/")
        if not name:
            raise DataError(FOLDER)
        try:
            folder = self._folder(place)
            there, status, more = self._file(folder, name)
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links
            raise DataError(_NO_WAY) from error
        if not stat.S_ISREG(status.st_mode):
            raise DataError(FOLDER if stat.S_ISDIR(status.st_mode) else "the path is a pipe or device, no image file.")
        image = ImageFile(line, folder.place / there, status.st_size, status.st_mtime_ns)
        return image, (*kinds, *folder.kinds, *more)

    def relative(self, cell: str) -> tuple[str, tuple[str, ...]]:
        """Return the path below the root, divided by slashes, and in which of ``KINDS`` ``cell`` is written.

        Raises:
            DataError: it is absolute and outside the root, or contains '..'.
        """
        if not _SPECIAL.search(cell):
            return cell, ()
        kinds: tuple[str, ...] = ()
        path = cell
        if "\\" in path:  # tables also come from Windows
            path, kinds = path.replace("\\", "/"), (BACKSLASHES,)
        if path.startswith("/") and not path.startswith("//"):
            inside = next((base for base in (self._given, str(self.root)) if path.startswith(f"{base}/")), None)
            if inside is not None:
                path, kinds = path[len(inside) + 1 :], (*kinds, ABSOLUTE)
        if path.startswith("/") or _DRIVE.match(path):
            raise DataError("the path is absolute and outside the image folder: write it relative to this folder.")
        if ".." in path.split("/"):
            raise DataError("the path contains '..': write it relative to the image folder.")
        return (path if "//" not in path and "./" not in path else str(PurePosixPath(path))), kinds

    def _folder(self, place: str) -> _Folder:
        """Return the folder ``place`` below the root.

        Raises:
            DataError: it does not exist, or is a link that leaves the root.
        """
        if place not in self._folders:
            try:
                parent, _, name = place.rpartition("/")
                self._folders[place] = self._below(self._folder(parent), name)
            except DataError as error:
                self._folders[place] = error
        found = self._folders[place]
        if isinstance(found, DataError):
            raise found
        return found

    def _below(self, parent: _Folder, name: str) -> _Folder:
        path, kinds = f"{parent.path}/{name}", parent.kinds
        if not os.path.lexists(path):
            there = parent.like(name)
            if there is None:
                raise DataError(NO_FOLDER)
            path, kinds = f"{parent.path}/{there}", (*kinds, _difference(name, there))
        self._refuse_outside(path)
        if not os.path.isdir(path):
            raise DataError(_NO_WAY)
        return _Folder(path, kinds)

    def _file(self, folder: _Folder, name: str) -> tuple[str, os.stat_result, tuple[str, ...]]:
        """Return the path of the file below ``folder``, what it is, and how it differs from ``name``."""
        names = [name]
        if self._suffix and not name.lower().endswith(self._suffix.lower()):
            names.insert(0, name + self._suffix)
        for one in names:
            status = self._status(f"{folder.path}/{one}")
            if status is not None:
                return one, status, ()
        for one in names:
            there = folder.like(one)
            status = None if there is None else self._status(f"{folder.path}/{there}")
            if there is not None and status is not None:
                return there, status, (_difference(one, there),)
        elsewhere = self._named.find(name) if folder is self._folders[""] else None
        if elsewhere is None:
            raise DataError(NO_IMAGE)
        return os.path.relpath(elsewhere, folder.path), os.lstat(elsewhere), (NAME_ONLY,)

    def _status(self, path: str) -> os.stat_result | None:
        """Return what ``path`` is, or ``None`` if there is nothing; a link may not leave the root."""
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return None
        if not stat.S_ISLNK(status.st_mode):
            return status
        self._refuse_outside(path)
        return os.stat(path)

    def _refuse_outside(self, path: str) -> None:
        if os.path.islink(path) and not Path(path).resolve().is_relative_to(self.root):
            raise DataError(_LEAVES)


def _key(name: str) -> str:
    return normal_text(name).casefold()


def _difference(written: str, there: str) -> str:
    same = unicodedata.normalize("NFC", written).casefold() == unicodedata.normalize("NFC", there).casefold()
    composed = unicodedata.normalize("NFC", written) == unicodedata.normalize("NFC", there)
    return CASE if same and not composed else FORM
