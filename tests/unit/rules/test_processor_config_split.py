from typing import Any

import pytest

from pairs import QWEN, made, merged_of
from slowlens.facts.runtimes import ENGINES, GENERATE
from slowlens.findings import Applicability, Edit, Finding, Severity, ValueEvidence
from slowlens.jsonvalue import ABSENT
from slowlens.rules.processor_config_split import check

FILE, NESTED, VIDEO = (
    "preprocessor_config.json",
    "processor_config.json",
    "video_preprocessor_config.json",
)
KIND = {"image_processor_type": "Qwen2VLImageProcessor"}
HUB = {**KIND, "min_pixels": 3136, "max_pixels": 12845056}
SIZE = {**KIND, "size": {"shortest_edge": 3136, "longest_edge": 12845056}}
CLIP = {"image_processor_type": "CLIPImageProcessor", "do_resize": True}


def both(own: Any, nested: Any, key: str = "image_processor", config: Any = QWEN) -> Any:
    file = "preprocessor_config_json" if key == "image_processor" else VIDEO
    return made(config, processor_config_json={key: nested}, **{file.replace(".", "_"): own})


def found(merged: Any) -> list[Finding]:
    return list(check(merged_of(merged)))


def test_a_key_with_two_values_is_named_with_its_readers() -> None:
    (finding,) = found(both({**HUB, "do_resize": False}, {**HUB, "do_resize": True}))
    assert finding.message == (
        "preprocessor_config.json and processor_config.json disagree on do_resize: transformers 4 "
        "reads the first, transformers 5, vLLM and SGLang read the second"
    )
    assert finding.severity is Severity.WARNING
    assert finding.affects == (*GENERATE, *ENGINES)
    assert finding.evidence == (
        ValueEvidence(FILE, ("do_resize",), found=False),
        ValueEvidence(NESTED, ("image_processor", "do_resize"), found=True),
    )
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.edits == (Edit(FILE, ("do_resize",), before=False, after=True),)


def test_two_budgets_are_compared_whatever_their_spelling() -> None:
    (finding,) = found(both({**KIND, "max_pixels": 1003520}, SIZE))
    assert finding.fix is not None
    assert finding.fix.edits == (
        Edit(
            FILE,
            ("size",),
            before=ABSENT,
            after={"shortest_edge": 3136, "longest_edge": 12845056},
        ),
        Edit(FILE, ("min_pixels",), before=ABSENT, after=3136),
        Edit(FILE, ("max_pixels",), before=1003520, after=12845056),
    )


def test_another_class_is_a_conflict() -> None:
    (finding,) = found(both(CLIP, {**CLIP, "image_processor_type": "SiglipImageProcessor"}))
    assert finding.fix is not None
    assert finding.fix.edits == (
        Edit(
            FILE,
            ("image_processor_type",),
            before="CLIPImageProcessor",
            after="SiglipImageProcessor",
        ),
    )


def test_videos_are_compared_with_their_own_file() -> None:
    kind = {"video_processor_type": "Qwen2VLVideoProcessor"}
    (finding,) = found(both({**kind, "fps": 2}, {**kind, "fps": 4}, "video_processor"))
    assert finding.fix is not None
    assert finding.fix.edits == (Edit(VIDEO, ("fps",), before=2, after=4),)
    pixels = {**kind, "max_pixels": 7}
    (finding,) = found(both({**kind, "size": None}, pixels, "video_processor"))
    assert {edit.pointer for edit in finding.fix.edits} == {  # type: ignore[union-attr]
        ("size",),
        ("min_pixels",),
        ("max_pixels",),
    }
    assert found(both({"max_pixels": 7}, {**kind, "min_pixels": 9}, "video_processor"))
    other = {"video_processor_type": "Qwen3VLVideoProcessor"}
    (finding,) = found(both(kind, other, "video_processor"))
    assert finding.fix.edits[0].pointer == ("video_processor_type",)  # type: ignore[union-attr]


def test_a_size_that_is_no_budget_is_compared_as_it_stands() -> None:
    (finding,) = found(both({**CLIP, "size": {"height": 1}}, {**CLIP, "size": {"height": 2}}))
    assert "disagree on size" in finding.message


@pytest.mark.parametrize(
    "merged",
    [
        both(HUB, HUB),
        both(HUB, SIZE),
        both({**HUB, **SIZE}, SIZE),
        both(HUB, {**SIZE, "image_processor_type": "Qwen2VLImageProcessorFast"}),
        both({**KIND, "max_pixels": None}, KIND),
        both({**HUB, "do_resize": None}, {**HUB, "do_resize": True}),
        both({**HUB, "do_resize": True}, {**HUB, "do_resize": None}),
        both({**HUB, "processor_class": "A"}, {**HUB, "processor_class": "B"}),
        both(HUB, {**SIZE, "resample": 3}),
        both({**HUB, "resample": 3}, SIZE),
        both({"min_pixels": 3136, "max_pixels": 12845056}, SIZE),
        both(HUB, {"size": SIZE["size"]}),
        both(HUB, {**KIND, "size": {"longest_edge": 1}}),
        made(QWEN, preprocessor_config_json=HUB),
        made(QWEN, processor_config_json={"image_processor": HUB}),
        made(QWEN, preprocessor_config_json=HUB, processor_config_json={"image_processor": 3}),
    ],
)
def test_no_alarm(merged: Any) -> None:
    assert not found(merged)


@pytest.mark.parametrize("odd", [None, 1, "x", [], {}, {"longest_edge": "x"}, True, 10**400])
def test_odd_values_never_crash(odd: Any) -> None:
    for key in ("size", "min_pixels", "image_processor_type", "video_processor_type"):
        found(both({**HUB, key: odd}, SIZE))
        found(both(HUB, {**SIZE, key: odd}))
        found(both({**HUB, key: odd}, {**HUB, key: 2}, "video_processor"))
