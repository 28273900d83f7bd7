from typing import Any

import pytest

from pairs import QWEN, made, merged_of, source_of
from slowlens.facts.runtimes import ENGINES, Runtime
from slowlens.findings import Applicability, Edit, Finding, Severity
from slowlens.jsonvalue import ABSENT
from slowlens.rules.video_fps_frames_changed import check

V4, V5 = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5
FILE = "video_preprocessor_config.json"
QWEN3: dict[str, Any] = {"model_type": "qwen3_vl", "text_config": {}}
KIND, KIND3 = "Qwen2VLVideoProcessor", "Qwen3VLVideoProcessor"


def own(config: Any = QWEN, kind: Any = KIND, **settings: Any) -> Any:
    return made(config, video_preprocessor_config_json={"video_processor_type": kind, **settings})


def third(**settings: Any) -> Any:
    return own(QWEN3, KIND3, **settings)


def found(merged: Any, source: Any) -> list[Finding]:
    return list(check(merged_of(merged), source_of(source)))


def test_twice_the_frames_are_twice_the_tokens() -> None:
    size = {"size": {"shortest_edge": 4096, "longest_edge": 10**9}}
    (finding,) = found(third(fps=4, **size), third(fps=2, **size))
    assert finding.message == (
        "60 seconds of video become 105600 tokens instead of 52800, from 240 frames instead of "
        "120: video_preprocessor_config.json differs from the source in fps"
    )
    assert finding.severity is Severity.WARNING
    assert finding.affects == (V4, V5, *ENGINES)
    assert finding.cost == "2.0 times the video tokens, in prefill and cache"
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert finding.fix.edits == (Edit(FILE, ("fps",), before=4, after=2),)


def test_larger_frames_are_told_without_their_number() -> None:
    (finding,) = found(own(max_pixels=200704), own(max_pixels=100352))
    assert "frames instead" not in finding.message
    assert finding.affects == (V4, V5, *ENGINES)
    assert finding.fix is not None
    assert finding.fix.edits == (Edit(FILE, ("max_pixels",), before=200704, after=100352),)


def test_runtimes_that_read_other_files_have_findings_of_their_own() -> None:
    nested = {"video_processor": {"video_processor_type": KIND, "max_pixels": 50176}}
    merged = made(QWEN, video_preprocessor_config_json={"max_pixels": 200704})
    split = made(
        QWEN,
        video_preprocessor_config_json={"max_pixels": 200704},
        processor_config_json=nested,
    )
    (finding,) = found(split, merged)
    assert finding.affects == (V5, *ENGINES)
    assert finding.fix is not None
    pointers = {edit.pointer for edit in finding.fix.edits}
    assert ("video_processor", "max_pixels") in pointers


def test_settings_for_pictures_count_where_there_are_none_for_videos() -> None:
    findings = found(own(), made(QWEN, preprocessor_config_json={"max_pixels": 50176}))
    assert [f.affects for f in findings] == [(V4,), (V5, *ENGINES)]
    for finding in findings:
        assert finding.fix is not None
        assert Edit(FILE, ("max_pixels",), before=ABSENT, after=50176) in finding.fix.edits


def test_what_a_version_reads_may_change_though_no_key_differs() -> None:
    """A model that 4.52 does not know is read as later versions do."""
    (finding,) = found(own({"model_type": "qwen3_omni"}), own())
    assert finding.affects == (V4,)
    assert "differs from the source in what it reads" in finding.message
    assert finding.fix is None


@pytest.mark.parametrize(
    ("merged", "source"),
    [
        (own(), own()),
        (own(fps=2), own(fps=4)),
        (own(do_sample_frames=False, fps=2), own(do_sample_frames=False, fps=4)),
        (own(fps=None, num_frames=None), own()),
        (own(do_sample_frames=True, fps=2), own()),
        (third(fps=2), third()),
        (third(max_frames=768, min_frames=4), third()),
        (third(max_frames=700), third(max_frames=600)),
        (third(do_resize=False), third(do_resize=False, fps=9)),
        (own(kind="LlavaOnevisionVideoProcessor", fps=2), own(kind="Other", fps=3)),
        (made(QWEN), own()),
        (own(), made(QWEN)),
        (third(fps=2, num_frames=9), third(fps=2)),
        (third(max_frames="x"), third()),
        (third(merge_size="x"), third()),
        (third(temporal_patch_size="x"), third()),
        (third(size={"longest_edge": 1}), third()),
    ],
)
def test_no_alarm(merged: Any, source: Any) -> None:
    assert not found(merged, source)


@pytest.mark.parametrize(
    ("merged", "source"),
    [
        (own(do_sample_frames=True, fps=1), own(do_sample_frames=True, fps=2)),
        (own(do_sample_frames=True, num_frames=8), own(do_sample_frames=True, num_frames=16)),
        (own(do_sample_frames=True), own(do_sample_frames=True, fps=2)),
        (third(do_sample_frames=False), third(fps=4)),
        (third(max_frames=32), third()),
        (third(fps=0.01, min_frames=8), third(fps=0.01)),
        (third(cap_pixels_per_frame=True, max_video_tokens=4), third()),
        (own(cap_pixels_per_frame=True, max_video_tokens=3000), own()),
        (own(patch_size=28), own()),
        (own(temporal_patch_size=4), own()),
    ],
)
def test_what_changes_the_count(merged: Any, source: Any) -> None:
    findings = found(merged, source)
    assert findings
    assert V5 in findings[-1].affects


@pytest.mark.parametrize("odd", [None, 1, "x", [], {}, True, -1, 0, 10**400, float("nan")])
@pytest.mark.parametrize(
    "key", ["fps", "num_frames", "min_frames", "max_frames", "size", "video_processor_type"]
)
def test_odd_values_never_crash(key: str, odd: Any) -> None:
    for flag in (True, False):
        settings = {"do_sample_frames": flag, key: odd, "cap_pixels_per_frame": flag}
        kind = settings.pop("video_processor_type", KIND)
        found(own(kind=kind, **settings), own())
        found(third(), third(**settings))
