"""A small weights file that can be damaged in many ways, and a table of the expected refusals.

Other tests run it by path (``tests/models``, ``tests/cli``), since pytest's importlib mode adds no folder to the path.
"""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from radtl_tf.models.weights.schema import LayerSchema, Schema

Spoil = Callable[[h5py.Group, h5py.File], Any]
BATCH_NORM = tuple((name, (4,)) for name in ("gamma", "beta", "moving_mean", "moving_variance"))
SCHEMA = Schema(
    backbone="Small",
    numbered=False,
    layers=(
        LayerSchema("conv1", "conv2d", (("kernel", (3, 3, 3, 4)), ("bias", (4,)))),
        LayerSchema("bn1", "batch_normalization", BATCH_NORM),
        LayerSchema("conv2_a", "conv2d", (("kernel", (1, 1, 4, 4)),)),
        LayerSchema("conv2_b", "conv2d", (("kernel", (1, 1, 4, 4)),)),
    ),
    known={"Small": 4, "Other": 7},
)


def put_layers(group: h5py.Group, layers: tuple[LayerSchema, ...]) -> None:
    """Write layers as in Keras 2, with tensors numbered 1, 2, ..., and an activation without weights."""
    group.attrs["layer_names"] = [*(layer.name for layer in layers), "relu"]
    group.attrs["keras_version"] = "2.4.0"
    group.create_group("relu").attrs["weight_names"] = np.array([])  # float64, as Keras wrote it
    first = count(1)
    for layer in layers:
        part = group.create_group(layer.name)
        part.attrs["weight_names"] = [f"{layer.name}/{name}:0" for name, _ in layer.tensors]
        for name, shape in layer.tensors:
            part[f"{layer.name}/{name}:0"] = next(first) + np.arange(np.prod(shape), dtype="f4").reshape(shape)


def write_small(path: Path, spoil: Spoil | None = None, *, root: bool = False) -> Path:
    """Write a valid file of the schema and apply ``spoil(group, file)`` to it."""
    with h5py.File(path, "w") as file:
        group = file if root else file.create_group("model_weights")
        put_layers(group, SCHEMA.layers)
        if spoil:
            spoil(group, file)
    return path


KERNEL = "conv1/conv1/kernel:0"


def replaced(make: Callable[[h5py.Group, str], Any], path: str = KERNEL) -> Spoil:
    """Return a spoiler that puts something else in place of a tensor."""

    def spoil(group: h5py.Group, file: h5py.File) -> None:
        del group[path]
        make(group, path)

    return spoil


def tensor(dtype: Any, **options: Any) -> Spoil:
    return replaced(lambda group, path: group.create_dataset(path, shape=(3, 3, 3, 4), dtype=dtype, **options))


def with_number(number: float, dtype: str = "f4", path: str = KERNEL) -> Spoil:
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


def exchanged(group: h5py.Group, file: h5py.File) -> None:
    """Swap the names of two groups of the same shape."""
    group.move("conv2_a", "aside")
    group.move("conv2_b", "conv2_a")
    group.move("aside", "conv2_b")


def exchanged_in_list(group: h5py.Group, file: h5py.File) -> None:
    """Put the kernel of another layer of the same shape into the group of one layer."""
    group.move("conv2_a/conv2_a/kernel:0", "conv2_a/conv2_b/kernel:0")
    group["conv2_a"].attrs["weight_names"] = ["conv2_b/kernel:0"]


def configured(*names: str) -> Spoil:
    """Return a spoiler that adds a model's configuration with these layers."""
    layers = [{"class_name": "Layer", "config": {"name": name}} for name in names]
    return lambda group, file: file.attrs.__setitem__("model_config", json.dumps({"config": {"layers": layers}}))


def listed(*names: str) -> Spoil:
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


