"""Every row of the table of damaged or hostile files, and its refusal."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from dataclasses import asdict
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest

from radtl_tf.errors import WeightsError
from radtl_tf.models.weights.reader import read
from radtl_tf.models.weights.schema import LayerSchema, Schema

spoiled = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "spoiled.py")))
replaced = spoiled.replaced
SCHEMA = spoiled.SCHEMA
Write = Callable[..., Path]


@pytest.mark.parametrize("root", [False, True], ids=["model_weights", "root"])
@pytest.mark.parametrize("name", spoiled.TABLE)
def test_spoiled_file_is_refused_in_one_line(small_file: Write, schema: Schema, name: str, root: bool) -> None:
    code, spoil = spoiled.TABLE[name]
    with pytest.raises(WeightsError) as caught:
        read(small_file(spoil, root=root), schema)
    assert str(caught.value).startswith(f"refused ({code}): ")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def check_sound(path: Path, schema: Schema, layout: str = "model_weights") -> None:
    contents = read(path, schema)
    assert contents.layout == layout
    assert contents.matched == ("conv1", "bn1", "conv2_a", "conv2_b")
    assert [value.shape for value in contents.values] == schema.shapes
    for first, value in enumerate(contents.values, 1):
        np.testing.assert_array_equal(value.ravel(), first + np.arange(value.size))


def byte_names(group: h5py.Group, file: h5py.File) -> None:
    for item in (group, *group.values()):
        for key in ("layer_names", "weight_names"):
            if key in item.attrs and len(item.attrs[key]):
                item.attrs[key] = np.array([name.encode() for name in item.attrs[key]])


def parted_names(group: h5py.Group, file: h5py.File) -> None:
    names = list(group.attrs["layer_names"])
    del group.attrs["layer_names"]
    group.attrs["layer_names0"], group.attrs["layer_names1"] = names[:2], names[2:]


def packed(group: h5py.Group, path: str) -> None:
    options = {"compression": "gzip", "shuffle": True, "fletcher32": True}
    group.create_dataset(path, data=1 + np.arange(108, dtype=">f8").reshape(3, 3, 3, 4), **options)


def hostile_optimizer(group: h5py.Group, file: h5py.File) -> None:
    file.create_group("optimizer_weights")["step"] = h5py.ExternalLink("/etc/hostname", "/x")


def with_lambda(group: h5py.Group, file: h5py.File) -> None:
    file.attrs["model_config"] = json.dumps({"class_name": "Lambda", "config": {"function": "import os"}})


def scoped(group: h5py.Group, file: h5py.File) -> None:
    """Name the tensors as Keras does inside an outer model."""
    for layer in SCHEMA.layers:
        group[layer.name].attrs["weight_names"] = [f"outer/{layer.name}/{name}:0" for name, _ in layer.tensors]
        group.move(f"{layer.name}/{layer.name}", f"{layer.name}/outer/{layer.name}")


def plain(group: h5py.Group, file: h5py.File) -> None:
    """Name the tensors without a prefix."""
    for layer in SCHEMA.layers:
        group[layer.name].attrs["weight_names"] = [f"{name}:0" for name, _ in layer.tensors]
        for name, _ in layer.tensors:
            group.move(f"{layer.name}/{layer.name}/{name}:0", f"{layer.name}/{name}:0")


in_order = spoiled.configured("input", *(layer.name for layer in SCHEMA.layers), "relu")


@pytest.mark.parametrize(
    "spoil",
    [
        None,
        byte_names,
        parted_names,
        replaced(packed),
        hostile_optimizer,
        with_lambda,
        scoped,
        plain,
        in_order,
    ],
)
@pytest.mark.parametrize("root", [False, True], ids=["model_weights", "root"])
def test_sound_file_is_read(small_file: Write, schema: Schema, spoil: Any, root: bool) -> None:
    check_sound(small_file(spoil, root=root), schema, "root" if root else "model_weights")


def test_the_top_is_left_out_and_said(small_file: Write, schema: Schema) -> None:
    def with_top(group: h5py.Group, file: h5py.File) -> None:
        top = group.create_group("predictions")
        top.attrs["weight_names"] = ["predictions/kernel:0"]
        top["predictions/kernel:0"] = np.zeros((4, 2), np.int32)
        group.attrs["layer_names"] = ["conv1", "bn1", "conv2_a", "conv2_b", "predictions"]

    path = small_file(with_top)
    check_sound(path, schema)
    assert read(path, schema).left_over == ("predictions",)


def test_kernel_of_zeros_is_warned_of(small_file: Write, schema: Schema) -> None:
    zeros = replaced(lambda group, path: group.__setitem__(path, np.zeros((3, 3, 3, 4), np.float32)))
    contents = read(small_file(zeros), schema)
    assert len(contents.warnings) == 1 and "'conv1'" in contents.warnings[0]


def test_no_tensor_is_read_before_all_are_checked(
    small_file: Write, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = replaced(lambda group, path: group.create_dataset(path, shape=(9,)), "conv2_b/conv2_b/kernel:0")
    monkeypatch.setattr("radtl_tf.models.weights.reader.read_tensor", lambda *_: pytest.fail("a tensor was read"))
    with pytest.raises(WeightsError, match=r"\(shape\)"):
        read(small_file(last), schema)


def keras_3(file: h5py.File, schema: Schema, names: bool) -> None:
    kinds: dict[str, int] = {}
    first = count(1)
    for layer in schema.layers:
        number = kinds[layer.kind] = kinds.get(layer.kind, -1) + 1
        group = file.create_group(f"layers/{layer.kind}{f'_{number}' if number else ''}/vars")
        if names:
            group.attrs["name"] = layer.name
        for place, (_, shape) in enumerate(layer.tensors):
            group[str(place)] = next(first) + np.arange(np.prod(shape)).reshape(shape).astype("f4")


@pytest.mark.parametrize("names", [False, True])
def test_layout_of_keras_3_is_read_in_full(tmp_path: Path, schema: Schema, names: bool) -> None:
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        keras_3(file, schema, names)
    check_sound(tmp_path / "weights.h5", schema, "keras3")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda file: file["layers"].__delitem__("conv2d_1"), "missing"),
        (lambda file: file["layers/conv2d/vars"].__delitem__("1"), "missing"),
        (lambda file: file["layers/conv2d_1/vars"].attrs.__setitem__("name", "other"), "names"),
        (lambda file: file["layers/conv2d/vars"].__setitem__("2", np.ones(4)), "names"),
    ],
)
def test_spoiled_layout_of_keras_3_is_refused(tmp_path: Path, schema: Schema, spoil: Any, code: str) -> None:
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        keras_3(file, schema, True)
        spoil(file)
    with pytest.raises(WeightsError, match=rf"refused \({code}\)"):
        read(tmp_path / "weights.h5", schema)


READ_ALL = """
import json, resource, sys
from pathlib import Path
import numpy as np
from radtl_tf.errors import WeightsError
from radtl_tf.models.weights.guarded_process import _schema
from radtl_tf.models.weights.reader import read

