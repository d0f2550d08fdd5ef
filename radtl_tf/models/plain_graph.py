"""Turn a network of ``keras.applications`` into a plain graph, in which every step is a layer of the model itself.

Cuts, folding, Grad-CAM and CKA walk along ``model.layers``. They would miss what is not in that list: the layers of an
inner model, and sums that are written as ``+``: docs/decisions/0028-more-backbones.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

import keras

_PREPROCESSING = (keras.layers.Rescaling, keras.layers.Normalization)

Chain = list[keras.Layer]


def plain_graph(model: keras.Model) -> keras.Model:
    """Return a model that computes the same on images that are already in its pixel convention.

    It is ``model`` itself if that is plain, or else a copy with the same weights in which

    - inner models are replaced by their layers, and sums of tensors by ``Add`` layers;
    - preprocessing (``Rescaling``, ``Normalization``) is left out, because the pixel convention does it;
    - a convolution with one group per channel is a ``DepthwiseConv2D``, whose kernel has the same numbers in another
      shape. TensorFlow's CPU takes 30 times as long for the former.

    Raises:
        ValueError: the model has an operation that is neither a layer nor a sum.
    """
    if all(_is_plain(operation) for operation in model.operations):
        return model
    pairs: list[tuple[keras.Layer, keras.Layer]] = []
    copy = keras.models.clone_model(model, clone_function=partial(_chain, pairs), call_function=_called)
    for original, layer in pairs:
        shapes = [weight.shape for weight in layer.weights]
        values = [keras.ops.convert_to_numpy(weight) for weight in original.weights]
        layer.set_weights([value.reshape(shape) for value, shape in zip(values, shapes, strict=True)])
    return copy


def number_from_zero(model: keras.Model) -> None:
    """Let Keras' automatic numbers of layers begin with zero in each kind, so that every build has equal names.

    Their order stays, which is the order in which the layers were made: weights files are compared with it.
    """
    kinds: dict[str, dict[keras.Layer, int]] = defaultdict(dict)
    for layer in model.layers:
        kind = keras_kind(layer)
        if found := re.fullmatch(rf"{kind}(?:_(\d+))?", layer.name):
            kinds[kind][layer] = int(found[1] or 0)
        elif isinstance(layer, keras.layers.InputLayer):
            kinds[kind][layer] = -1
    for kind, numbers in kinds.items():
        for place, layer in enumerate(sorted(numbers, key=numbers.__getitem__)):
            layer.name = f"{kind}_{place}" if place else kind


def keras_kind(layer: keras.Layer) -> str:
    """Return the class of a layer as Keras writes it in automatic names: ``conv2d`` for ``Conv2D``."""
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", type(layer).__name__)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _is_plain(operation: Any) -> bool:
    inner = isinstance(operation, (keras.Model, *_PREPROCESSING))
    return isinstance(operation, keras.Layer) and not inner and not _is_depthwise(operation)


def _is_depthwise(layer: Any) -> bool:
    return type(layer) is keras.layers.Conv2D and layer.groups == layer.filters > 1


def _chain(pairs: list[tuple[keras.Layer, keras.Layer]], operation: Any) -> Chain:
    """Return the layers that take the place of an operation, and note which layer each of them copies."""
    if not isinstance(operation, keras.Layer):
        if type(operation).__name__ != "Add":
            raise ValueError(f"{operation.name} is neither a layer nor a sum")
        return [keras.layers.Add()]
    if isinstance(operation, keras.Sequential):
        return [copy for layer in operation.layers for copy in _chain(pairs, layer)]
    if isinstance(operation, keras.Model):
        raise ValueError(f"{operation.name} is an inner model that is not sequential")
    if isinstance(operation, _PREPROCESSING):
        return []
    pairs.append((operation, _copied(operation)))
    return [pairs[-1][1]]


def _copied(layer: Any) -> keras.Layer:
    config = layer.get_config()
    if not _is_depthwise(layer):
        return type(layer).from_config(config)
    config["depthwise_initializer"] = config.pop("kernel_initializer")
    dropped = ("filters", "groups", "kernel_regularizer", "kernel_constraint")
    return keras.layers.DepthwiseConv2D(**{key: value for key, value in config.items() if key not in dropped})


def _called(chain: Chain, *tensors: Any, **options: Any) -> Any:
    """Call the layers of a chain one after the other."""
    if len(tensors) > 1:
        return chain[0](list(tensors))
    if len(chain) == 1:
        return chain[0](*tensors, **options)
    (tensor,) = tensors
    for layer in chain:
        tensor = layer(tensor)
    return tensor


def global_average(layers: Sequence[keras.Layer]) -> int | None:
    """Return the position of the global average of the last feature map, or ``None`` without one.

    Most backbones end with this average; ConvNeXt then normalizes it.
    """
    places = [place for place, layer in enumerate(layers) if isinstance(layer, keras.layers.GlobalAveragePooling2D)]
    return places[-1] if places else None
