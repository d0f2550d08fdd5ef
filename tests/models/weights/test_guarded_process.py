from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from radtl_tf.errors import OutputError, WeightsError
from radtl_tf.models.weights.guarded_process import read_apart
from radtl_tf.models.weights.reader import read
from radtl_tf.models.weights.schema import Schema

spoiled = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "spoiled.py")))
Write = Callable[..., Path]


def test_a_process_apart_reads_the_same(small_file: Write, schema: Schema) -> None:
    path = small_file()
    here, apart = vars(read(path, schema)), vars(read_apart(path, schema))
    for value, other in zip(here.pop("values"), apart.pop("values"), strict=True):
        np.testing.assert_array_equal(value, other)
    assert here == apart


def test_a_process_apart_refuses_with_the_same_words(small_file: Write, schema: Schema) -> None:
    path = small_file(lambda group, file: group.__delitem__("conv1/conv1/kernel:0"))
    messages = []
    for way in (read, read_apart):
        with pytest.raises(WeightsError) as caught:
            way(path, schema)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the memory of a process")
def test_memory_is_limited(small_file: Write, schema: Schema) -> None:
    """2,000 names that are one string of 2 MB: h5py reads all of them, 4 GB, before their length is known."""
    path = small_file()
    spoiled.shared_name(path)
    with pytest.raises(WeightsError, match=r"\(not HDF5\)|memory"):
        read_apart(path, schema)


@pytest.mark.skipif(os.name != "posix", reason="the reader is replaced by a shell script")
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("kill -SEGV $$", r"\(not HDF5\): .*\(Segmentation fault\)"),
        ("echo trouble >&2; exit 3", r"\(trouble\)"),
        ("echo '{}' ; : > $5", r"\b0 of 160 "),
    ],
)
def test_a_crash_costs_one_line(
    small_file: Write, schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    reader = tmp_path / "reader"
    reader.write_text(f"#!/bin/sh\ncat > /dev/null\n{script}\n")
    reader.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(reader))
    with pytest.raises(WeightsError, match=message):
        read_apart(small_file(), schema)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_of_temporary_files_does_not_blame_the_weights(
    small_file: Write, schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = tmp_path / "reader"
    reader.write_text(f"#!/bin/sh\nrm -f $5; ln -s /dev/full $5; exec {sys.executable} $*\n")
    reader.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(reader))
    with pytest.raises(OutputError, match="TMPDIR") as caught:
        read_apart(small_file(), schema)
    assert "\n" not in str(caught.value)


def test_the_process_loads_no_keras(run_script: Any) -> None:
    script = (
        "import sys, radtl_tf.models.weights.guarded_process\n"
        "print('keras' in sys.modules, 'tensorflow' in sys.modules)"
    )
    assert run_script(script).split() == ["False", "False"]
