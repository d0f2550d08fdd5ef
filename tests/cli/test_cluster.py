"""``radtl run --emit slurm`` and ``--ray``; the parts of the run are replaced by notes."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.experiment.cluster import ray_pool
from radtl_tf.experiment.units import workers
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.prepared import Prepared, WorkUnit, write_prepared

EXPERIMENT = """
name = "small"
task = { manifest = "labels.csv", positive = "sick", patient = "patient_id" }
[grid]
backbones = ["ResNet50"]
weights = ["random"]
tunings = [ { mode = "frozen", learning_rates = [0.01] } ]
"""
PREPARED = Prepared(
    facts={},
    arrays="",
    images="",
    weights=(),
    threads=3,
    versions={},
    hardware={"gpus": ["A", "A"]},
    units=(
        WorkUnit(name="short-0", runs=("a/0-0",), seconds=5.0),
        WorkUnit(name="long-0", runs=("b/0-0",), seconds=99.0),
    ),
)


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the commands of the parts instead of running them; the first one prepares."""
    noted: list[str] = []

    def run(words: list[str], *_: Any, **__: Any) -> int:
        noted.append(" ".join(words[words.index("run") :]))
        write_prepared(OutputFolder(tmp_path / "out"), PREPARED)
        return 0

    monkeypatch.setattr(workers, "run_command", run)
    (tmp_path / "e.toml").write_text(EXPERIMENT)
    return noted


def test_emit_prepares_and_prints_the_command_that_submits(parts: list[str], tmp_path: Path, radtl: Any) -> None:
    result = radtl("run", tmp_path / "e.toml", "--out", tmp_path / "out", "--emit", "slurm", "--allow-changed")
    assert result.exit_code == 0, result.output
    bash, script = shlex.split(result.stdout)
    assert (bash, Path(script)) == ("bash", tmp_path / "out" / "slurm" / "submit.sh")
    assert parts == [f"run --out {tmp_path / 'out'} {tmp_path / 'e.toml'} --prepare --allow-changed"]
    text = (tmp_path / "out" / "slurm" / "array.sbatch").read_text()
    assert text.index("long-0") < text.index("short-0")  # the longest first
    for expected in ("--array=0-1", "--cpus-per-task=3", "--gres=gpu:1", '--only "$unit" --allow-changed'):
        assert expected in text


def test_ray_trains_between_the_other_two_parts(
    parts: list[str], tmp_path: Path, radtl: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(address: object, out: Path, command: Any, watch: Any) -> None:
        parts.append(f"{address}: {' '.join(command('long-0')[-3:])}")

    monkeypatch.setattr(ray_pool, "train_on_ray", train)
    monkeypatch.setattr(ray_pool, "require_ray", lambda: None)
    result = radtl("run", tmp_path / "e.toml", "--out", tmp_path / "out", "--ray", "local", "--accept", "shortcut")
    assert result.exit_code == 0, result.output
    run = f"run --out {(tmp_path / 'out').resolve()} "
    assert parts == [
        f"{run}{tmp_path / 'e.toml'} --prepare --accept shortcut",
        "local: --only long-0".replace("--only", f"{(tmp_path / 'out').resolve()} --only"),
        f"{run}--finish",
    ]


@pytest.mark.parametrize("address", ["somewhere", "10.0.0.7:6379"])
def test_a_wrong_or_unsafe_address_is_refused_before_anything_is_done(
    address: str, parts: list[str], tmp_path: Path, radtl: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_pool, "require_ray", lambda: None)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    result = radtl("run", tmp_path / "e.toml", "--out", tmp_path / "out", "--ray", address)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert parts == [] and not (tmp_path / "out").exists()
