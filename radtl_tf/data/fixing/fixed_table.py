"""Write a corrected copy of a table: unambiguous faults are corrected and noted, the others are listed for the user.

The copy is a CSV file in UTF-8. The original and the images do not change, and the notes hold no value of a cell.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from radtl_tf.data.check.check_data import CheckData
from radtl_tf.data.check.findings import Examined
from radtl_tf.data.check.patient_ids import alike_ids
from radtl_tf.data.decoding.reading import Outcome
from radtl_tf.data.manifest.reader import Manifest, column
from radtl_tf.data.manifest.rows import patient_ids
from radtl_tf.data.tables.repairs import at_lines, counted, in_columns
from radtl_tf.errors import OutputError
from radtl_tf.records.csv_text import csv_text, safe_cell
from radtl_tf.records.disk import write_text

CHANGES = ".changes.csv"  # the ending of the file of changes
PATH_IN_FULL = "paths: as the file is found"
_NUMBER = re.compile(r"[-+]?[\d.,]+(e[-+]?\d+)?%?|.", re.I)  # or a single sign, such as + and - as labels
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # without it spreadsheets do not recognize UTF-8


@dataclass(frozen=True)
class Fixed:
    """A corrected table.

    ``changes`` are (line of the original, column, what) with line 0 for the whole table; ``left`` are sentences about
    faults that only the user can correct.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    changes: tuple[tuple[int, str, str], ...]
    left: tuple[str, ...]

    @property
    def summary(self) -> str:
        """What was changed, counted."""
        kinds = Counter(what for _, _, what in self.changes)
        named = ", ".join(f"{number} {what}" for what, number in kinds.most_common())
        return f"{counted(len(self.rows), 'row')}; changes: {named or 'none'}."


def fixed(
    manifest: Manifest,
    root: Path,
    *,
    labels: Sequence[str] = (),
    patient: str | None = None,
    pattern: str | None = None,
) -> Fixed:
    """Return the corrected table of a manifest whose faults were collected; its images are below ``root``.

    Cells are in their normal form, paths are relative to ``root`` and spelled like the files. The columns ``labels``
    and ``patient``, or the ids that the regular expression ``pattern`` finds in the paths, are searched for different
    spellings of one value, but not changed.

    Raises:
        DataError: a column does not exist, or the pattern finds no id in a path.
    """
    table, paths = manifest.table.copy(), _paths(manifest, root.resolve())
    changes = [(line, name, repair.kind) for repair in manifest.repairs for line, name in (repair.places or ((0, ""),))]
    known = {line for line, name, _ in changes if name == manifest.path_column}
    for source, new, old in zip(manifest.images, paths, table[manifest.path_column], strict=True):
        if new != old and source.line not in known:
            changes.append((source.line, manifest.path_column, PATH_IN_FULL))
    table[manifest.path_column] = paths
    return Fixed(
        tuple(map(str, table.columns)),
        tuple(tuple(map(str, row)) for row in table.itertuples(index=False)),
        tuple(sorted(changes)),
        (
            *_faults(manifest),
            *_alike_labels(manifest, labels),
            *_alike_patients(manifest, patient_ids(manifest, patient, pattern)),
        ),
    )


def write_fixed(table: Fixed, out: Path) -> Path:
    """Write the table as ``out`` and its changes into a second file; return the path of the second.

    Raises:
        OutputError: one of them exists or cannot be written.
    """
    notes = out.with_suffix(CHANGES)
    for path in (out, notes):
        if path.exists():
            raise OutputError(f"{path} already exists: choose another name or delete the file.")
    write_text(notes, csv_text(("line", "column", "what"), table.changes))
    write_text(out, _text(table.header, table.rows))
    return notes


def _paths(manifest: Manifest, root: Path) -> list[str]:
    """Return the path of each image below ``root``; a row without an image keeps its cell."""
    written = manifest.table[manifest.path_column]
    return [
        cell if row in manifest.faults else _plain_path(source.path.relative_to(root).as_posix())
        for row, (source, cell) in enumerate(zip(manifest.images, written, strict=True))
    ]


def _plain_path(path: str) -> str:
    """Return a path that no spreadsheet takes for a formula."""
    return path if safe_cell(path) == path else f"./{path}"


def _escaped(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula; numbers and single signs stay as they are."""
    return cell if _NUMBER.fullmatch(cell) else str(safe_cell(cell))


def _text(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([header, *([_escaped(cell) for cell in row] for row in rows)])
    text = buffer.getvalue()
    return text if text.isascii() else _BYTE_ORDER_MARK + text


def _faults(manifest: Manifest) -> Iterator[str]:
    lines: dict[str, list[int]] = defaultdict(list)
    for row, fault in manifest.faults.items():
        lines[fault].append(manifest.images[row].line)
    for fault, places in lines.items():
        yield f"{counted(len(places), 'image')} ({at_lines(places)}): {fault}"


def _alike_labels(manifest: Manifest, labels: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each column of labels in which a word is written with different capitals or spaces."""
    for name in labels:
        cells = column(manifest, name, "label")
        forms: dict[str, Counter[str]] = defaultdict(Counter)
        for cell in cells:
            forms["".join(cell.split()).casefold()][cell] += 1
        rare = {cell for found in forms.values() for cell, _ in found.most_common()[1:]}
        lines = [source.line for source, cell in zip(manifest.images, cells, strict=True) if cell in rare]
        if lines:
            yield (
                f"{counted(len(lines), 'label')} of the {in_columns([name])} ({at_lines(lines)}) differ from another "
                "only in capitals or spaces: write each class in one way."
            )


def _alike_patients(manifest: Manifest, ids: Sequence[str] | None) -> Iterator[str]:
    if ids is None:
        return
    images = (
        Examined(source.line, Outcome("skipped", "not-read"), patient=one)
        for source, one in zip(manifest.images, ids, strict=True)
    )
    for finding in alike_ids(CheckData(tuple(images), None, None, 0)):
        yield f"{finding.message} {finding.advice} ({at_lines(finding.lines)})"
