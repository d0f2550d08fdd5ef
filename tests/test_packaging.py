"""The installed files, and the time of the import and of ``--help``."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

import radtl_tf

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("datasets", "weights", "experiments")
FOLDERS = ("radtl_tf", *SHIPPED)
FILES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")
INSIDE = tuple(f"radtl_tf/{name}/" for name in SHIPPED)
NEVER_SHIPPED = ("*.h5", "__pycache__", ".*")
THE_WEIGHTS_THAT_SHIP = "weights/phantom-MobileNet025_notop.h5"  # the demo's, from phantoms

# A builder that is not named in the packaging.
PLANTED_BUILDER = '''"""One blank radiograph."""

import numpy as np
import tensorflow_datasets as tfds


class Builder(tfds.core.GeneratorBasedBuilder):
    """One blank radiograph."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return self.dataset_info_from_configs(features=tfds.features.FeaturesDict({"example": np.int64}))

    def _split_generators(self, dl_manager):
        return {"all": [(0, {"example": 0})]}

    def _generate_examples(self):
        raise NotImplementedError
'''

LOADED = """
import sys
before = set(sys.modules)
{statement}
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(*sorted(loaded - sys.stdlib_module_names), file=sys.stderr)
"""
HELP = """
import sys
from radtl_tf.cli.main import main
sys.argv = ["radtl", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code
"""


def run_python(code: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the code in a fresh interpreter that finds the package in ``folder``."""
    command = [sys.executable, "-c", code]
    settings = {**os.environ, **environment}
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=True)


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules outside the standard library that the statement imports."""
    return set(run_python(LOADED.format(statement=statement)).stderr.split())


def test_import_loads_the_standard_library_only() -> None:
    assert loaded_by("import radtl_tf") == {"radtl_tf"}


def test_help_loads_click_only() -> None:
    assert loaded_by(HELP) <= {"radtl_tf", "click", "colorama"}


def test_help_comes_within_a_second() -> None:
    def seconds() -> float:
        start = time.perf_counter()
        assert "Usage: radtl" in run_python(HELP).stdout
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 1.0


@pytest.mark.parametrize(("name", "value"), [("TF_ENABLE_ONEDNN_OPTS", "1"), ("TF_CPP_MIN_LOG_LEVEL", "2")])
def test_import_sets_what_tensorflow_reads_unless_the_user_has(name: str, value: str) -> None:
    unset = f"import os; os.environ.pop({name!r}, None); import radtl_tf; print(os.environ[{name!r}])"
    assert run_python(unset).stdout.strip() == value
    kept = f"import os, radtl_tf; print(os.environ[{name!r}])"
    assert run_python(kept, **{name: "0"}).stdout.strip() == "0"


def test_every_package_is_named_in_setup_cfg() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    named = set(config["options"]["packages"].split())
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "radtl_tf").rglob("__init__.py")}
    assert named == found | {f"radtl_tf.{folder}" for folder in SHIPPED}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the source of the wheel, with a new builder, a weights file and a cache folder in it."""
    folder = tmp_path_factory.mktemp("clone")
    for name in FILES:
        shutil.copyfile(ROOT / name, folder / name)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(*NEVER_SHIPPED))
    shutil.copyfile(ROOT / THE_WEIGHTS_THAT_SHIP, folder / THE_WEIGHTS_THAT_SHIP)
    _plant(folder)
    return folder


def _plant(folder: Path) -> None:
    planted = {
        "datasets/planted/__init__.py": "",
        "datasets/planted/planted_dataset_builder.py": PLANTED_BUILDER,
        "datasets/planted/TAGS.txt": "",
        "datasets/planted/dummy_data/deeper/image.txt": "an image",
        "datasets/planted/__pycache__/planted.cpython-311.pyc": "stale",
        "weights/Planted-ResNet50_notop.h5": "weights",
        "datasets/planted/Planted-ResNet50_notop.h5": "weights",
        "experiments/phantom-MobileNet_notop.h5": "weights",
    }
    for name, text in planted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def wheel(clone: Path) -> Iterator[zipfile.ZipFile]:
    """Build the wheel from the copy, without isolation, so that nothing is downloaded."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "out", "."]
    built = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (path,) = (clone / "out").glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_the_only_top_level_name_is_radtl_tf(wheel: zipfile.ZipFile) -> None:
    names = {PurePosixPath(name).parts[0] for name in wheel.namelist()}
    assert names == {"radtl_tf", f"radtl_tf-{radtl_tf.__version__}.dist-info"}


def test_every_file_is_shipped_but_caches_and_all_weights_except_the_demos(clone: Path, wheel: zipfile.ZipFile) -> None:
    expected = {
        path.relative_to(clone).as_posix()
        for folder in FOLDERS
        for path in (clone / folder).rglob("*")
        if path.is_file() and path.suffix != ".h5" and path.parent.name != "__pycache__"
    } | {THE_WEIGHTS_THAT_SHIP}
    shipped = {name.replace("radtl_tf/", "", 1) if name.startswith(INSIDE) else name for name in wheel.namelist()}
    assert {name for name in shipped if ".dist-info/" not in name} == expected


def test_no_file_is_over_a_megabyte(wheel: zipfile.ZipFile) -> None:
    assert [entry.filename for entry in wheel.infolist() if entry.file_size > 1_000_000] == []


def test_the_command_is_radtl(wheel: zipfile.ZipFile) -> None:
    entry_points = wheel.read(f"radtl_tf-{radtl_tf.__version__}.dist-info/entry_points.txt").decode()
    assert "radtl = radtl_tf.cli.main:main" in entry_points


def test_an_installed_package_finds_its_folders(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    code = f"from radtl_tf.places import shipped; print(*map(shipped, {SHIPPED}), sep='\\n')"
    found = run_python(code, folder=tmp_path).stdout.splitlines()
    assert found == [str(tmp_path.resolve() / "radtl_tf" / name) for name in SHIPPED]


@pytest.mark.slow
def test_an_installed_package_loads_a_new_builder(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    found = "builders.builder_class('planted').name, *builders.known_datasets()"
    code = f"from radtl_tf.data.tfds import builders; print({found})"
    name, *known = run_python(code, folder=tmp_path).stdout.split()
    assert name == "planted"
    assert "planted" in known
