"""The catalogue of published weights files (``weights/catalogue.tsv``), and which of them this machine has.

The module imports nothing heavy, so listing the files is quick.
"""

from __future__ import annotations

import csv
import hashlib
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from itertools import product
from pathlib import Path
from threading import Thread
from typing import Literal

from radtl_tf import places
from radtl_tf.errors import ExperimentError, WeightsError, nearest

Status = Literal["found", "downloaded", "keras", "missing", "refused"]


@dataclass(frozen=True)
class CatalogueRow:
    """A published weights file: a row of ``weights/catalogue.tsv``; ``files`` are its possible file names.

    ``trained_at`` is the side of the images of pre-training in pixels. If ``source`` is ``keras``, the last name is the
    one in Keras' cache. ``md5`` is the checksum in Keras' source, if it has no sha256. It finds a wrong file; a forged
    one can have the same sum, so the file is still read as untrusted.
    """

    name: str
    files: tuple[str, ...]
    backbone: str
    source: Literal["keras", "file"]
    sha256: str | None
    pixels: str
    license: str
    citation: str
    obtain: str
    md5: str | None = None
    trained_at: int | None = None


@dataclass(frozen=True)
class Availability:
    """Whether this machine has the file of a row.

    ``status`` is ``found`` in the weights folder, ``downloaded`` by Keras to its cache, ``keras`` if Keras can download
    it, ``missing``, or ``refused`` because its checksum is not the published one; then ``problem`` says what to do.
    """

    row: CatalogueRow
    status: Status
    file: Path | None = None
    problem: str | None = None


@cache
def catalogue() -> tuple[CatalogueRow, ...]:
    """Return every row of the catalogue."""
    with (places.shipped("weights") / "catalogue.tsv").open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return tuple(
        CatalogueRow(
            name=record["name"],
            files=tuple(record["aliases"].split(";")),
            backbone=record["backbone"],
            source="keras" if record["source"] == "keras" else "file",
            sha256=record["sha256"] or None,
            pixels=record["pixels"],
            license=record["license"],
            citation=record["citation"],
            obtain=record["obtain"],
            md5=record["md5"] or None,
            trained_at=int(record["trained_at"]) if record["trained_at"] else None,
        )
        for record in records
    )


def rows_of(name: str, backbone: str | None = None) -> list[CatalogueRow]:
    """Return the rows of a name, or its row for one backbone.

    Raises:
        ExperimentError: there is no such row.
    """
    rows = [row for row in catalogue() if row.name == name]
    if not rows:
        known = list(dict.fromkeys(row.name for row in catalogue()))
        raise ExperimentError(
            f"The catalogue has no weights {name!r}{nearest(name, known)}: use one of {', '.join(known)}."
        )
    chosen = [row for row in rows if backbone in (None, row.backbone)]
    if not chosen:
        known = [row.backbone for row in rows]
        hint = nearest(str(backbone), known)
        raise ExperimentError(
            f"The catalogue has no weights {name!r} for backbone {backbone!r}{hint}: use one of {', '.join(known)}."
        )
    return chosen


def find(row: CatalogueRow, folder: Path) -> Path | None:
    """Return the file in ``folder`` with one of the row's published names, or None."""
    return next((folder / file for file in row.files if (folder / file).is_file()), None)


def files_present(
    names: Collection[str], backbones: Collection[str], declared: Mapping[str, Mapping[str, Path]], folder: Path
) -> list[Path]:
    """Return the files of the weights ``names`` for ``backbones`` that this machine has, without reading them.

    ``declared`` are the files of the experiment by name and backbone; the others are looked for in ``folder``.
    """
    known = {(name, backbone): file for name in names for backbone, file in declared.get(name, {}).items()}
    listed = {(row.name, row.backbone): find(row, folder) for row in catalogue()}
    wanted = product(names, backbones)
    files = (known.get(key) or listed.get(key) for key in wanted)
    return [file for file in dict.fromkeys(files) if file and file.is_file()]


