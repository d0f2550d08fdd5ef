from __future__ import annotations

import pytest

from radtl_tf.errors import WeightsError
from radtl_tf.models.weights.pytorch_names import MODULES, TWINS, match, modules
from radtl_tf.models.weights.schema import LayerSchema, Schema

NORM = tuple((name, (4,)) for name in ("weight", "bias", "running_mean", "running_var"))
SMALL = Schema(
    "ResNet50Torch",
    False,
    (LayerSchema("conv1", "conv2d", (("weight", (4, 3, 1, 1)),)), LayerSchema("layer1.0.bn1", "batch_norm", NORM)),
    {},
)
WANTED = ("conv1.weight", *(f"layer1.0.bn1.{name}" for name, _ in NORM))


def test_names_are_found_in_the_order_of_the_schema() -> None:
    found = match(SMALL, [*reversed(WANTED), "layer1.0.bn1.num_batches_tracked"])
    assert (found.names, found.copies, found.head, found.prefix, found.numbered) == (WANTED, (), (), "", False)


@pytest.mark.parametrize("prefix", ["module.", "backbone.", "module.model.encoder."])
def test_a_prefix_is_understood(prefix: str) -> None:
    names = [prefix + name for name in WANTED]
    found = match(SMALL, [*names, f"{prefix}fc.weight", "classifier.0.bias"])
    assert (found.names, found.prefix) == (tuple(names), prefix)
    assert modules(found.head) == (f"{prefix}fc", "classifier.0")


def test_numbered_children_are_understood() -> None:
    """RadImageNet's files hold ``nn.Sequential(*network.children())``: conv1, bn1, relu, maxpool, layer1, ..."""
    names = [
        f"backbone.{name.replace('conv1.weight', '0.weight').replace('layer1.0.bn1', '4.0.bn1')}" for name in WANTED
    ]
    found = match(SMALL, names)
    assert (found.names, found.prefix, found.numbered) == (tuple(names), "backbone.", True)


@pytest.mark.parametrize(("place", "with_head"), [("15", False), ("16", True)])
def test_children_of_inception_have_two_numberings(place: str, with_head: bool) -> None:
    """Torchvision counts the auxiliary classifier, if there is one, as child 15."""
    schema = Schema(
        "InceptionV3Torch",
        False,
        tuple(
            LayerSchema(f"{name}.conv", "conv2d", (("weight", (1,)),)) for name in ("Conv2d_1a_3x3", "Mixed_7a.branch")
        ),
        {},
    )
    head = ["15.conv0.conv.weight"] * with_head
    found = match(schema, ["0.conv.weight", f"{place}.branch.conv.weight", *head])
    assert found.numbered and list(found.head) == head


def test_old_names_of_densenet_are_understood() -> None:
    layers = (LayerSchema("features.denseblock1.denselayer1.norm1", "batch_norm", (("bias", (4,)),)),)
    found = match(Schema("DenseNet121", False, layers, {}), ["features.denseblock1.denselayer1.norm.1.bias"])
    assert found.names == ("features.denseblock1.denselayer1.norm.1.bias",)


def test_second_names_of_the_same_tensors_are_noted() -> None:
    found = match(SMALL, [*WANTED, *(f"model.{name}" for name in WANTED)])
    assert found.names == WANTED
    assert found.copies == tuple((f"model.{name}", place) for place, name in enumerate(WANTED))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (WANTED[1:], r"\(missing\): 1 of 5 .*'conv1\.weight'"),
        ([], r"\(missing\): 5 of 5 "),
        ([*WANTED, "layer1.0.conv4.weight"], r"\(names\): .*'layer1\.0\.conv4\.weight'"),
        ([*WANTED, "layer1.0.classifier.weight"], r"\(names\)"),  # a layer within the network is not a head
        ([*WANTED, "decoder.weight"], r"\(names\)"),
        (["features.28.weight"], r"\(backbone\): .*VGG16"),
        (["x.denseblock3.denselayer24.conv1.weight"], r"\(backbone\): .*DenseNet121"),
        (["blocks.0.attn.qkv.weight"], r"\(backbone\): .*transformer"),
        (["a\nb" * 100], r"\(missing\)"),
    ],
)
def test_other_files_are_refused(names: list[str], message: str) -> None:
    with pytest.raises(WeightsError, match=message) as caught:
        match(SMALL, names)
    assert "\n" not in str(caught.value)


def test_layers_of_keras_have_the_names_of_torchvision() -> None:
    blocks = {"conv1_conv": "features.conv0", "conv1_bn": "features.norm0", "bn": "features.norm5"}
    blocks |= {"conv4_block24_1_bn": "features.denseblock3.denselayer24.norm2", "pool3_bn": "features.transition2.norm"}
    blocks |= {"conv2_block1_0_bn": "features.denseblock1.denselayer1.norm1", "pool2_conv": "features.transition1.conv"}
    assert {name: MODULES["DenseNet121"](name) for name in blocks} == blocks
    convolutions = [(block + 1, place + 1) for block, count in enumerate((2, 2, 3, 3, 3)) for place in range(count)]
    places = [MODULES["VGG16"](f"block{block}_conv{place}") for block, place in convolutions]
    assert [int(place.split(".")[1]) for place in places] == [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]


def test_each_twin_has_a_layout() -> None:
    assert set(TWINS.values()) <= set(MODULES) and not set(TWINS) & set(MODULES)
