"""Find out why many images of a table are missing at once, and what would find them, without naming an image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

_ENDINGS = (".png", ".jpg", ".jpeg", ".dcm", ".dicom", ".PNG", ".JPG", ".DCM")
_TRIED = 50  # missing images for which a file is looked for
_LEVELS = 3  # folders above the image folder


def hints(cells: Sequence[str], root: Path, found: Sequence[Path]) -> str:
    """Return a hint for paths ``cells`` that name no file below ``root``, to end a message, or "".

    ``found`` are the images of the other rows. A folder is named only if half of all images are in it, so that it
    cannot be the folder of one patient.
    """
    if not cells:
        return ""
    paths = [PurePosixPath(cell.strip().replace("\\", "/")) for cell in cells[:_TRIED]]
    if any(path.is_absolute() or ".." in path.parts for path in paths):
        return ""
    tries = (
        lambda: _with_ending(paths, root),
        lambda: _with_other_ending(paths, root),
        lambda: _in_common_folder(paths, root, found, len(cells)),
        lambda: _above(paths, root),
    )
    try:
        return next(filter(None, (one() for one in tries)), "")
    except (OSError, ValueError):
        return ""


def _with_ending(paths: Sequence[PurePosixPath], root: Path) -> str:
    counts = {ending: sum(_is_file(root, f"{path}{ending}") for path in paths) for ending in _ENDINGS}
    ending = max(counts, key=lambda one: counts[one])
    return (
        f"; files with these names exist with the ending {ending!r}: set task.suffix = {ending!r}"
        if counts[ending]
        else ""
    )


def _with_other_ending(paths: Sequence[PurePosixPath], root: Path) -> str:
    named = [path for path in paths if path.suffix]
    counts = {ending: sum(_is_file(root, path.with_suffix(ending)) for path in named) for ending in _ENDINGS}
    ending = max(counts, key=lambda one: counts[one])
    return f"; files with these names exist with the ending {ending!r}: correct the paths" if counts[ending] else ""


def _in_common_folder(paths: Sequence[PurePosixPath], root: Path, found: Sequence[Path], num_missing: int) -> str:
    """Name the folder with most images, if missing images are there too."""
    if not found:
        return ""
    folder, number = Counter(path.parent for path in found).most_common(1)[0]
    common = number * 2 >= len(found) + num_missing
    if not common or not any(_is_file(folder, path.name) for path in paths):
        return ""
    name = folder.relative_to(root).as_posix()
    where = f"the folder {name!r}" if name != "." else "the image folder itself"
    return f"; files with these names exist in {where}: correct the paths"


def _above(paths: Sequence[PurePosixPath], root: Path) -> str:
    """Return a hint if the paths begin above the image folder, or with a folder that does not exist."""
    for level, parent in enumerate(root.parents[:_LEVELS], start=1):
        if any(_is_file(parent, path) for path in paths):
            place = "one folder" if level == 1 else f"{level} folders"
            return f"; the paths begin {place} above the image folder: set task.images to that folder"
    if any(len(path.parts) > 1 and _is_file(root, path.relative_to(path.parts[0])) for path in paths):
        return "; without their first folder the paths lead to files: remove it from the paths"
    return ""


def _is_file(folder: Path, path: str | PurePosixPath) -> bool:
    return (folder / path).is_file()
