"""What became of the source's tensors."""

import sys
from collections.abc import Mapping

import pytest

from pairs import made
from slowlens.facts.weights.tensors import Changes, tensor_changes

Tensors = Mapping[str, tuple[str, tuple[int, ...]]]
KIND = ("BF16", (8, 8))
SOURCE: Tensors = dict.fromkeys(("model.embed_tokens.weight", "model.layers.0.q.weight"), KIND)


def changes(source: Tensors, merged: Tensors) -> Changes:
    found = tensor_changes(made(tensors=source).weights, made(tensors=merged).weights)
    assert found is not None
    return found


def test_the_same() -> None:
    assert changes(SOURCE, SOURCE) == Changes(compared=2, compared_size=256, sizes=(256, 256))


def test_lost_and_extra() -> None:
    found = changes(SOURCE, {"model.embed_tokens.weight": KIND, "foo": KIND})
    assert [tensor.name for tensor in found.lost] == ["model.layers.0.q.weight"]
    assert [tensor.name for tensor in found.extra] == ["foo"]
    assert (found.compared, found.compared_size, found.sizes) == (1, 128, (256, 256))


def test_recast_and_reshaped() -> None:
    found = changes(SOURCE, SOURCE | {"model.layers.0.q.weight": ("F32", (8, 4))})
    assert [change.merged.dtype for change in found.recast] == ["F32"]
    assert [change.merged.shape for change in found.reshaped] == [(8, 4)]
    assert changes(SOURCE, SOURCE | {"model.layers.0.q.weight": ("F32", (8, 8))}).reshaped == ()
    assert changes(SOURCE, SOURCE | {"model.layers.0.q.weight": ("BF16", (4, 8))}).recast == ()


@pytest.mark.parametrize(
    "wrapper",
    [
        "_orig_mod.",
        "module.",
        "module.module.",
        "base_model.model.",
        "_fsdp_wrapped_module.",
        "_checkpoint_wrapped_module.",
    ],
)
def test_a_wrapper_is_a_rename(wrapper: str) -> None:
    found = changes(SOURCE, {f"{wrapper}{name}": KIND for name in SOURCE})
    assert [change.wrapper for change in found.renamed] == [wrapper] * 2
    assert (found.lost, found.extra, found.compared) == ((), (), 2)


def test_what_the_source_was_wrapped_in_is_no_longer_in_the_way() -> None:
    found = changes({f"module.{name}": KIND for name in SOURCE}, SOURCE)
    assert [change.wrapper for change in found.renamed] == ["", ""]


@pytest.mark.parametrize("inside", ["base_layer", "modules_to_save.default"])
def test_an_adapter_in_the_middle_of_a_name(inside: str) -> None:
    merged = {name.replace(".weight", f".{inside}.weight"): KIND for name in SOURCE}
    assert {change.wrapper for change in changes(SOURCE, merged).renamed} == {f"{inside}."}


def test_a_layout_is_a_rename_without_wrapper() -> None:
    merged = {name.replace("model.", "model.language_model."): ("F32", (8, 8)) for name in SOURCE}
    found = changes(SOURCE, merged)
    assert {change.wrapper for change in found.renamed} == {""}
    assert {change.prefixes for change in found.renamed} == {("model.*", "model.language_model.*")}
    assert found.recast == found.renamed


@pytest.mark.parametrize(("source", "merged"), [({}, SOURCE), (SOURCE, {}), ({}, {})])
def test_without_headers_nothing_is_compared(source: Tensors, merged: Tensors) -> None:
    assert tensor_changes(made(tensors=source).weights, made(tensors=merged).weights) is None


def calls(layers: int) -> int:
    names = [f"model.layers.{layer}.q.weight" for layer in range(layers)]
    source = made(tensors=dict.fromkeys(names, KIND))
    merged = made(tensors={f"module.{name}": KIND for name in names})
    count = 0

    def counting(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        tensor_changes(source.weights, merged.weights)
    finally:
        sys.setprofile(before)
    return count


def test_twice_the_tensors_are_no_more_than_twice_the_work() -> None:
    calls(1)
    assert 100 < calls(200) < 2.1 * calls(100)
