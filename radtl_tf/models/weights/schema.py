"""Match the tensors of a weights file to the weights of a backbone by name; this module opens no files.

The schema is the backbone's own variables. Every weight must be matched before any tensor is read.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from radtl_tf.errors import WeightsError, nearest

_MAX_TOP_LAYERS = 4  # VGG's top, the largest of keras.applications, has three
_MAX_SHOWN = 3

Shape = tuple[int, ...]


@dataclass(frozen=True)
class LayerSchema:
    """A layer with weights: its name, its class in snake case, and each weight's (name, shape) in order.

    A weight whose name is empty may have any name in a file.
    """

    name: str
    kind: str
    tensors: tuple[tuple[str, Shape], ...]


@dataclass(frozen=True)
class Schema:
    """The required contents of a file for one backbone.

    ``numbered``: Keras numbers the layers automatically, so only the order of the numbers within a kind matters.
    ``known`` is the number of layers with weights of every known backbone, used to describe a wrong file.
    ``normalizes``: a file may have a layer that normalizes pixels, which the pixel convention of the weights replaces.
    """

    backbone: str
    numbered: bool
    layers: tuple[LayerSchema, ...]
    known: dict[str, int]
    normalizes: bool = False

    @property
    def shapes(self) -> list[Shape]:
        """Return the shape of every weight, in order."""
        return [shape for layer in self.layers for _, shape in layer.tensors]


@dataclass(frozen=True)
class FileLayer:
    """A layer with weights in a file: its name and each tensor's (name or "", path)."""

    name: str
    tensors: tuple[tuple[str, str], ...]


def refusal(code: str, text: str) -> WeightsError:
    """Return the one-line error of a refused file; ``code`` is the kind of fault, for tests and tables."""
    return WeightsError(f"refused ({code}): {text}")


def shown(name: str) -> str:
    """Return a name from a file that is safe to print: quoted, ASCII, limited in length."""
    return ascii(name if len(name) <= 80 else name[:77] + "...")


def opened(schema: Schema, found: list[FileLayer]) -> list[FileLayer]:
    """Return the file's layers with the layers of inner models in the place of these models.

    Keras writes all tensors of an inner model into one group, and their names have the names of their layers.
    """
    wanted = {layer.name for layer in schema.layers}
    return [layer for outer in found for layer in (_inner(outer, wanted) or [outer])]


def _inner(outer: FileLayer, wanted: set[str]) -> list[FileLayer]:
    tensors: dict[str, list[tuple[str, str]]] = {}
    for name, path in outer.tensors:
        tensors.setdefault(name.rpartition("/")[0].rpartition("/")[2], []).append((name, path))
    if outer.name in wanted or len(tensors) < 2 or not wanted.issuperset(tensors):
        return []
    return [FileLayer(name, tuple(each)) for name, each in tensors.items()]


def plan(schema: Schema, found: list[FileLayer]) -> list[FileLayer]:
    """Return the file's layers in the order of the schema; layers after them in ``found`` are the top and are ignored.

    Raises:
        WeightsError: a weight of the backbone is missing, or has another name or position.
    """
    _check_unique(found)
    names = _comparable([layer.name for layer in found], schema)
    wanted = _comparable([layer.name for layer in schema.layers], schema)
    if names[: len(wanted)] != wanted or len(names) > len(wanted) + _MAX_TOP_LAYERS:
        raise _mismatch(schema, wanted, names)
    matched = found[: len(wanted)]
    for layer, candidate in zip(schema.layers, matched, strict=True):
        _check_tensor_names(layer, candidate)
    _check_owners(schema, matched, found)
    return matched


def check_order(configured: list[str], found: list[FileLayer]) -> None:
    """Check that the file's layers have the same order as in its model's configuration, for layers in both.

    Raises:
        WeightsError: the orders differ.
    """
    names = [layer.name for layer in found]
    both = set(configured) & set(names)
    orders = ([name for name in order if name in both] for order in (configured, names))
    for expected, name in zip(*orders, strict=False):
        if expected != name:
            raise refusal(
                "names",
                f"model_config lists layer {shown(expected)} where layer_names lists {shown(name)}: they are swapped.",
            )


def _check_unique(found: list[FileLayer]) -> None:
    twice = [name for name, count in Counter(layer.name for layer in found).items() if count > 1]
    if twice:
        raise refusal("names", f"layer {shown(twice[0])} is listed more than once in layer_names.")


