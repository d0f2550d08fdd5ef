"""``history.csv``: one row per release and kind of machine with the main numbers of the benchmarks.

Several benchmarks fill a row. A number that is not measured on a machine is empty.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from radtl_tf import __version__

FILE = Path(__file__).with_name("history.csv")
ROW = ("version", "cpu", "cores")  # what a row is about
# Each number, and whether a higher one is better.
NUMBERS = {
    "grid_script_ratio": True,  # published_script.py: the script's seconds divided by those of the whole command
    "second_imports_ratio": False,  # overhead.py: seconds of a second experiment divided by the seconds of the imports
    "heads_seconds": False,  # overhead.py: of 20 runs x 30 epochs
    "similarities_seconds": False,  # overhead.py
    "folded_pass_ratio": True,  # prefix.py, ResNet50: CPU time of the plain pass divided by the time of the folded one
    "bfloat16_pass_ratio": True,  # prefix.py, ResNet50: the same for the folded pass in bfloat16
    "bfloat16_full_ratio": True,  # prefix.py, ResNet50: CPU time of a step in float32 divided by the time in bfloat16
}
COLUMNS = (*ROW, "date", *NUMBERS)
WORSE = 1.1  # by this factor a change is not chance


def read(file: Path = FILE) -> list[dict[str, str]]:
    """Return the rows, the oldest first.

    Raises:
        SystemExit: the file has other columns.
    """
    with file.open(encoding="utf-8", newline="") as opened:
        reader = csv.DictReader(opened)
        rows = list(reader)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise SystemExit(f"{file.name} has the columns {reader.fieldnames}, expected {list(COLUMNS)}")
    return rows


def record(cpu: str, file: Path = FILE, version: str = __version__, **numbers: float) -> list[str]:
    """Write ``numbers`` into the row of this version and machine; return a line for each that is worse than before.

    Before is the last earlier version on the same kind of machine.
    """
    rows, machine = read(file), {"cpu": cpu, "cores": str(psutil.cpu_count())}
    same = [row for row in rows if machine.items() <= row.items()]
    row = next((row for row in same if row["version"] == version), None)
    if row is None:
        row = dict.fromkeys(COLUMNS, "") | machine | {"version": version}
        rows.append(row)
    row |= {"date": datetime.now(UTC).date().isoformat(), **{name: f"{value:.3g}" for name, value in numbers.items()}}
    _write(rows, file)
    earlier = [one for one in same if one["version"] != version]
    return list(_worse(earlier[-1], row, numbers)) if earlier else []


def _worse(before: dict[str, str], now: dict[str, str], names: Any) -> Iterator[str]:
    for name in names:
        if not before[name]:
            continue
        factor = float(now[name]) / float(before[name])
        if (1 / factor if NUMBERS[name] else factor) > WORSE:
            yield f"worse than version {before['version']}: {name} was {before[name]}, and is {now[name]}"


def _write(rows: list[dict[str, str]], file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
