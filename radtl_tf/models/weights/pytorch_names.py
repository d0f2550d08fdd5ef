"""Match the tensors of a PyTorch file to the layers of a backbone by name; this module opens no files.

A state dict names each tensor ``<module>.<tensor>``, such as ``layer1.0.conv1.weight``. Wrappers put a prefix before
all names (``module.``, ``backbone.``), and ``nn.Sequential(*network.children())`` replaces the first part by a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from radtl_tf.errors import WeightsError
from radtl_tf.models.weights.schema import Schema, refusal, shown

TWINS = {"ResNet50": "ResNet50Torch", "InceptionV3": "InceptionV3Torch"}  # Keras' graph, and PyTorch's

_HEADS = {"fc", "classifier", "head", "pre_logits", "last_linear", "logits", "AuxLogits"}
_UNUSED = (
    "num_batches_tracked",
    "mask_token",
)  # counters of batch norms; what DINOv2's pre-training hides patches with
_MAX_SHOWN = 3
_OLD_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12])\.")  # torchvision's published file of 2017
_MARKS = {  # a tensor that only this network has, or larger ones of its family
    "ResNet50Torch": "layer3.5.conv3.weight",
    "DenseNet121": "denseblock3.denselayer24.conv1.weight",
    "InceptionV3Torch": "Mixed_6e.branch_pool.conv.weight",
    "VGG16": "features.28.weight",
}
_MIXED = tuple(f"Mixed_{name}" for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"))
_STEM = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "maxpool1", "Conv2d_3b_1x1", "Conv2d_4a_3x3", "maxpool2")
_CHILDREN: dict[str, tuple[tuple[str, ...], ...]] = {  # the children of each network, in order; Inception has two forms
    "ResNet50Torch": (("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"),),
    "DenseNet121": (("features",),),
    "InceptionV3Torch": ((*_STEM, *_MIXED), (*_STEM, *_MIXED[:8], "AuxLogits", *_MIXED[8:])),
    "VGG16": (("features",),),
}


@dataclass(frozen=True)
class Match:
    """What a file holds: the name in it of each wanted tensor, in the schema's order, and the rest.

    ``copies`` are second names of wanted tensors, as (name, place in ``names``); ``head`` are the tensors of a
    classification head. ``prefix`` comes before every name of the file; ``numbered``: children have numbers.
    """

    names: tuple[str, ...]
    copies: tuple[tuple[str, int], ...]
    head: tuple[str, ...]
    prefix: str
    numbered: bool


def _densenet(layer: str) -> str:
    """Return ``features.denseblock1.denselayer2.norm1`` for ``conv2_block2_0_bn``."""
    ends = {"0_bn": "norm1", "1_conv": "conv1", "1_bn": "norm2", "2_conv": "conv2"}
    if inner := re.fullmatch(r"conv(\d)_block(\d+)_(\d_\w+)", layer):
        return f"features.denseblock{int(inner[1]) - 1}.denselayer{inner[2]}.{ends[inner[3]]}"
    if between := re.fullmatch(r"pool(\d)_(bn|conv)", layer):
        return f"features.transition{int(between[1]) - 1}.{'norm' if between[2] == 'bn' else 'conv'}"
    return {"conv1_conv": "features.conv0", "conv1_bn": "features.norm0", "bn": "features.norm5"}[layer]


def _vgg(layer: str) -> str:
    """Return ``features.7`` for ``block2_conv2``: pooling layers and ReLUs are counted too."""
    block, place = map(int, re.fullmatch(r"block(\d)_conv(\d)", layer).groups())  # type: ignore[union-attr]
    before = sum(2 * convolutions + 1 for convolutions in (2, 2, 3, 3, 3)[: block - 1])
    return f"features.{before + 2 * (place - 1)}"


MODULES: dict[str, Callable[[str], str]] = {  # the PyTorch module of a layer
    "ResNet50Torch": str,
    "DenseNet121": _densenet,
    "InceptionV3Torch": str,
    "VGG16": _vgg,
}


def match(schema: Schema, found: Sequence[str]) -> Match:
    """Return where each tensor of ``schema`` is in a file with the tensors ``found``.

    Raises:
        WeightsError: tensors are missing, or the file holds other tensors than a head's.
    """
    wanted = [f"{layer.name}.{name}" for layer in schema.layers for name, _ in layer.tensors]
    known = {_OLD_DENSENET.sub(r"\1\2.", name): name for name in found}
    spelled, prefix, children = _best_spelling(wanted, known, schema.backbone)
    missing = [name for name, own in zip(wanted, spelled, strict=True) if prefix + own not in known]
    if missing:
        raise _mismatch(schema.backbone, missing, wanted, known)
    places = {name: place for place, name in enumerate(spelled)}
    roots = {name.split(".")[0] for name in spelled}
    copies: list[tuple[str, int]] = []
    head: list[str] = []
    others: list[str] = []
    for name, own in known.items():
        if name.endswith(_UNUSED) or (name.startswith(prefix) and name[len(prefix) :] in places):
            continue
        if (copied := _copied(name, places)) is not None:
            copies.append((own, copied))
        else:
            (head if _is_head(name.removeprefix(prefix), roots, children) else others).append(own)
    if others:
        raise _foreign(schema.backbone, others)
    return Match(tuple(known[prefix + name] for name in spelled), tuple(copies), tuple(head), prefix, bool(children))


def modules(names: Iterable[str]) -> tuple[str, ...]:
    """Return the modules of tensors, each once, in order."""
    return tuple(dict.fromkeys(name.rpartition(".")[0] or name for name in names))


def _best_spelling(wanted: list[str], known: dict[str, str], backbone: str) -> tuple[list[str], str, tuple[str, ...]]:
    """Return the names as the file spells them, the prefix before them, and the children if they are numbered."""
    spellings: list[tuple[list[str], tuple[str, ...]]] = [(wanted, ())]
    for children in _CHILDREN.get(backbone, ()):
        parts = [name.split(".", 1) for name in wanted]
        spellings.append(([f"{children.index(first)}.{rest}" for first, rest in parts], children))
    fits = [
        (sum(prefix + name in known for name in spelled), -len(prefix), spelled, prefix, children)
        for spelled, children in spellings
        for prefix in _prefixes(spelled, known)
    ]
    *_, spelled, prefix, children = max(fits, key=lambda fit: fit[:2])
    return spelled, prefix, children


def _prefixes(spelled: list[str], known: Iterable[str]) -> set[str]:
    """Return what comes before the first or the last wanted name in the file."""
    ends = (spelled[0], spelled[-1])
    return {"", *(name[: -len(end)] for name in known for end in ends if name.endswith(f".{end}"))}


def _copied(name: str, places: dict[str, int]) -> int | None:
    """Return the place of the wanted tensor whose name ``name`` ends with, if a prefix of its own comes before it."""
    parts = name.split(".")
    ends = (".".join(parts[start:]) for start in range(len(parts)))
    return next((places[end] for end in ends if end in places), None)


def _is_head(name: str, roots: set[str], children: tuple[str, ...]) -> bool:
    """Return whether a tensor is outside of the network, in a module with the name of a classification head."""
    parts = name.split(".")
    numbered = parts[0].isdecimal() and int(parts[0]) < len(children)
    child = children[int(parts[0])] if numbered else parts[0]
    return parts[0] not in roots and any(part in _HEADS for part in (child, *parts))


def _mismatch(backbone: str, missing: list[str], wanted: list[str], known: Iterable[str]) -> WeightsError:
    """Return the error for a file without some of the wanted tensors."""
    like = next((row for row, mark in _MARKS.items() if row != backbone and _holds(known, mark)), None)
    if like is None and not any(map(_is_attention, wanted)) and any(map(_is_attention, known)):
        like = "a vision transformer"
    if like and not _holds(known, _MARKS.get(backbone)):
        return refusal("backbone", f"it looks like {like}, not {backbone}.")
    names = ", ".join(map(shown, missing[:_MAX_SHOWN]))
    return refusal("missing", f"{len(missing)} of {len(wanted)} tensors of {backbone} are missing: {names}.")


def _is_attention(name: str) -> bool:
    return ".attn." in name or ".attention." in name


def _holds(known: Iterable[str], mark: str | None) -> bool:
    return mark is not None and any(name.endswith(mark) for name in known)


def _foreign(backbone: str, others: list[str]) -> WeightsError:
    """Return the error for a file with more than the backbone and its head."""
    names = ", ".join(map(shown, others[:_MAX_SHOWN]))
    text = f"it holds {len(others)} tensors that {backbone} does not have: {names}."
    return refusal("names", f"{text} It is another architecture, or more than this network.")
