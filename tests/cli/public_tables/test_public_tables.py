"""Tables of public data sets, rebuilt by hand in their layouts: ``init`` and ``data check`` take them as they are.

The columns and the forms of their values follow the documentation of each data set; every value is made up. A call has
the table, the output, what names columns and patients, and one further option, or what blank and uncertain labels mean.
"""

from __future__ import annotations

import json
import runpy
import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from radtl_tf.cli.main import main
from radtl_tf.data.manifest.reader import manifest_of
from radtl_tf.data.manifest.rows import cases_of
from radtl_tf.records.reader import read_experiment

chest, bones_and_breasts = (
    SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name(name))))
    for name in ("chest.py", "bones_and_breasts.py")
)
TAKEN = (*chest.TAKEN, *bones_and_breasts.TAKEN)
# Two have a row per box, one a row per folder, and one blank and uncertain labels without their meaning.
REFUSED = (*chest.REFUSED, *bones_and_breasts.REFUSED)
COLUMNS = ("--label", "--patient", "--path-column", "--patient-pattern")  # options that name columns or patients
TOO_FEW = {"folds"}  # these tables have a hundredth of the rows of their data sets


@pytest.mark.parametrize("folder", TAKEN, ids=lambda builder: builder.__name__, indirect=True)
def test_a_public_table_is_taken_as_it_is(folder: Any) -> None:
    columns, option = shlex.split(folder.columns), shlex.split(folder.option)
    assert set(columns[::2]) <= set(COLUMNS) and len(option) <= 2 or {"--missing", "--uncertain"} == set(option[::2])
    words = ["--manifest", folder.file, "--out", "experiment.toml", *columns, *option]
    result = CliRunner().invoke(main, ["init", *words])
    assert result.exit_code == 0, result.output
    task = replace(read_experiment(Path("experiment.toml")).task, unit="image")
    cases = cases_of(manifest_of(task), task, bytes(32))
    assert (cases.kind, len(cases.classes), len(cases.truth)) == (folder.kind, folder.classes, len(folder.images))
    result = CliRunner().invoke(main, ["data", "check", folder.file, *columns, *option, "--json"])
    found = json.loads(result.stdout)
    assert {finding["code"] for finding in found["findings"] if finding["level"] == "error"} <= TOO_FEW, result.output


@pytest.mark.parametrize("folder", REFUSED, ids=lambda builder: builder.__name__, indirect=True)
def test_what_a_public_table_does_not_say_is_asked_for_in_one_line(folder: Any) -> None:
    words = shlex.split(f"{folder.columns} {folder.option}")
    init = CliRunner().invoke(main, ["init", "--manifest", folder.file, "--out", "experiment.toml", *words])
    check = CliRunner().invoke(main, ["data", "check", folder.file, *words])
    assert check.exit_code == 1 and init.exit_code in (0, 1)
    assert check.stderr.splitlines()[-1].startswith("Error: ") and check.stdout == ""


@pytest.mark.parametrize("folder", [bones_and_breasts.mura], indirect=True)
def test_a_list_of_paths_is_checked_and_makes_no_experiment(folder: Any) -> None:
    words = shlex.split(folder.columns)
    check = CliRunner().invoke(main, ["data", "check", folder.file, *words, "--json"])
    assert "table-repaired" in {finding["code"] for finding in json.loads(check.stdout)["findings"]}, check.output
    init = CliRunner().invoke(main, ["init", "--manifest", folder.file, "--out", "experiment.toml", *words])
    assert (init.exit_code, init.stderr.splitlines()[-1][:7]) == (1, "Error: ")
