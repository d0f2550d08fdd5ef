"""The command ``init``."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from radtl_tf.cli.main import main
from radtl_tf.records.reader import read_experiment


def test_init_writes_a_file_that_runs(finished_once: Path, tmp_path: Path, radtl: Any) -> None:
    out = tmp_path / "experiment.toml"
    words = ["init", "--preset", "quick", "--manifest", finished_once / "labels.csv", "--out", out]
    missing = radtl(*words)
    assert (missing.exit_code, out.exists()) == (1, False)
    assert "sick, well" in missing.output
    assert radtl(*words, "--positive", "sick").exit_code == 0
    assert read_experiment(out).task.manifest == finished_once / "labels.csv"
    assert radtl(*words, "--positive", "sick").exit_code == 1


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return a function that writes a table with its images and runs ``radtl init`` with these answers, a line each."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("radtl_tf.cli.init.is_interactive", lambda: True)

    def run(table: str, *answers: str) -> Result:
        (tmp_path / "labels.csv").write_text(table)
        for line in table.splitlines()[1:]:
            (tmp_path / line.partition(",")[0]).write_bytes(b"x")
        return CliRunner().invoke(main, ["init"], input="".join(f"{answer}\n" for answer in answers))

    return run


BINARY = "path,label,patient_id\n" + "".join(f"{n}.png,{('well', 'sick')[n % 3 == 0]},p{n}\n" for n in range(12))


def test_init_asks_and_its_guesses_make_a_file(asked: Any) -> None:
    result = asked(BINARY, "", "", "", "", "")
    assert (result.exit_code, result.stdout) == (0, ""), result.output
    task = read_experiment(Path("experiment.toml")).task
    assert (task.manifest, task.label, task.positive, task.patient) == (
        Path("labels.csv").resolve(),
        "label",
        "sick",
        "patient_id",
    )
    assert "12 rows" in result.stderr and "sick 4, well 8" in result.stderr and "12 patients" in result.stderr
    words = result.stderr.rpartition("radtl init ")[2].splitlines()[0].replace("experiment.toml", "again.toml")
    assert CliRunner().invoke(main, ["init", *shlex.split(words)]).exit_code == 0  # the same without questions
    assert Path("again.toml").read_text() == Path("experiment.toml").read_text()


def test_an_answer_that_does_not_fit_is_asked_again(asked: Any) -> None:
    Path("taken.toml").write_text("")
    result = asked(
        BINARY, "nothing.csv", "labels.csv", "lable", "label", "well!", "well", "pat", "-", "taken.toml", "new.toml"
    )
    assert result.exit_code == 0, result.output
    task = read_experiment(Path("new.toml")).task
    assert (task.positive, task.patient, task.one_image_per_patient) == ("well", None, True)


def test_columns_of_marks_and_patients_of_several_images(asked: Any) -> None:
    rows = [f"{n}.png,{n % 2},{n % 3 % 2},{n // 2}\n" for n in range(12)]
    assert asked("path,Edema,Mass,Patient ID\n" + "".join(rows), "", "", "", "").exit_code == 0
    task = read_experiment(Path("experiment.toml")).task
    assert (task.kind, task.label, task.patient, task.unit) == ("multilabel", ("Edema", "Mass"), "Patient ID", "image")


def test_several_labels_in_a_cell_and_images_elsewhere(asked: Any, tmp_path: Path) -> None:
    rows = [f"{n}.png,{('A|B', 'A', 'B', 'C|A|B')[n % 4]},{n // 2}\n" for n in range(12)]
    asked("path\n" + "".join(rows))
    (tmp_path / "films").mkdir()
    (tmp_path / "tables").mkdir()
    for image in tmp_path.glob("*.png"):
        image.rename(tmp_path / "films" / image.name)
    Path("tables/table.csv").write_text("path,Finding Labels,subject\n" + "".join(rows))
    words = ["tables/table.csv", "tables", "films", "", "", "B", "", ""]
    result = CliRunner().invoke(main, ["init"], input="".join(f"{answer}\n" for answer in words))
    assert result.exit_code == 0, result.output
    task = read_experiment(Path("experiment.toml")).task
    assert (task.kind, task.positive, task.label_separator) == ("binary", "B", "|")
    assert (task.images, task.patient, task.unit) == (tmp_path / "films", "subject", "image")


def test_missing_and_uncertain_labels_are_asked_for(asked: Any) -> None:
    cells = ["1.0", "0.0", "", "-1.0"]
    rows = "".join(f"{n}.png,{cells[n % 4]},{cells[(n + 1) % 4]},p{n}\n" for n in range(12))
    result = asked(f"path,Edema,Mass,patient_id\n{rows}", "", "", "yes", "no", "", "", "")
    assert result.exit_code == 0, result.output
    task = read_experiment(Path("experiment.toml")).task
    assert (task.label, task.missing, task.uncertain) == (("Edema", "Mass"), "no", "ignore")
    assert "Edema 3, Mass 3" in result.stderr


def test_the_column_of_the_paths_is_asked_for_if_no_name_tells_it(asked: Any) -> None:
    rows = "".join(f"{n}.png,{n % 2},p{n}\n" for n in range(12))
    result = asked(f"Image Index,Mass,patient_id\n{rows}", "", "", "", "", "", "")
    assert result.exit_code == 0, result.output
    task = read_experiment(Path("experiment.toml")).task
    assert (task.path_column, task.label, task.positive) == ("Image Index", "Mass", "1")


def test_without_a_terminal_or_with_an_option_nothing_is_asked(
    tmp_path: Path, radtl: Any, asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert radtl("init", "--manifest", "labels.csv").exit_code == 2  # --out is missing
    monkeypatch.setattr("radtl_tf.cli.init.is_interactive", lambda: False)
    assert asked(BINARY).exit_code == 2


def test_an_input_that_ends_writes_nothing_in_one_line(asked: Any) -> None:
    result = asked(BINARY, "", "")
    assert result.exit_code == 1 and not Path("experiment.toml").exists()
    assert result.stderr.splitlines()[-1].startswith("Error: ")


def test_several_label_columns_are_a_multilabel_task(radtl: Any, asked: Any) -> None:
    asked("path,A,B,patient_id\n" + "".join(f"{n}.png,{n % 2},{n % 3 % 2},{n}\n" for n in range(6)))
    words = ["init", "--manifest", "labels.csv", "--label", "A", "--label", "B", "--out", "two.toml"]
    assert radtl(*words).exit_code == 0
    task = read_experiment(Path("two.toml")).task
    assert (task.kind, task.label) == ("multilabel", ("A", "B"))


def test_a_pattern_of_the_paths_is_offered_where_no_column_names_patients(asked: Any, tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"patient{number}").mkdir()
    table = "path,label\n" + "".join(f"patient{n // 2}/{n}.png,{('well', 'sick')[n // 2 % 3 > 1]}\n" for n in range(12))
    result = asked(table, "", "", "", "", "", "")
    assert result.exit_code == 0, result.output
    task = read_experiment(Path("experiment.toml")).task
    assert (task.patient, task.patient_pattern, task.unit) == (None, r"patient\d+", "patient")
    assert "6 patients in 12 images" in result.stderr
