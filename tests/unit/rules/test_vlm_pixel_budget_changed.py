from typing import Any

import pytest

from pairs import QWEN, made, merged_of, source_of
from slowlens.facts.runtimes import ENGINES, Runtime
from slowlens.findings import Applicability, Edit, Finding, Severity
from slowlens.jsonvalue import ABSENT
from slowlens.rules.vlm_pixel_budget_changed import check

V4, V5 = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5
FILE, NESTED = "preprocessor_config.json", "processor_config.json"
EDGES = {"shortest_edge": 3136, "longest_edge": 12845056}
SMALL_EDGES = {"shortest_edge": 3136, "longest_edge": 1003520}
HUB = {"min_pixels": 3136, "max_pixels": 12845056}
SMALL = {"min_pixels": 3136, "max_pixels": 1003520}
QWEN3: dict[str, Any] = {"model_type": "qwen3_vl", "text_config": {}}


def own(config: Any = QWEN, kind: str = "Qwen2VLImageProcessor", **settings: Any) -> Any:
    return made(config, preprocessor_config_json={"image_processor_type": kind, **settings})


def nested(config: Any = QWEN, **settings: Any) -> Any:
    values = {"image_processor_type": "Qwen2VLImageProcessorFast", **settings}
    return made(config, processor_config_json={"image_processor": values})


def found(merged: Any, source: Any = None) -> list[Finding]:
    return list(check(merged_of(merged), None if source is None else source_of(source)))


def edits(finding: Finding) -> tuple[Edit, ...]:
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert "answers change" in finding.fix.reason
    return finding.fix.edits


def test_a_larger_budget_is_told_in_tokens_for_every_runtime() -> None:
    (finding,) = found(own(**HUB), own(**SMALL))
    assert finding.message == (
        "a 1920x1080 picture becomes 2691 tokens instead of 1222: preprocessor_config.json allows "
        "12845056 pixels, the source 1003520"
    )
    assert finding.severity is Severity.WARNING
    assert finding.affects == (V4, V5, *ENGINES)
    assert "2.2 times the image tokens" in finding.cost
    assert "12.8 times for the largest" in finding.cost
    assert [e.pointer for e in finding.evidence] == [("min_pixels",), ("max_pixels",)]  # type: ignore[union-attr]


def test_the_fix_writes_all_four_keys() -> None:
    (finding,) = found(own(**HUB), own(**SMALL))
    assert edits(finding) == (
        Edit(FILE, ("max_pixels",), before=12845056, after=1003520),
        Edit(
            FILE,
            ("size",),
            before=ABSENT,
            after={"shortest_edge": 3136, "longest_edge": 1003520},
        ),
    )


def test_the_fix_goes_into_every_file_that_a_version_reads() -> None:
    merged = made(
        QWEN,
        preprocessor_config_json={"image_processor_type": "Qwen2VLImageProcessor", **HUB},
        processor_config_json={
            "image_processor": {"image_processor_type": "Qwen2VLImageProcessor", "size": EDGES}
        },
    )
    (finding,) = found(merged, own(**SMALL))
    assert edits(finding)[2:] == (
        Edit(NESTED, ("image_processor", "min_pixels"), before=ABSENT, after=3136),
        Edit(NESTED, ("image_processor", "max_pixels"), before=ABSENT, after=1003520),
        Edit(
            NESTED,
            ("image_processor", "size", "longest_edge"),
            before=12845056,
            after=1003520,
        ),
    )


def test_size_alone_is_another_budget_for_transformers_4_only() -> None:
    (finding,) = found(own(size=EDGES), own(**HUB))
    assert finding.affects == (V4,)
    assert "becomes 1222 tokens instead of 2691 (transformers 4 generate): " in finding.message
    assert "in size, which transformers 4.52 does not read" in finding.message
    assert finding.severity is Severity.WARNING
    assert {e.pointer: e.after for e in edits(finding)} == {
        ("min_pixels",): 3136,
        ("max_pixels",): 12845056,
    }


def test_without_a_source_that_is_a_note() -> None:
    (finding,) = found(own(size=EDGES))
    assert (finding.severity, finding.affects) == (Severity.NOTE, (V4,))
    assert edits(finding)


def test_what_only_an_older_version_reads_of_the_source_still_counts() -> None:
    source = made(
        QWEN,
        preprocessor_config_json={"image_processor_type": "Qwen2VLImageProcessor", **SMALL},
        processor_config_json={"image_processor": {"size": {"shortest_edge": 1}}},
    )
    (finding,) = found(own(**HUB), source)
    assert finding.affects == (V4,)
    assert Edit(FILE, ("max_pixels",), before=12845056, after=1003520) in edits(finding)


def test_only_larger_pictures_change() -> None:
    (finding,) = found(own(**HUB), own(min_pixels=3136, max_pixels=4194304))
    assert "a picture becomes up to 16384 tokens instead of 5349" in finding.message
    assert finding.severity is Severity.WARNING


def test_only_small_pictures_change() -> None:
    (finding,) = found(own(**{**HUB, "min_pixels": 200704}), own(**HUB))
    assert "a picture becomes at least 256 tokens instead of 4" in finding.message
    assert "asks for at least 200704 pixels, the source for 3136" in finding.message
    assert finding.severity is Severity.NOTE


def test_another_patch_is_another_count_and_goes_back() -> None:
    (finding,) = found(own(**HUB, patch_size=16), own(**HUB, patch_size=14))
    assert "makes one token of 32 pixels square, the source of 28" in finding.message
    assert Edit(FILE, ("patch_size",), before=16, after=14) in edits(finding)


