"""Every row of the table of files that are wrong or hostile, and what each gets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from radtl_tf.errors import WeightsError
from radtl_tf.models.weight_reader import read
from radtl_tf.models.weight_schema import Schema

KERNEL = "conv1/conv1/kernel:0"
Write = Callable[..., Path]


def replaced(make: Callable[[h5py.Group, str], Any], path: str = KERNEL) -> Callable[[h5py.Group, h5py.File], None]:
    """Return a spoiler that puts something else in place of a tensor."""

    def spoil(group: h5py.Group, file: h5py.File) -> None:
        del group[path]
        make(group, path)

    return spoil


def tensor(dtype: Any, **options: Any) -> Callable[[h5py.Group, h5py.File], None]:
    return replaced(lambda group, path: group.create_dataset(path, shape=(3, 3, 3, 4), dtype=dtype, **options))


def with_number(number: float, dtype: str = "f4", path: str = KERNEL) -> Callable[[h5py.Group, h5py.File], None]:
    def make(group: h5py.Group, path: str) -> None:
        values = np.ones((3, 3, 3, 4) if path == KERNEL else (4,), dtype)
        values.flat[2] = number
        group[path] = values

    return replaced(make, path)


def virtual(group: h5py.Group, path: str) -> None:
    layout = h5py.VirtualLayout((3, 3, 3, 4), "f4")
    layout[:] = h5py.VirtualSource("/etc/hostname", "x", shape=(3, 3, 3, 4))
    group.create_virtual_dataset(path, layout)


def committed(group: h5py.Group, path: str) -> None:
    group.file["kind"] = np.dtype("f4")
    group.create_dataset(path, shape=(3, 3, 3, 4), dtype=group.file["kind"])
    del group.file["kind"]


def renamed(group: h5py.Group, file: h5py.File) -> None:
    group.move("conv2_a", "conv9_a")
    group.attrs["layer_names"] = ["conv1", "bn1", "conv9_a", "conv2_b"]


def listed(*names: str) -> Callable[[h5py.Group, h5py.File], None]:
    return lambda group, file: group.attrs.__setitem__("layer_names", list(names))


def many_large(group: h5py.Group, file: h5py.File) -> None:
    for number in range(2000):
        part = group.create_group(f"big{number}")
        part.attrs["weight_names"] = ["kernel:0"]
        part.create_dataset("kernel:0", shape=(2**28,), dtype="f4", chunks=(2**20,))
    group.attrs["layer_names"] = [f"big{number}" for number in range(2000)]


def shape_bomb(group: h5py.Group, path: str) -> None:
    group.create_dataset(path, shape=(2**16, 2**10, 3, 4), dtype="f4", chunks=(64, 64, 3, 4), compression="gzip")


def large_chunk(group: h5py.Group, path: str) -> None:
    group.create_dataset(path, shape=(3, 3, 3, 4), maxshape=(None,) * 4, chunks=(2**10, 2**10, 2**5, 4), dtype="f4")


LINKS: dict[str, Callable[[h5py.Group, h5py.File], Any]] = {
    "external": replaced(lambda group, path: group.__setitem__(path, h5py.ExternalLink("/etc/hostname", "/x"))),
    "soft": replaced(lambda group, path: group.__setitem__(path, h5py.SoftLink("/model_weights/bn1"))),
    "soft at the root": lambda group, file: file.__setitem__("more", h5py.SoftLink("/model_weights")),
    "soft to nowhere": lambda group, file: group.__setitem__("conv1/more", h5py.SoftLink("/nowhere")),
    "virtual": replaced(virtual),
    "external storage": tensor("f4", external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)]),
    "cycle": lambda group, file: group.__setitem__("conv1/again", group),
    "cycle through the root": lambda group, file: group.__setitem__("conv1/again", file["/"]),
    "two names for one tensor": replaced(
        lambda group, path: group.__setitem__(path, group["conv2_a/conv2_a/kernel:0"])
    ),
    "committed type": lambda group, file: group.__setitem__("kind", np.dtype("f4")),
    "tensor of a committed type": replaced(committed),
}
TYPES = {
    "object": tensor(h5py.string_dtype()),
    "variable length": tensor(h5py.vlen_dtype(np.float32)),
    "compound": tensor(np.dtype([("a", "f4")])),
    "enum": tensor(h5py.enum_dtype({"a": 1}, "i1")),
    "reference": tensor(h5py.ref_dtype),
    "opaque": tensor(np.dtype("V4")),
    "complex": tensor("c8"),
    "bool": tensor("?"),
    "int": tensor("i4"),
    "long double": tensor(np.longdouble),
    "filter": tensor("f4", compression="lzf"),
    "names that are numbers": lambda group, file: group.attrs.__setitem__("layer_names", np.arange(4)),
}
OTHERS = {
    "shape bomb": ("shape", replaced(shape_bomb)),
    "large chunks": ("shape", replaced(large_chunk)),
    "wrong channels": ("shape", replaced(lambda group, path: group.__setitem__(path, np.ones((3, 3, 1, 4))))),
    "transposed": ("shape", replaced(lambda group, path: group.__setitem__(path, np.ones((4, 3, 3, 3))))),
    "no data space": ("shape", replaced(lambda group, path: group.__setitem__(path, h5py.Empty("f4")))),
    "2000 large tensors": ("names", many_large),
    "nan": ("not finite", with_number(np.nan)),
    "infinite": ("not finite", with_number(-np.inf)),
    "too large for float32": ("not finite", with_number(1e300, "f8")),
    "negative variance": ("not finite", with_number(-1, path="bn1/bn1/moving_variance:0")),
    "renamed": ("names", renamed),
    "another order": ("names", listed("conv1", "bn1", "conv2_b", "conv2_a")),
    "twice": ("names", listed("conv1", "bn1", "conv2_a", "conv2_a")),
    "no layer_names": ("names", lambda group, file: group.attrs.__delitem__("layer_names")),
    "one layer less": ("missing", listed("conv1", "bn1", "conv2_a")),
    "no tensor": ("missing", lambda group, file: group.__delitem__(KERNEL)),
    "no layer": ("missing", lambda group, file: group.__delitem__("bn1")),
    "tensor is a group": ("missing", replaced(lambda group, path: group.create_group(path))),
    "layer of the file above": ("missing", listed("../conv1", "bn1", "conv2_a", "conv2_b")),
    "one tensor less": (
        "missing",
        lambda group, file: group["conv1"].attrs.__setitem__("weight_names", ["conv1/bias:0"]),
    ),
    "too deep": ("size", lambda group, file: group.create_group("/".join("abcdefghijklmnop"))),
    "too many objects": ("size", lambda group, file: [group.create_group(str(number)) for number in range(20_001)]),
    "too long name": ("names", lambda group, file: group.create_group("x" * 600)),
    "too many names": ("size", lambda group, file: group.attrs.__setitem__("layer_names", np.full(10_001, b"a"))),
}
TABLE = [
    *[pytest.param(spoil, "link", id=name) for name, spoil in LINKS.items()],
    *[pytest.param(spoil, "type", id=name) for name, spoil in TYPES.items()],
    *[pytest.param(spoil, code, id=name) for name, (code, spoil) in OTHERS.items()],
]


@pytest.mark.parametrize("root", [False, True], ids=["model_weights", "root"])
@pytest.mark.parametrize(("spoil", "code"), TABLE)
def test_spoiled_file_is_refused_in_one_line(
    small_file: Write, schema: Schema, spoil: Any, code: str, root: bool
) -> None:
    with pytest.raises(WeightsError) as caught:
        read(small_file(spoil, root=root), schema)
    assert str(caught.value).startswith(f"refused ({code}): ")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400


def test_user_defined_link_is_refused(small_file: Write, schema: Schema) -> None:
    path = small_file(replaced(lambda group, path: group.__setitem__(path, h5py.ExternalLink("file-elsewhere", "/x"))))
    content = path.read_bytes()
    name = content.rindex(b"kernel:0", 0, content.index(b"file-elsewhere"))
    start = content.rindex(b"\x40", 0, name)  # the link's type: 64 is external, above it are those of users
    path.write_bytes(content[:start] + b"\x46" + content[start + 1 :])
    with pytest.raises(WeightsError, match=r"refused \(link\)"):
        read(path, schema)


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


@pytest.mark.parametrize("spoil", [None, byte_names, parted_names, replaced(packed), hostile_optimizer, with_lambda])
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
    assert contents.warnings == ("The kernel of layer 'conv1' is zero everywhere.",)


def test_no_tensor_is_read_before_all_are_checked(
    small_file: Write, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = replaced(lambda group, path: group.create_dataset(path, shape=(9,)), "conv2_b/conv2_b/kernel:0")
    monkeypatch.setattr("radtl_tf.models.weight_reader._value", lambda *_: pytest.fail("a tensor was read"))
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
from radtl_tf.models.weight_process import _schema
from radtl_tf.models.weight_reader import read

schema = _schema(json.loads(sys.argv[1]))
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
def read_all(schema: Schema, run_script: Callable[..., str]) -> Callable[[Path], dict[str, Any]]:
    """Return a function that reads every file of a folder in a process of its own."""
    return lambda folder: json.loads(run_script(READ_ALL, json.dumps(asdict(schema)), str(folder)))


def test_bombs_cost_less_than_50_mb(small_file: Write, tmp_path: Path, read_all: Any) -> None:
    for number, spoil in enumerate([replaced(shape_bomb), replaced(large_chunk), many_large]):
        small_file(spoil).rename(tmp_path / f"{number}.h5")
    answer = read_all(tmp_path)
    assert answer["outcomes"] == ["refused (shape)", "refused (shape)", "refused (names)"]
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
