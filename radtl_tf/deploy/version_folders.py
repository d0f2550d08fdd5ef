"""The folders of one version of an exported model, a folder per format: new ones, written all or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from radtl_tf.deploy.card.facts import find_version
from radtl_tf.deploy.formats.table import Format
from radtl_tf.errors import OutputError
from radtl_tf.records.disk import temporary_folder


def new_folders(out: Path, version: int, formats: Sequence[Format]) -> dict[Format, Path]:
    """Return the folder of each format of a version that does not exist in ``out``.

    Raises:
        OutputError: the version exists, its number is below 1, or ``out`` is a model without version folders.
    """
    if version < 1:
        raise OutputError(f"The version number of an exported model must be 1 or more, not {version}.")
    if find_version(out) == out:
        raise OutputError(f"{out} already exists: a model without version folders. Choose another output folder.")
    places = {format: format.folder(out, version) for format in formats}
    for place in places.values():
        if place.exists():
            raise OutputError(
                f"{place} already exists. Choose another version number than {version}, or another folder."
            )
    return places


@contextmanager
def all_or_nothing(places: Mapping[Format, Path]) -> Iterator[dict[Format, Path]]:
    """Yield a temporary folder for each of ``places``, renamed when the block ends; after an error none is left.

    Raises:
        OutputError: a folder cannot be written.
    """
    absent = {parent for place in places.values() for parent in place.parents if not parent.exists()}
    try:
        with ExitStack() as stack:
            yield {format: stack.enter_context(temporary_folder(place)) for format, place in places.items()}
    finally:
        for parent in sorted(absent, reverse=True):  # folders before those that hold them
            with suppress(OSError):  # it is not empty
                parent.rmdir()