schema = _schema(json.loads(Path(sys.argv[1]).read_text()))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
outcomes = []
for path in sorted(Path(sys.argv[2]).glob("*.h5")):
    try:
        outcomes.append(all(np.isfinite(value).all() for value in read(path, schema).values))
    except WeightsError as error:
        outcomes.append(str(error).split(":")[0])
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
print(json.dumps({"outcomes": outcomes, "grown": grown}))
"""


@pytest.fixture
def read_all(schema: Schema, run_script: Callable[..., str]) -> Callable[..., dict[str, Any]]:
    """Return a function that reads every file of a folder in a separate process."""

    def read_folder(folder: Path, wanted: Schema = schema) -> dict[str, Any]:
        (folder / "schema.json").write_text(json.dumps(asdict(wanted)))
        return json.loads(run_script(READ_ALL, str(folder / "schema.json"), str(folder)))

    return read_folder


def test_bombs_cost_less_than_50_mb(small_file: Write, tmp_path: Path, read_all: Any) -> None:
    bombs = {
        "shape": [spoiled.TABLE["shape bomb"][1], spoiled.TABLE["large chunks"][1]],
        "names": [spoiled.many_large],
        "size": [spoiled.packed_bomb(2**29), spoiled.TABLE["unpacked bomb"][1]],
    }
    expected = [f"refused ({code})" for code, spoilers in bombs.items() for _ in spoilers]
    for number, spoil in enumerate(spoil for spoilers in bombs.values() for spoil in spoilers):
        small_file(spoil).rename(tmp_path / f"{number}.h5")
    answer = read_all(tmp_path)
    assert answer["outcomes"] == expected
    assert answer["grown"] < 50


def test_2000_large_tensors_under_the_right_names_cost_less_than_50_mb(tmp_path: Path, read_all: Any) -> None:
    layers = tuple(LayerSchema(f"big{number}", "conv2d", (("kernel", (1, 1, 2, 2)),)) for number in range(2000))
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        spoiled.many_large(file.create_group("model_weights"), file)
    answer = read_all(tmp_path, Schema("Large", False, layers, {}))
    assert answer["outcomes"] == ["refused (shape)"]
    assert answer["grown"] < 50


def test_damage_anywhere_is_refused_or_harmless(small_file: Write, tmp_path: Path, read_all: Any) -> None:
    content = small_file().read_bytes()
    generator = np.random.default_rng(11)
    (tmp_path / "weights.h5").unlink()
    for number in range(100):
        flipped = bytearray(content)
        flipped[generator.integers(len(content))] ^= 1 << int(generator.integers(8))
        (tmp_path / f"flipped-{number:03}.h5").write_bytes(flipped)
        (tmp_path / f"truncated-{number:03}.h5").write_bytes(content[: generator.integers(len(content))])
    outcomes = read_all(tmp_path)["outcomes"]
    assert len(outcomes) == 200
    assert set(outcomes[100:]) == {"refused (not HDF5)"}  # every truncated file
    assert all(outcome is True or str(outcome).startswith("refused (") for outcome in outcomes[:100])
