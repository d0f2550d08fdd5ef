"""The four published backbones in every tuning, and their runs in TensorBoard."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from radtl_tf.cli.main import main

pytestmark = pytest.mark.slow

EXPERIMENT = """
name = "twelve"
[task]
manifest = "labels.csv"
positive = "sick"
patient = "patient_id"
[folds]
count = 2
[grid]
backbones = ["ResNet50", "DenseNet121", "InceptionV3", "InceptionResNetV2"]
weights = ["random"]
tunings = [ { mode = "frozen", learning_rates = [1e-2] },
            { mode = "top10", learning_rates = [1e-3] },
            { mode = "full", learning_rates = [1e-3] } ]
[training]
image_size = 96
epochs = 1
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, radiographs_in: Any) -> Path:
    """Run twelve scenarios on 60 images; return the output folder."""
    folder = tmp_path_factory.mktemp("twelve")
    radiographs_in(folder)
    (folder / "experiment.toml").write_text(EXPERIMENT)
    result = CliRunner().invoke(main, ["run", str(folder / "experiment.toml"), "--out", str(folder / "out")])
    assert result.exit_code == 0, result.output
    return folder / "out"


def test_twelve_scenarios_complete_and_none_is_nan(finished: Path) -> None:
    predictions = pd.read_csv(finished / "predictions.csv")
    trained = predictions[~predictions.scenario.str.endswith("probe")]
    assert trained.scenario.nunique() == 12
    assert predictions.score.notna().all()
    assert trained.groupby("scenario").example.nunique().eq(60).all()
    losses = pd.concat(map(pd.read_csv, finished.glob("runs/*-0.0*/*/history.csv")))
    assert len(losses) == 12 * 2
    assert losses.notna().all().all()


@pytest.fixture(scope="module")
def tensorboard(finished: Path) -> Iterator[str]:
    """Serve the event files; return the address."""
    port = "16106"
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(finished / "tensorboard"), "--port", port]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        for _ in range(60):
            time.sleep(1)
            try:
                urllib.request.urlopen(f"{address}/data/runs", timeout=5)
                break
            except OSError:
                continue
        yield address
    finally:
        process.terminate()
        process.wait()


def test_tensorboard_knows_the_hyperparameters(tensorboard: str) -> None:
    question = urllib.request.Request(
        f"{tensorboard}/data/plugin/hparams/experiment",
        data=b'{"experimentName": ""}',
        headers={"Content-Type": "application/json"},
    )
    answer = json.load(urllib.request.urlopen(question, timeout=30))
    domains = {info["name"]: set(info["domainDiscrete"]) for info in answer["hparamInfos"]}
    assert domains["backbone"] == {"ResNet50", "DenseNet121", "InceptionV3", "InceptionResNetV2"}
    assert domains["tuning"] == {"frozen", "top10", "full"}
    assert domains["learning_rate"] == {0.001, 0.01}


def test_tensorboard_knows_the_final_metrics(tensorboard: str, finished: Path) -> None:
    question = urllib.request.Request(
        f"{tensorboard}/data/plugin/hparams/session_groups",
        data=json.dumps({"experimentName": "", "allowedStatuses": ["STATUS_SUCCESS"], "sliceSize": 100}).encode(),
        headers={"Content-Type": "application/json"},
    )
    answer = json.load(urllib.request.urlopen(question, timeout=30))
    found = {
        group["name"]: {metric["name"]["tag"]: metric["value"] for metric in group["metricValues"]}
        for group in answer["sessionGroups"]
    }
    estimates = pd.read_csv(finished / "estimates.csv")
    scenarios = estimates[(estimates.metric == "auroc") & estimates.scenario.isin(list(found))].set_index("scenario")
    assert len(scenarios) == len(found) == 12
    assert all(values["test/auroc"] == pytest.approx(scenarios["mean"][name]) for name, values in found.items())
    assert all(values.keys() >= {"best/inner_loss", "best/inner_auroc"} for values in found.values())


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_browser_lists_the_runs_in_tensorboard(tensorboard: str, tmp_path: Path) -> None:
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    flags += [f"--user-data-dir={tmp_path}", "--virtual-time-budget=30000", "--window-size=1600,1200"]
    command = ["chromium", *flags, "--dump-dom", f"{tensorboard}/#timeseries"]
    page = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    assert "DenseNet121-random-torch-frozen/0.01/0-0" in page
    assert "inner_auroc" in page