def _comparable(names: list[str], schema: Schema) -> list[str]:
    """Return names that are the same in every build.

    Keras 2 wrote DenseNet's ``conv1_conv`` as ``conv1/conv``. Automatic numbers continue from model to model, so they
    are replaced by their rank.
    """
    flat = [name.replace("/", "_") for name in names]
    if not schema.numbered:
        return flat
    pattern = re.compile(rf"({'|'.join(sorted({layer.kind for layer in schema.layers}))})(?:_(\d{{1,9}}))?")
    matches = [pattern.fullmatch(name) for name in flat]
    keys = [(match[1], int(match[2] or 0)) if match else None for match in matches]
    order = sorted(key for key in keys if key)
    return [f"{key[0]} number {order.index(key)}" if key else name for key, name in zip(keys, flat, strict=True)]


def _mismatch(schema: Schema, wanted: list[str], names: list[str]) -> WeightsError:
    """Return the error for a file whose layers do not match the schema."""
    missing = [name for name in wanted if name not in set(names)]
    like = _looks_like(schema, names)
    if missing and like:
        return refusal(
            "backbone",
            f"it looks like {like} ({len(names)} layers with weights), not {schema.backbone} ({len(wanted)}).",
        )
    if missing:
        text = ", ".join(f"{name!r}{nearest(name, names)}" for name in missing[:_MAX_SHOWN])
        code = "missing" if len(names) < len(wanted) else "names"
        return refusal(
            code, f"{len(missing)} of {len(wanted)} layers of {schema.backbone} are missing: {ascii(text)[1:-1]}."
        )
    if names[: len(wanted)] == wanted:
        more = len(names) - len(wanted)
        return refusal(
            "names", f"{more} layers follow those of {schema.backbone}; a top has at most {_MAX_TOP_LAYERS}."
        )
    place = next(place for place, pair in enumerate(zip(wanted, names, strict=False)) if pair[0] != pair[1])
    return refusal("names", f"layers are in the wrong order: expected {wanted[place]!r}, found {shown(names[place])}.")


def _looks_like(schema: Schema, names: list[str]) -> str | None:
    """Return the other known backbones with the same number of layers with weights, with or without a dense top.

    Keras' graph of a network and PyTorch's have equally many; only PyTorch's names have dots.
    """
    counts, dotted = (len(names), len(names) - 1), any("." in name for name in names)
    own, of_pytorch = schema.known.get(schema.backbone), schema.backbone.endswith("Torch")
    others = [
        name
        for name, known in schema.known.items()
        if known in counts and name.endswith("Torch") == dotted and (known != own or dotted != of_pytorch)
    ]
    return " or ".join(others) or None


def _check_tensor_names(layer: LayerSchema, candidate: FileLayer) -> None:
    wanted = [_weight_name(name) for name, _ in layer.tensors]
    pairs = zip(candidate.tensors, wanted, strict=False)
    names = [default and (_weight_name(name) or default) for (name, _), default in pairs]
    if names == wanted and len(candidate.tensors) == len(wanted):
        return
    missing = [name for name in wanted if name not in names]
    code, text = (
        ("missing", f"lacks {', '.join(missing)}")
        if missing
        else ("names", "has its tensors in another order, or more of them")
    )
    raise refusal(code, f"layer {shown(candidate.name)} {text}; expected {', '.join(wanted)}.")


def _check_owners(schema: Schema, matched: list[FileLayer], found: list[FileLayer]) -> None:
    """Refuse a layer whose tensors have the name of another layer of the file, as when two groups are swapped.

    Automatic numbers in the names of tensors and layers may be shifted together, so their ranks are compared.
    """
    layers = set(_flat(found))
    pairs = [
        (flat, _owner(name, flat, layers))
        for layer, flat in zip(matched, _flat(matched), strict=True)
        for name, _ in layer.tensors
        if "/" in name
    ]
    wanted, said = (_comparable([pair[side] for pair in pairs], schema) for side in (0, 1))
    for (layer, owner), one, other in zip(pairs, wanted, said, strict=True):
        if owner != layer and owner in layers and one != other:
            raise refusal("names", f"layer {shown(layer)} holds tensors of layer {shown(owner)}: the two are swapped.")


def _owner(name: str, layer: str, layers: set[str]) -> str:
    """Return the layer in the name of a tensor: one of ``layers``, or else ``layer``.

    The name may start with outer models and scopes: ``resnet50/conv1_conv/kernel:0``.
    """
    parts = name.split("/")[:-1]
    said = ["_".join(parts[start:]) for start in range(len(parts))]
    return layer if layer in said else next((each for each in said if each in layers), parts[-1])


def _flat(layers: list[FileLayer]) -> list[str]:
    return [layer.name.replace("/", "_") for layer in layers]


def _weight_name(name: str) -> str:
    """Return ``kernel`` for ``conv1/conv/kernel:0`` and for ``depthwise_kernel``, the name in Keras 2."""
    leaf = name.rsplit("/", 1)[-1].removesuffix(":0")
    return "kernel" if leaf == "depthwise_kernel" else leaf