def packed_bomb(num_bytes: int) -> Spoil:
    """Return a spoiler: a chunk of 432 bytes that unpacks to ``num_bytes`` of zeros."""

    def make(group: h5py.Group, path: str) -> None:
        tensor = group.create_dataset(path, shape=(3, 3, 3, 4), dtype="f4", chunks=(3, 3, 3, 4), compression="gzip")
        packer, block = zlib.compressobj(1), bytes(2**22)
        content = b"".join(packer.compress(block) for _ in range(num_bytes // len(block))) + packer.flush()
        tensor.id.write_direct_chunk((0, 0, 0, 0), content)

    return replaced(make)


def unpacked_bomb(group: h5py.Group, path: str) -> None:
    tensor = group.create_dataset(path, shape=(3, 3, 3, 4), dtype="f4", chunks=(3, 3, 3, 4), compression="gzip")
    tensor.id.write_direct_chunk((0, 0, 0, 0), bytes(2**20), filter_mask=1)


def packed_twice(group: h5py.Group, path: str) -> None:
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((3, 3, 3, 4))
    properties.set_deflate(1)
    properties.set_deflate(1)
    space = h5py.h5s.create_simple((3, 3, 3, 4))
    h5py.h5d.create(group.id, path.encode(), h5py.h5t.IEEE_F32LE, space, properties)


LINKS: dict[str, Spoil] = {
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
TYPES: dict[str, Spoil] = {
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
    "the same filter twice": replaced(packed_twice),
    "names that are numbers": lambda group, file: group.attrs.__setitem__("layer_names", np.arange(4)),
}
OTHERS: dict[str, tuple[str, Spoil]] = {
    "shape bomb": ("shape", replaced(shape_bomb)),
    "large chunks": ("shape", replaced(large_chunk)),
    "wrong channels": ("shape", replaced(lambda group, path: group.__setitem__(path, np.ones((3, 3, 1, 4))))),
    "transposed": ("shape", replaced(lambda group, path: group.__setitem__(path, np.ones((4, 3, 3, 3))))),
    "no data space": ("shape", replaced(lambda group, path: group.__setitem__(path, h5py.Empty("f4")))),
    "2000 large tensors": ("names", many_large),
    "packed bomb": ("size", packed_bomb(2**24)),
    "unpacked bomb": ("size", replaced(unpacked_bomb)),
    "nan": ("not finite", with_number(np.nan)),
    "infinite": ("not finite", with_number(-np.inf)),
    "too large for float32": ("not finite", with_number(1e300, "f8")),
    "negative variance": ("not finite", with_number(-1, path="bn1/bn1/moving_variance:0")),
    "renamed": ("names", renamed),
    "another order": ("names", listed("conv1", "bn1", "conv2_b", "conv2_a")),
    "two groups exchanged": ("names", exchanged),
    "a kernel of another layer": ("names", exchanged_in_list),
    "another order than its configuration": ("names", configured("input", "conv1", "bn1", "conv2_b", "conv2_a")),
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
TABLE: dict[str, tuple[str, Spoil]] = {
    **{name: ("link", spoil) for name, spoil in LINKS.items()},
    **{name: ("type", spoil) for name, spoil in TYPES.items()},
    **OTHERS,
}


def empty(path: Path) -> None:
    path.write_bytes(b"")


def web_page(path: Path) -> None:
    path.write_bytes(b"<!DOCTYPE html><html>Too many requests</html>")


def gzipped(path: Path) -> None:
    path.write_bytes(gzip.compress(path.read_bytes()))


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a", "b")


def pointer(path: Path) -> None:
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")


def text(path: Path) -> None:
    path.write_bytes(b"\x1b[31mhello")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def huge(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(2**32)  # sparse, so it needs no space


def absent(path: Path) -> None:
    path.unlink()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _without_checksums(path: Path) -> None:
    """Rewrite the file with the groups of HDF5 before 1.8, where a changed byte is not noticed."""
    old = path.with_suffix(".old")
    with h5py.File(path) as source, h5py.File(old, "w") as target:

        def copy(name: str, item: Any) -> None:
            group = isinstance(item, h5py.Group)
            copied = target.create_group(name) if group else target.create_dataset(name, data=item[()])
            copied.attrs.update(item.attrs)

        source.visititems(copy)
    old.replace(path)


def user_defined(path: Path) -> None:
    """Put a user-defined HDF5 link in place of a tensor."""
    _without_checksums(path)
    with h5py.File(path, "r+") as file:
        del file[f"model_weights/{KERNEL}"]
        file[f"model_weights/{KERNEL}"] = h5py.ExternalLink("file-elsewhere", "/x")
    content = path.read_bytes()
    name = content.rindex(b"kernel:0", 0, content.index(b"file-elsewhere"))
    start = content.rindex(b"\x40", 0, name)  # the type of the link: 64 is external, higher numbers are user-defined
    path.write_bytes(content[:start] + b"\x46" + content[start + 1 :])


def shared_name(path: Path) -> None:
    """Make 2,000 names point to one string of 2 MB, which h5py would read 2,000 times."""
    long = 2_100_003
    with h5py.File(path, "r+") as file:
        file["model_weights"].attrs["layer_names"] = ["x" * long, *("y" * 1999)]
    content = bytearray(path.read_bytes())
    start = content.index(long.to_bytes(4, "little"))  # a name is 16 bytes: length, address, number
    content[start : start + 2000 * 16] = content[start : start + 16] * 2000
    path.write_bytes(content)


# Faults of the whole file, with the start of the refusal.
FILES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "empty": (r"\(not HDF5\): .*empty", empty),
    "web page": (r"\(not HDF5\): .*web page", web_page),
    "gzip": (r"\(not HDF5\): .*gzip", gzipped),
    "zip": (r"\(not HDF5\): .*\bzip", zipped),
    "git-LFS pointer": (r"\(not HDF5\): .*git-LFS", pointer),
    "text": (r"\(not HDF5\): .*'\\x1b\[31mhel'", text),
    "truncated": (r"\(not HDF5\): .*truncated", truncated),
    "too large": (r"\(size\): .*\b4,294,967,296 ", huge),
    "absent": (r"\(missing\): ", absent),
    "folder": (r"\(missing\): ", folder),
    "user-defined link": (r"\(link\): 'kernel:0' ", user_defined),
}
