"""Guess what the columns of a table mean; the user confirms or corrects the guess."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from radtl_tf.data.manifest.files_by_name import ENDINGS
from radtl_tf.data.manifest.label_lists import labels_in
from radtl_tf.data.manifest.label_words import is_missing, mark

MAX_CLASSES = 20  # a column with more values may hold names or measurements

_LABEL = re.compile(r"labels?|class|classes|diagnos[ei]s|findings?|target|outcome|category|disease", re.IGNORECASE)
_PATIENT = re.compile(r"(?:patient|subject|participant|person|case|pat)(?:id|no|nr|number|code|key)?", re.IGNORECASE)
_IMAGE = re.compile(r"(?:image|img|dicom|file|sopinstanceu)(?:id|index|name|path|stem)?", re.IGNORECASE)
_OTHER = re.compile(  # columns that describe an image or a patient, not its label
    r"path|file|image|id|age|sex|gender|male|view|position|laterality|side|site|vendor|manufacturer|intent|split|fold|"
    r"width|height|spacing|date|year|frontal|lateral|appa|index|rows|columns|spot",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"none|negative|neg|normal|healthy|absent|absence|benign|no[ _]findings?|control", re.IGNORECASE)
_SEPARATORS = ("|", ";", ",")
_PATTERNS = (r"patient\d+", r"(?i)patient[_-]?(\d+)", r"(?i)sub-([0-9a-z]+)")  # folders of one patient


def guess_labels(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns that probably hold labels: one column, several columns of marks, or none.

    The first choice is a column named like a label, then columns of marks (1, 0, -1, blank), then the only column with
    2 to 20 different values.
    """
    columns = [str(name) for name in table.columns]
    named = [name for name in columns if _LABEL.fullmatch(name.strip()) or _LABEL.search(name) and not _other(name)]
    fitting = [
        name for name in named if 2 <= len(class_counts(table[name], guess_separator(table[name]))) <= MAX_CLASSES
    ]
    if fitting:
        return (min(fitting, key=lambda name: not _LABEL.fullmatch(name.strip())),)
    possible = [name for name in columns if not _other(name) and guess_patient(table[[name]]) is None]
    marked = [name for name in possible if _is_marks(table[name])]
    few = [name for name in possible if 2 <= table[name].nunique() <= min(MAX_CLASSES, len(table) // 2)]
    return tuple(marked) or (tuple(few) if len(few) == 1 else ())


def guess_paths(columns: Mapping[str, Sequence[str]]) -> str | None:
    """Return the column whose cells end like image files, else a column named like an image, or ``None``."""
    for name, cells in columns.items():
        if all(cell.strip().lower().endswith(ENDINGS) for cell in cells):
            return name
    return next((name for name in columns if _IMAGE.fullmatch(re.sub(r"[\W_]", "", name))), None)


def num_differing(cells: pd.DataFrame, patients: Sequence[object]) -> int:
    """Return how many patients have images with different labels; ``cells`` are the label columns, a row per image.

    Empty cells do not count.
    """
    values = cells.mask(cells == "").groupby(pd.Series(list(patients), index=cells.index)).nunique()
    return int((values.max(axis=1) > 1).sum())


def guess_patient(table: pd.DataFrame) -> str | None:
    """Return the column that is named like a patient id, or ``None``."""
    plain = {str(name): re.sub(r"[\W_]", "", str(name)) for name in table.columns}
    return next((name for name, word in plain.items() if _PATIENT.fullmatch(word)), None)


def guess_pattern(paths: Sequence[str]) -> str | None:
    """Return the expression that finds a folder of a patient, such as ``patient00001``, in every path, or ``None``."""
    written = [path.replace("\\", "/") for path in paths]
    return next((one for one in _PATTERNS if all(_finds_a_folder(one, path) for path in written)), None)


def affirmed_class(counts: Mapping[str, int]) -> str | None:
    """Return the positive one of two classes if the other one means no (0, no, normal, ...), else ``None``."""
    positive = [name for name in counts if not (mark(name) == "no" or _NEGATIVE.fullmatch(name.strip()))]
    return positive[0] if len(counts) == 2 and len(positive) == 1 else None


def guess_positive(counts: Mapping[str, int]) -> str | None:
    """Return the class that is probably positive: of two, the one that does not mean no, else the rarest."""
    rare, *others = sorted(counts, key=lambda name: counts[name])
    return affirmed_class(counts) or (rare if all(counts[name] > counts[rare] for name in others) else None)


def guess_separator(cells: Iterable[str]) -> str | None:
    """Return the text that divides several labels in one cell, or ``None`` if the cells hold one label each.

    Dividing by a true separator gives fewer different labels than there are different cells.
    """
    different = {cell.strip() for cell in cells}
    for separator in _SEPARATORS:
        if any(separator in cell for cell in different):
            parts = {part for cell in different for part in labels_in(cell, separator)}
            return separator if len(parts) < len(different) else None
    return None


def class_counts(cells: Iterable[str], separator: str | None = None) -> Counter[str]:
    """Return how many images have each class, without missing labels and without uncertain marks."""
    names = (set(labels_in(cell, separator)) if separator else {cell.strip()} for cell in cells)
    counts = Counter(name for found in names for name in found if not is_missing(name))
    marks = {mark(name) for name in counts}
    answered = {"yes", "no"} <= marks and "" not in marks
    return Counter({name: number for name, number in counts.items() if not (answered and mark(name) == "uncertain")})


def marked(cells: Iterable[str]) -> int:
    """Return how many cells of a column of marks hold a yes."""
    return sum(mark(cell) == "yes" for cell in cells)


def unknown_labels(cells: Iterable[str]) -> tuple[int, int]:
    """Return how many cells of a label column are missing and, if it holds marks, how many are uncertain."""
    said = Counter("missing" if is_missing(cell) else mark(cell) for cell in cells)
    return said["missing"], said["uncertain"] if said["yes"] else 0


def _is_marks(cells: pd.Series[str]) -> bool:
    """Tell whether a column holds only marks, with at least one yes."""
    found = {mark(cell) for cell in cells}
    return "yes" in found and "" not in found


def _finds_a_folder(pattern: str, path: str) -> bool:
    found = re.search(pattern, path)
    return found is not None and f"/{path}"[found.start()] == "/" and path[found.end() : found.end() + 1] == "/"


def _other(name: str) -> bool:
    words = re.findall(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*", name)
    joined = re.sub(r"[\W_]", "", name)
    return bool(_OTHER.fullmatch(joined)) or any(_OTHER.fullmatch(word) for word in words)