def availability(row: CatalogueRow, folder: Path) -> Availability:
    """Return whether this machine has the file of a row; a file is hashed only if its checksum is published."""
    file = find(row, folder)
    if file is None and row.source == "keras":
        kept = _keras_cache() / row.files[-1]
        return Availability(row, "downloaded", kept) if kept.is_file() else Availability(row, "keras")
    try:
        if file is None:
            return Availability(row, "missing", problem=str(MissingFilesError([row], folder)))
        if row.sha256 or row.md5:
            check_sum(row, file)
    except WeightsError as error:
        return Availability(row, "refused", file, str(error))
    return Availability(row, "found", file)


class MissingFilesError(WeightsError):
    """Files of ``rows`` of the catalogue that the user must obtain; one sentence for each name of weights."""

    def __init__(self, rows: Sequence[CatalogueRow], folder: Path) -> None:
        self.rows = tuple(rows)
        by_name: dict[str, list[CatalogueRow]] = {}
        for row in rows:
            by_name.setdefault(row.name, []).append(row)
        self.sentences = [_where_to_get(of_name, folder) for of_name in by_name.values()]
        super().__init__(" ".join(self.sentences))


def _where_to_get(rows: Sequence[CatalogueRow], folder: Path) -> str:
    first = rows[0]
    backbones, files = (", ".join(words) for words in zip(*((row.backbone, row.files[0]) for row in rows), strict=True))
    return f"Weights {first.name!r} for {backbones} are missing: {first.obtain}, and put {files} into {folder}."


def _keras_cache() -> Path:
    """Return the folder of Keras' downloads, found as Keras does when it is imported."""
    home = Path.home() if os.access(Path.home(), os.W_OK) else Path(tempfile.gettempdir())
    return Path(os.environ.get("KERAS_HOME", home / ".keras")).expanduser() / "models"


def check_sum(row: CatalogueRow, file: Path) -> str:
    """Return the sha256 of a file with one of the row's names.

    Raises:
        WeightsError: its sha256 or md5 is not the published one.
    """
    published = {"sha256": row.sha256, "md5": row.md5}
    for kind, wanted in published.items():
        found = known_sum(file, kind) if wanted else None
        if found != wanted:
            raise WeightsError(
                f"Weights file {file} has {kind} {found}, but the published file has {wanted}: download it again, "
                f"or declare it with files.{row.backbone} in [weights.{row.name}]."
            )
    return known_sum(file)


def recognize(file: Path, sha256: str, backbone: str) -> tuple[CatalogueRow, Literal["sum", "name"]] | None:
    """Return the row that matches the file's sha256 or md5, or else its name; None if no row matches."""
    rows = [row for row in catalogue() if row.backbone == backbone]
    by_sum = next((row for row in rows if row.sha256 == sha256 or _has_md5(row, file)), None)
    by_name = next((row for row in rows if file.name in row.files), None)
    if by_sum:
        return by_sum, "sum"
    return (by_name, "name") if by_name else None


def published_size(file: Path, sha256: str, backbone: str) -> int | None:
    """Return the side of the images of a published file's pre-training in pixels; None if nothing says it.

    A file with the name of a published one and another sum is another file.
    """
    found = recognize(file, sha256, backbone)
    return found[0].trained_at if found and found[0].sha256 in (None, sha256) else None


def _has_md5(row: CatalogueRow, file: Path) -> bool:
    return row.md5 is not None and file.is_file() and known_sum(file, "md5") == row.md5


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file as 64 hexadecimal digits."""
    return _digest(path, "sha256")


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, partial(hashlib.new, kind, usedforsecurity=False)).hexdigest()


def known_sum(path: Path, kind: str = "sha256") -> str:
    """Return the sha256 or md5 of a file; it is computed again only if the size or modification time changes."""
    status = path.stat()
    return _sum(path.absolute(), kind, status.st_size, status.st_mtime_ns)


@contextmanager
def hashed_meanwhile(files: Iterable[Path]) -> Iterator[None]:
    """Hash ``files`` in a thread while the block does something else; later ``known_sum`` knows them.

    A file that cannot be read is left to those who need it.
    """

    def work() -> None:
        for file in files:
            with suppress(OSError):
                known_sum(file)

    thread = Thread(target=work, name="weights-hashes", daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@lru_cache(maxsize=64)  # more than the files of any grid
def _sum(path: Path, kind: str, size: int, changed: int) -> str:
    return sha256_of(path) if kind == "sha256" else _digest(path, kind)
