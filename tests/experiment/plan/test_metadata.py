"""The output folder has age, sex and the metadata of subgroups, and no other metadata."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, get_args

import pytest

from radtl_tf.data.decoding.metadata_values import METADATA
from radtl_tf.errors import ExperimentError
from radtl_tf.evaluation.question.subgroups import demographics, read_metadata
from radtl_tf.evaluation.results.experiment_record import read_record
from radtl_tf.experiment.plan.known_intake import Readings
from radtl_tf.experiment.plan.metadata import write_metadata
from radtl_tf.records.experiment import Subgroup
from radtl_tf.records.folder import OutputFolder


def test_every_allowed_metadata_can_be_a_subgroup() -> None:
    assert get_args(Subgroup) == METADATA


def test_only_what_was_asked_for_is_written_and_age_and_sex_where_they_are_known(tmp_path: Path, reading: Any) -> None:
    rows = [reading(metadata={"sex": "F", "site": "=north", "vendor": "x"}), reading(metadata={"site": "south"})]
    folder = OutputFolder(tmp_path)
    write_metadata(folder, rows, ("sex", "site"), ("sex", "site", "vendor"))
    with open(folder.metadata, newline="") as file:
        assert list(csv.reader(file)) == [["example", "sex", "site"], ["0", "F", "'=north"], ["1", "", "south"]]
    write_metadata(folder, rows, (), ("sex", "site", "vendor"))
    with open(folder.metadata, newline="") as file:
        assert list(csv.reader(file)) == [["example", "sex"], ["0", "F"], ["1", ""]]
    write_metadata(folder, rows[1:], (), ("site",))
    assert not folder.metadata.exists()


def test_an_intact_file_is_kept_without_reading_an_image(tmp_path: Path, reading: Any) -> None:
    folder, unread = OutputFolder(tmp_path), Readings(1, lambda: pytest.fail("a reading was used"))
    write_metadata(folder, [reading(metadata={"sex": "F"})], (), ("sex",))
    write_metadata(folder, unread, (), ("sex",))
    folder.metadata.write_text("example,sex\n0,M\n")
    write_metadata(folder, [reading(metadata={"sex": "F"})], (), ("sex",))
    assert folder.metadata.read_text().splitlines()[1] == "0,F"


def test_a_name_of_which_nothing_is_known_is_refused(tmp_path: Path, reading: Any) -> None:
    with pytest.raises(ExperimentError, match="'age'"):
        write_metadata(OutputFolder(tmp_path), [reading(metadata={"sex": "F"})], ("sex", "age"), ("sex",))
    assert not list(tmp_path.iterdir())


def with_sex_and_age(manifest: Path) -> None:
    header, *lines = manifest.read_text().splitlines()
    rows = [f"{line},{'FM'[number % 2]},{20 + number},AP" for number, line in enumerate(lines)]
    manifest.write_text("\n".join([f"{header},sex,age,view", *rows]) + "\n")


@pytest.mark.slow
def test_a_plan_keeps_the_columns_of_the_manifest(make_plan: Any, tmp_path: Path) -> None:
    with_sex_and_age(tmp_path / "labels.csv")
    folder = make_plan(evaluation={"subgroups": ["view"]}).folder
    with open(folder.metadata, newline="") as file:
        assert list(csv.reader(file))[:3] == [
            ["example", "age", "sex", "view"],
            ["0", "20", "F", "AP"],
            ["1", "21", "M", "AP"],
        ]
    make_plan(evaluation={"subgroups": ["sex"]})
    assert folder.metadata.read_text().splitlines()[1] == "0,20,F"


def test_demographics_need_no_subgroups(make_plan: Any, tmp_path: Path) -> None:
    with_sex_and_age(tmp_path / "labels.csv")
    folder = make_plan().folder
    record = read_record(folder.root)
    found = demographics(record.folds, read_metadata(folder.root, record, ()))
    assert list(found.columns) == ["repeat", "fold", "part", "age", "sex"]
    assert found["age"].str.contains(" ± ").all()
    folder.metadata.unlink()  # like a folder of an earlier version
    assert demographics(record.folds, read_metadata(folder.root, record, ())).empty
