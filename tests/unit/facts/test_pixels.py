"""Tokens of pictures and videos; the live tests compare the counts with the processors."""

from typing import Any

import pytest

from pairs import EVERY_DEFAULTS, QWEN, made
from slowlens.facts.effective import effective_settings
from slowlens.facts.pictures.pixels import PixelBudget
from slowlens.facts.pictures.processors import video_part
from slowlens.facts.pictures.videos import video_budget
from slowlens.facts.runtimes import ENGINES, Runtime
from slowlens.facts.settings import Setting

V4, V5, SGLANG = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5, Runtime.SGLANG
FILE = "preprocessor_config.json"
KIND = {"image_processor_type": "Qwen2VLImageProcessor"}
EDGES = {"size": {"shortest_edge": 3136, "longest_edge": 12845056}}
HUB = {**KIND, "min_pixels": 3136, "max_pixels": 12845056}


def tokens(checkpoint: Any) -> dict[Runtime, Setting]:
    return dict(effective_settings(checkpoint, EVERY_DEFAULTS).get("image_tokens", {}))


def test_the_setting_names_the_file_and_says_why() -> None:
    found = tokens(made(QWEN, preprocessor_config_json={**KIND, **EDGES}))
    assert found[V4].value == 1222
    assert "4.52 ignores size" in found[V4].note
    assert found[V5] == Setting(2691, FILE)
    assert found[Runtime.VLLM] == Setting(2691, FILE)
    assert "a limit of its own" in found[SGLANG].note


def test_a_file_that_a_version_does_not_find() -> None:
    found = tokens(made(QWEN, processor_config_json={"image_processor": HUB}))
    assert found[V4].fails
    assert {found[r].value for r in (V5, *ENGINES)} == {2691}


def test_later_models_are_read_as_later_versions_do() -> None:
    config = {"model_type": "qwen3_vl"}
    found = tokens(made(config, preprocessor_config_json={**KIND, **EDGES}))
    assert (found[V4].value, found[V4].note) == (2691, "")
    nested = tokens(made(config, processor_config_json={"image_processor": HUB}))
    assert not nested[V4].fails


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"preprocessor_config_json": {"image_processor_type": "CLIPImageProcessor"}},
        {"preprocessor_config_json": {**HUB, "do_resize": False}},
        {"preprocessor_config_json": {**HUB, "max_pixels": "x"}},
        {"preprocessor_config_json": {**KIND, "size": {"longest_edge": 9}}},
    ],
)
def test_no_setting_without_a_count(files: Any) -> None:
    assert tokens(made(QWEN, **files)) == {}


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(1920, 1080, 2691), (3840, 2160, 10549), (56, 56, 4), (10, 10, 4), (28, 5600, 200)],
)
def test_a_picture_keeps_its_shape_within_the_budget(
    width: int, height: int, expected: int
) -> None:
    assert PixelBudget(3136, 12845056, 28, FILE).tokens(width, height) == expected


def test_the_ends_of_a_budget() -> None:
    budget = PixelBudget(3136, 1003520, 28, FILE)
    assert (budget.floor, budget.ceiling) == (4, 1280)
    assert PixelBudget(1, 2, 28, FILE).ceiling == 1


def test_videos_fall_back_to_the_settings_for_pictures() -> None:
    checkpoint = made(QWEN, preprocessor_config_json=HUB)
    part = video_part(checkpoint, V5)
    assert part is not None
    assert part.file == FILE
    budget = video_budget(checkpoint, V5)
    assert budget is not None
    assert (budget.frames, budget.tokens) == (120, 60 * 26 * 46)


def test_nested_videos_come_first_for_all_but_transformers_4_52() -> None:
    checkpoint = made(
        QWEN,
        preprocessor_config_json=HUB,
        processor_config_json={"video_processor": {"max_pixels": 50176}},
    )
    files = {r: video_part(checkpoint, r) for r in (V4, V5)}
    assert {r: part.file for r, part in files.items() if part} == {
        V4: FILE,
        V5: "processor_config.json",
    }
    newer = made({"model_type": "qwen3_vl"}, processor_config_json={"video_processor": {}})
    assert video_part(newer, V4) is not None
    assert video_part(made(QWEN, processor_config_json={"video_processor": {}}), V4) is None