@pytest.mark.parametrize(
    ("merged", "source"),
    [
        (own(**HUB), own(**HUB)),
        (nested(size=EDGES), nested(size=EDGES)),
        (own(**HUB, size=EDGES), own(**HUB)),
        (nested(size=EDGES), own(**HUB)),
        (own(), own(**SMALL)),
        (own(**{**HUB, "max_pixels": 12845057}), own(**HUB)),
        (own(**HUB, do_resize=False), own(**SMALL)),
        (own(**HUB, size=EDGES), own(size=EDGES)),
        (own(size=EDGES), own(size=EDGES)),
        (own(**HUB), made(QWEN)),
        (made(QWEN), own(**HUB)),
        (made(QWEN), None),
        (own(**HUB), None),
        (own(QWEN3, size=EDGES), None),
        (nested(QWEN3, size=EDGES), own(QWEN3, size=EDGES)),
        (own(QWEN, "CLIPImageProcessor", **HUB), own(QWEN, "CLIPImageProcessor", **SMALL)),
    ],
)
def test_no_alarm(merged: Any, source: Any) -> None:
    assert not found(merged, source)


@pytest.mark.parametrize(
    "odd", ["1", None, [], {}, True, -1, 0, 1e400, 10**400, float("nan"), [10**400]]
)
@pytest.mark.parametrize("key", ["min_pixels", "max_pixels", "size", "patch_size", "merge_size"])
def test_odd_values_never_crash(key: str, odd: Any) -> None:
    for settings in ({**HUB, key: odd}, {**SMALL, "size": {"longest_edge": odd}}):
        found(own(**settings), own(**SMALL))
        found(own(**SMALL), own(**settings))
        found(own(**settings))


def test_a_class_that_the_file_does_not_name_follows_from_the_model() -> None:
    plain, small = ({"preprocessor_config_json": values} for values in (HUB, SMALL))
    assert found(made(QWEN, **plain), made(QWEN, **small))
    assert not found(made({"model_type": "llava"}, **plain), made({"model_type": "llava"}, **small))


TILES = {"do_image_splitting": True, "size": {"longest_edge": 1536}, "num_crops": 4}


def tiled(**settings: Any) -> Any:
    return own({"model_type": "idefics3"}, "Idefics3ImageProcessor", **settings)


def test_tiles_are_compared_key_by_key() -> None:
    (finding,) = found(tiled(**TILES), tiled(**{**TILES, "do_image_splitting": False}))
    assert finding.message == (
        "preprocessor_config.json sets do_image_splitting to true, the source to false: a picture "
        "becomes another number of tokens"
    )
    assert (finding.severity, finding.affects) == (Severity.WARNING, (V4, V5, *ENGINES))
    assert edits(finding) == (Edit(FILE, ("do_image_splitting",), before=True, after=False),)


def test_tiles_of_a_nested_processor_concern_the_newer_runtimes() -> None:
    config = {"model_type": "idefics3"}
    merged = made(
        config,
        preprocessor_config_json={"image_processor_type": "Idefics3ImageProcessor", **TILES},
        processor_config_json={
            "image_processor": {
                "image_processor_type": "Idefics3ImageProcessorFast",
                "num_crops": 9,
            }
        },
    )
    (finding,) = found(merged, tiled(**TILES))
    assert finding.affects == (V5, *ENGINES)
    assert "sets image_processor.num_crops to 9, the source to 4" in finding.message
    assert edits(finding)[0].pointer == ("image_processor", "num_crops")


@pytest.mark.parametrize(
    ("merged", "source"),
    [
        (tiled(**TILES), tiled(**TILES)),
        (tiled(), tiled(**TILES)),
        (tiled(**TILES), tiled()),
        (tiled(size=336), tiled(size={"shortest_edge": 336})),
        (tiled(size={"height": 336, "width": 336}), tiled(size={"shortest_edge": 336, "x": None})),
        (tiled(num_crops=None), tiled(num_crops=4)),
        (tiled(num_crops=4), tiled(num_crops=None)),
        (tiled(image_mean=1), tiled(image_mean=2)),
        (own(QWEN, "OtherImageProcessor", num_crops=4), tiled(num_crops=5)),
        (tiled(num_crops=4), made({"model_type": "idefics3"})),
    ],
)
def test_no_alarm_about_tiles(merged: Any, source: Any) -> None:
    assert not found(merged, source)


def test_tiles_of_two_sizes_differ() -> None:
    assert found(tiled(size={"height": 2, "width": 1}), tiled(size={"height": 1, "width": 1}))
    assert found(tiled(size={}), tiled(size={"height": 1}))


@pytest.mark.parametrize(
    ("old", "count"),
    [(HUB, 0), ({"size": EDGES}, 1), (SMALL, 0)],
)
def test_two_files_that_disagree_are_another_rules_matter(old: Any, count: int) -> None:
    """But a size that transformers 4 cannot read is this rule's, whatever the second file says."""
    kind = {"image_processor_type": "Qwen2VLImageProcessor"}
    two = made(
        QWEN,
        preprocessor_config_json={**kind, **old},
        processor_config_json={"image_processor": {**kind, "size": EDGES}},
    )
    found_alone = [finding for finding in found(two) if finding.affects == (V4,)]
    assert len(found_alone) == count
    both = made(
        QWEN,
        preprocessor_config_json={**kind, **HUB},
        processor_config_json={"image_processor": {**kind, "size": SMALL_EDGES}},
    )
    assert not found(both)
    assert found(both, own(**HUB))
