"""A SavedModel runs in other environments: in a process without the package, and in another TensorFlow."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from radtl_tf.deploy.card.facts import version_folder, write_facts
from radtl_tf.deploy.engines.engine import open_model
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.graph.saved_model import write_saved_model
from radtl_tf.deploy.predict import predict
from radtl_tf.models.backbones import build_base
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import convention
from radtl_tf.models.tuning import split

files = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("image_files.py"))))
OTHER = "tensorflow==2.20.*"
COMMAND = "tensorflow.python.tools.saved_model_cli"
SCORE = """
import json, resource, sys
import tensorflow as tf
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
files = [open(path, "rb").read() for path in sys.argv[2:]]
serve(image_bytes=tf.constant(files[:1]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = serve(image_bytes=tf.constant(files))
more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
result = {"score": found["score"].numpy().tolist(), "valid": found["valid"].numpy().tolist(), "more": more}
assert "radtl_tf" not in sys.modules
print(json.dumps(result | {"version": tf.__version__}))
"""


@pytest.fixture(scope="session")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of an environment that holds another version of TensorFlow only."""
    folder = tmp_path_factory.mktemp("other")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", OTHER]
    done = subprocess.run(install, capture_output=True, text=True, timeout=900)
    if done.returncode:
        pytest.skip(f"{OTHER} cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return python


@pytest.fixture(scope="session")
def exported_full(tiny_backbone: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the model of a setting that trained the whole backbone, with three folds."""
    folder = tmp_path_factory.mktemp("full") / "model"
    networks = [split(build_base(tiny_backbone, 32, seed=seed), "full") for seed in range(3)]
    heads = [Head(12, 2) for _ in networks]
    for seed, head in enumerate(heads):
        kernel = np.random.default_rng(seed).normal(size=(12, 2))
        head.reset(kernel, bias=np.zeros(2), mean=np.zeros(12), sd=np.ones(12))
    members = [(network.suffix, head) for network, head in zip(networks, heads, strict=True)]
    ensemble = Ensemble(networks[0].prefix, members, "binary", convention("tf"), image_size=32, resize="pad")
    card = {"classes": ["well", "sick"], "depth": None, "image_size": 32, "resize": "pad"}
    write_saved_model(ensemble, folder / "1", card)
    write_facts(folder / "1", card)
    return folder


def run(python: Path | str, words: list[str], folder: Path) -> str:
    """Return what a process without the package prints."""
    environment = {"PATH": os.environ["PATH"], "TF_CPP_MIN_LOG_LEVEL": "3", "HOME": str(folder)}
    done = subprocess.run([str(python), *words], capture_output=True, text=True, cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def images(folder: Path) -> list[Path]:
    return sorted((folder / "images").glob("*.png"))[:3]


def expected_scores(model: Path, images: list[Path]) -> list[float | None]:
    return [one.score for one in predict(open_model(model), images)]


@pytest.mark.slow
def test_a_process_without_the_package_gives_the_same_scores(
    exported: Callable[[str], Path], finished_once: Path, tmp_path: Path
) -> None:
    model, several = exported("Tiny-mine-tf-frozen"), images(finished_once)
    words = ["-c", SCORE, str(version_folder(model)), *map(str, several)]
    found = json.loads(run(sys.executable, words, tmp_path))
    assert found["score"] == pytest.approx(expected_scores(model, several), abs=1e-6)


@pytest.mark.slow
def test_an_image_of_too_many_pixels_takes_no_memory(
    exported: Callable[[str], Path], finished_once: Path, tmp_path: Path
) -> None:
    model, (first, *_) = exported("Tiny-mine-tf-frozen"), images(finished_once)
    (tmp_path / "bomb.png").write_bytes(files.bomb(20_000, 20_000))  # 400 million pixels in 390 kB
    words = ["-c", SCORE, str(version_folder(model)), str(first), str(tmp_path / "bomb.png")]
    found = json.loads(run(sys.executable, words, tmp_path))
    assert found["valid"] == [True, False] and np.isnan(found["score"][1])
    assert found["more"] < 50  # MiB


@pytest.mark.slow
@pytest.mark.parametrize("tuning", ["frozen", "topK2", "full"])
def test_another_tensorflow_gives_the_same_scores(
    tuning: str,
    exported: Callable[[str], Path],
    exported_full: Path,
    finished_once: Path,
    other_python: Path,
    tmp_path: Path,
) -> None:
    model = exported_full if tuning == "full" else exported(f"Tiny-mine-tf-{tuning}")
    several, folder = images(finished_once), str(version_folder(model))
    expected = expected_scores(model, several)
    found = json.loads(run(other_python, ["-c", SCORE, folder, *map(str, several)], tmp_path))
    assert found["version"].startswith("2.20.")
    assert found["score"] == pytest.approx(expected, abs=1e-5)

    shown = run(other_python, ["-m", COMMAND, "show", "--dir", folder, "--all"], tmp_path)
    for name in ("serving_default", "pixels", "grey", "features", "image_bytes", "probabilities", "label", "valid"):
        assert f"'{name}'" in shown
    np.save(tmp_path / "batch.npy", np.array([image.read_bytes() for image in several]))
    words = ["run", "--dir", folder, "--tag_set", "serve", "--signature_def", "serving_default"]
    words += ["--inputs", "image_bytes=batch.npy", "--outdir", "out"]
    run(other_python, ["-m", COMMAND, *words], tmp_path)
    assert np.load(tmp_path / "out" / "score.npy") == pytest.approx(expected, abs=1e-5)
    assert np.load(tmp_path / "out" / "valid.npy").all()
