"""Processor files, quantisation files and adapters."""

import pytest

from pairs import compared, differing, made
from slowlens.facts.difference import Effect
from slowlens.jsonvalue import ABSENT

OLD = {"image_processor_type": "Qwen2VLImageProcessor", "min_pixels": 3136, "max_pixels": 802816}
SIZE = {"shortest_edge": 3136, "longest_edge": 802816}
NEW = {"image_processor": {"image_processor_type": "Qwen2VLImageProcessorFast", "size": SIZE}}


def test_pixels_and_size_are_the_same_budget() -> None:
    source, merged = made(preprocessor_config_json=OLD), made(processor_config_json=NEW)
    assert differing(source, merged) == {}
    notes = {d.key: d.note for d in compared(source, merged).unchanged}
    assert "transformers 4.52 and older read only min and max_pixels" in notes["size.longest_edge"]


def test_pixels_count_where_size_contradicts_them() -> None:
    both = {**OLD, "size": {"shortest_edge": 1, "longest_edge": 2}}
    assert differing(made(preprocessor_config_json=OLD), made(preprocessor_config_json=both)) == {}


def test_another_budget_is_speed() -> None:
    more = {**OLD, "max_pixels": 12845056}
    found = differing(made(preprocessor_config_json=OLD), made(preprocessor_config_json=more))
    assert found["max_pixels"].effect is Effect.SPEED
    assert (found["max_pixels"].source, found["max_pixels"].merged) == (802816, 12845056)


def test_a_budget_that_is_gone_is_told() -> None:
    none = {"image_processor_type": "Qwen2VLImageProcessor"}
    found = differing(made(preprocessor_config_json=OLD), made(preprocessor_config_json=none))
    assert set(found) == {"min_pixels", "max_pixels"}


def test_what_processor_config_nests_counts_before_the_old_file() -> None:
    stale = made(preprocessor_config_json={**OLD, "max_pixels": 5}, processor_config_json=NEW)
    merged = made(processor_config_json=NEW)
    assert differing(stale, merged) == {}


@pytest.mark.parametrize(
    ("merged", "effect"),
    [
        ({"patch_size": 16}, Effect.SPEED),
        ({"image_mean": [0, 0, 0]}, Effect.OUTPUT),
        ({"whatever": 1}, Effect.COSMETIC),
    ],
)
def test_one_difference(merged: dict[str, object], effect: Effect) -> None:
    found = differing(
        made(preprocessor_config_json=OLD), made(preprocessor_config_json={**OLD, **merged})
    )
    assert list(found) == list(merged)
    assert next(iter(found.values())).effect is effect


def test_a_lost_processor_is_told() -> None:
    (found,) = compared(made(preprocessor_config_json=OLD), made()).differences
    assert (found.file, found.key, found.merged) == ("preprocessor_config.json", "", ABSENT)


def test_a_lost_video_file_is_cosmetic() -> None:
    video = {"video_processor": {"fps": 2}}
    (found,) = compared(made(), made(processor_config_json=video)).differences
    assert (found.file, found.effect) == ("video_preprocessor_config.json", Effect.COSMETIC)


def test_an_adapter_that_appears_costs_speed() -> None:
    (found,) = compared(made(), made(adapter_config_json={"r": 8})).differences
    assert (found.file, found.key, found.effect) == ("adapter_config.json", "", Effect.SPEED)


def test_an_adapter_that_went_is_what_a_merge_is_for() -> None:
    (found,) = compared(made(adapter_config_json={"r": 8}), made()).differences
    assert found.effect is Effect.COSMETIC


def test_two_adapters_are_compared_key_by_key() -> None:
    source, merged = ({"r": 8, "lora_alpha": alpha, "inference_mode": True} for alpha in (16, 0))
    found = differing(made(adapter_config_json=source), made(adapter_config_json=merged))
    assert [(d.key, d.effect) for d in found.values()] == [("lora_alpha", Effect.OUTPUT)]


def test_a_quantisation_file_that_is_gone() -> None:
    (found,) = compared(made(quantize_config_json={"bits": 4}), made()).differences
    assert (found.file, found.effect) == ("quantize_config.json", Effect.SPEED)
