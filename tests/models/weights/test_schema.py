from __future__ import annotations

import pytest

from radtl_tf.errors import WeightsError
from radtl_tf.models.weights.schema import FileLayer, LayerSchema, Schema, plan, shown

KERNEL = (("kernel", (1, 1, 2, 2)),)


def schema(*names: str, numbered: bool = False) -> Schema:
    layers = tuple(LayerSchema(name, "conv2d", KERNEL) for name in names)
    return Schema("Small", numbered, layers, {"Small": len(names), "Other": 9})


def found(*names: str, tensor: str = "kernel:0") -> list[FileLayer]:
    return [FileLayer(name, ((f"{name}/{tensor}", f"{name}/{name}/{tensor}"),)) for name in names]


def names(layers: list[FileLayer]) -> list[str]:
    return [layer.name for layer in layers]


def test_same_names_match() -> None:
    assert names(plan(schema("a", "b"), found("a", "b"))) == ["a", "b"]


def test_names_of_keras_2_with_slashes_match() -> None:
    assert names(plan(schema("conv1_conv"), found("conv1/conv"))) == ["conv1/conv"]


def test_depthwise_kernel_of_keras_2_matches() -> None:
    assert plan(schema("a"), found("a", tensor="depthwise_kernel:0"))


def test_the_top_stays_out() -> None:
    assert names(plan(schema("a", "b"), found("a", "b", "predictions"))) == ["a", "b"]


def test_automatic_numbers_count_by_their_rank() -> None:
    wanted = schema("conv2d", "conv2d_2", "conv2d_1", numbered=True)
    file = found("conv2d_94", "conv2d_99", "conv2d_95")
    assert names(plan(wanted, file)) == names(file)


@pytest.mark.parametrize(
    ("wanted", "file", "message"),
    [
        (
            schema("a", "b", "c"),
            found("a", "c", "b"),
            r"\(names\): .*'b'.*'c'",
        ),
        (schema("a", "b"), found("a", "a"), r"\(names\): .*'a' .*once"),
        (
            schema("conv_a", "b"),
            found("conv_x", "b"),
            r"\(names\): 1 of 2 .*'conv_a' .*'conv_x'",
        ),
        (schema("a", "b", "c"), found("a", "b"), r"\(missing\): 1 of 3 .*Small .*'c'"),
        (schema("a", "b"), found(*"cdefghijk"), r"\(backbone\): .*Other \(9 "),
        (schema("a", "b"), found(*"cdefghijkl"), r"\(backbone\): .*Other"),
        (schema("a"), found(*"abcdef"), r"\(names\): 5 layers"),
        (schema("a"), found("a", tensor="gamma:0"), r"\(missing\): .*'a' .*kernel"),
        (schema("a"), [], r"\(missing\): 1 of 1"),
        (
            schema("conv2d", "conv2d_2", "conv2d_1", numbered=True),
            found("conv2d_94", "conv2d_95", "conv2d_99"),
            r"\(names\): .*order",
        ),
        (schema("conv2d", "conv2d_1", numbered=True), found("a", "b"), r"\(names\): 2 of 2"),
    ],
)
def test_other_files_are_refused(wanted: Schema, file: list[FileLayer], message: str) -> None:
    with pytest.raises(WeightsError, match=f"refused {message}"):
        plan(wanted, file)


@pytest.mark.parametrize(("ours", "theirs"), [("Net", "NetTorch"), ("NetTorch", "Net")])
def test_the_graphs_of_keras_and_pytorch_are_told_apart(ours: str, theirs: str) -> None:
    """They have equally many layers with weights; only the names of PyTorch have dots."""
    layers = {"Net": ["conv1_conv", "conv2_conv"], "NetTorch": ["conv1", "layer1.0.conv1"]}
    wanted = schema(*layers[ours])
    wanted = Schema(ours, False, wanted.layers, {"Net": 2, "NetTorch": 2})
    with pytest.raises(WeightsError, match=rf"\(backbone\): it looks like {theirs} "):
        plan(wanted, found(*layers[theirs], "top"))
    with pytest.raises(WeightsError, match=r"\(missing\)|\(names\)"):
        plan(wanted, found(layers[ours][0]))


def test_tensors_in_another_order_are_refused() -> None:
    layer = LayerSchema("bn", "batch_normalization", (("gamma", (4,)), ("beta", (4,))))
    wanted = Schema("Small", False, (layer,), {})
    swapped = [FileLayer("bn", (("bn/beta:0", "x"), ("bn/gamma:0", "y")))]
    more = [FileLayer("bn", (("bn/gamma:0", "x"), ("bn/beta:0", "y"), ("bn/beta:0", "z")))]
    for file in (swapped, more):
        with pytest.raises(WeightsError, match=r"\(names\): .*'bn' .*order"):
            plan(wanted, file)


def owned(**owners: str) -> list[FileLayer]:
    """Return layers whose kernels have the names of the given layers."""
    return [FileLayer(name, ((f"{owner}/kernel:0", name),)) for name, owner in owners.items()]


@pytest.mark.parametrize(
    ("numbered", "owners"),
    [
        (False, {"a": "b", "b": "a"}),
        (False, {"a": "outer/b", "b": "outer/a"}),
        (False, {"a_1": "b/1", "b_1": "a/1"}),
        (True, {"conv2d_5": "conv2d_6", "conv2d_6": "conv2d_5"}),
    ],
)
def test_exchanged_layers_are_refused(numbered: bool, owners: dict[str, str]) -> None:
    with pytest.raises(WeightsError, match=r"refused \(names\): .*tensors of"):
        plan(schema(*owners, numbered=numbered), owned(**owners))


@pytest.mark.parametrize(
    "owners",
    [
        {"conv2d_5": "conv2d_5", "conv2d_6": "conv2d_6"},
        {
            "conv2d_5": "conv2d_6",
            "conv2d_6": "conv2d_7",
        },  # the numbers of the tensors continue, those of the layers do not
        {"conv2d_5": "conv2d_4", "conv2d_6": "conv2d_5"},
        {"conv2d_5": "conv2d", "conv2d_6": "conv2d_1"},
    ],
)
def test_numbers_of_tensors_may_be_others_than_those_of_layers(owners: dict[str, str]) -> None:
    assert names(plan(schema(*owners, numbered=True), owned(**owners))) == list(owners)


@pytest.mark.parametrize("owner", ["resnet50/a", "replica/outer/a", "a_1", "elsewhere"])
def test_tensors_in_a_scope_match(owner: str) -> None:
    assert plan(schema("a", "b"), owned(a=owner, b=owner.replace("a", "b")))


def test_names_from_a_file_are_printed_harmlessly() -> None:
    assert shown("\x1b[2J\nü") == r"'\x1b[2J\n\xfc'"
    assert len(shown("x" * 1000)) < 90
