"""Pictures and videos: how many tokens the library's own processors make of them.

The processor is transformers' own, on a blank picture; pillow is needed, and torchvision for
videos and for the fast class. Without them what needs them is skipped.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from pairs import EVERY_DEFAULTS
from slowlens.facts.pictures.pixels import image_budget
from slowlens.facts.pictures.processors import image_part
from slowlens.facts.pictures.videos import FRAME_RATE, HEIGHT, SECONDS, WIDTH, video_budget
from slowlens.facts.reading import Merged, Source, reading
from slowlens.facts.runtimes import Runtime
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.rules import vlm_pixel_budget_changed

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
Image = pytest.importorskip("PIL.Image", reason="pillow is not installed")
pytestmark = pytest.mark.live

MAJOR = int(transformers.__version__.split(".")[0])
GENERATE = Runtime.TRANSFORMERS_4 if MAJOR == 4 else Runtime.TRANSFORMERS_5
TORCHVISION = transformers.utils.is_torchvision_available()
FAST = ["", "Fast"] if TORCHVISION else [""]
HUB = {"min_pixels": 3136, "max_pixels": 12845056}
SIZE = {"size": {"shortest_edge": 3136, "longest_edge": 12845056}}

needs_torchvision = pytest.mark.skipif(not TORCHVISION, reason="torchvision is not installed")


@pytest.fixture(autouse=True)
def _quiet() -> None:
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()


def written(folder: Path, model_type: str = "qwen2_5_vl", **files: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in {"config": {"model_type": model_type}, **files}.items():
        (folder / f"{name}.json").write_text(json.dumps(values))
    return folder


def picture(**settings: Any) -> dict[str, Any]:
    return {"image_processor_type": "Qwen2VLImageProcessor", **settings}


def really(folder: Path, width: int = 1920, height: int = 1080) -> int:
    """Tokens of a blank picture: the merger makes one of each square of patches."""
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    grid = processor(images=[Image.new("RGB", (width, height))], return_tensors="pt")
    return int(grid["image_grid_thw"].prod()) // processor.merge_size**2


def predicted(folder: Path, width: int = 1920, height: int = 1080) -> int:
    budget = image_budget(read_checkpoint(folder), GENERATE)
    assert budget is not None
    return budget.tokens(width, height)


@pytest.mark.parametrize("suffix", FAST)
@pytest.mark.parametrize(
    ("settings", "v4", "v5"),
    [
        (HUB, 2691, 2691),
        ({"max_pixels": 1003520}, 1222, 1222),
        ({}, 1222, 1222),
        (SIZE, 1222, 2691),
        ({"min_pixels": None, "max_pixels": None, **SIZE}, 1222, 2691),
        ({"min_pixels": 3136, "max_pixels": 1003520, **SIZE}, 1222, 1222),
        ({"min_pixels": 3136, "max_pixels": 12845056.0}, 2691, 2691),
    ],
    ids=["hub", "max", "none", "size", "nulls", "both", "float"],
)
def test_a_1080p_picture(settings: Any, v4: int, v5: int, suffix: str, tmp_path: Path) -> None:
    if MAJOR == 4 and v4 != v5 and not transformers.__version__.startswith("4.52"):
        pytest.skip("the fast class of later versions reads size")
    values = picture(**settings) | {"image_processor_type": f"Qwen2VLImageProcessor{suffix}"}
    folder = written(tmp_path / "m", preprocessor_config=values)
    assert really(folder) == predicted(folder) == (v4 if MAJOR == 4 else v5)


@pytest.mark.parametrize(
    ("width", "height"), [(3840, 2160), (640, 480), (40, 60), (28, 5000), (5, 5)]
)
@pytest.mark.parametrize("settings", [HUB, {"patch_size": 16, "min_pixels": 65536}])
def test_other_pictures(settings: Any, width: int, height: int, tmp_path: Path) -> None:
    if MAJOR == 4 and min(width, height) < 32:
        pytest.skip("transformers 4 refuses pictures smaller than a token")
    folder = written(tmp_path / "m", preprocessor_config=picture(**settings))
    assert really(folder, width, height) == predicted(folder, width, height)


@pytest.mark.parametrize("size", [{"longest_edge": 1003520}, {"shortest_edge": 3136}])
def test_half_a_size_stops_every_version(size: Any, tmp_path: Path) -> None:
    folder = written(tmp_path / "m", preprocessor_config=picture(size=size))
    with pytest.raises(ValueError, match="shortest_edge"):
        really(folder)
    assert image_budget(read_checkpoint(folder), GENERATE) is None


def test_save_pretrained_of_transformers_5_keeps_size_alone(tmp_path: Path) -> None:
    folder = written(tmp_path / "m", preprocessor_config=picture(**HUB))
    transformers.AutoImageProcessor.from_pretrained(folder).save_pretrained(tmp_path / "saved")
    saved = json.loads((tmp_path / "saved/preprocessor_config.json").read_text())
    assert saved["size"] == SIZE["size"]
    assert ("max_pixels" in saved) is (MAJOR == 4)
    assert ("min_pixels" in saved) is (MAJOR == 4)


def test_what_a_save_changes_is_told(tmp_path: Path) -> None:
    """Saved by transformers 5 the budget is gone for 4.52 alone; saved by 4.52 for nobody."""
    source = written(tmp_path / "m", preprocessor_config=picture(**HUB))
    merged = written(tmp_path / "saved")
    transformers.AutoImageProcessor.from_pretrained(source).save_pretrained(merged)
    here, there = (
        reading(kind, read_checkpoint(folder), EVERY_DEFAULTS)
        for kind, folder in ((Merged, merged), (Source, source))
    )
    findings = list(vlm_pixel_budget_changed.check(here, there))
    affected = [runtime for finding in findings for runtime in finding.affects]
    assert affected == ([] if MAJOR == 4 else [Runtime.TRANSFORMERS_4])
    for edit in (edit for f in findings if f.fix for edit in f.fix.edits):
        values = json.loads((merged / edit.file).read_text())
        (merged / edit.file).write_text(json.dumps(values | {edit.pointer[0]: edit.after}))
    again = reading(Merged, read_checkpoint(merged), EVERY_DEFAULTS)
    assert not list(vlm_pixel_budget_changed.check(again, there))
    assert really(merged) == 2691


def test_nested_settings_count_before_the_file_of_their_own(tmp_path: Path) -> None:
    nested = {"image_processor": picture(**HUB)}
    own = picture(max_pixels=1003520)
    folder = written(tmp_path / "m", preprocessor_config=own, processor_config=nested)
    assert really(folder) == predicted(folder) == (1222 if MAJOR == 4 else 2691)


def test_nested_settings_alone(tmp_path: Path) -> None:
    folder = written(tmp_path / "m", processor_config={"image_processor": picture(**HUB)})
    if MAJOR == 5:
        assert really(folder) == predicted(folder) == 2691
    elif transformers.__version__.startswith("4.52"):
        with pytest.raises(OSError, match=r"preprocessor_config\.json"):
            really(folder)
        assert image_part(read_checkpoint(folder), GENERATE) is None


def test_the_name_of_a_class(tmp_path: Path) -> None:
    values = picture() | {"image_processor_type": "Qwen2VLImageProcessorPil"}
    folder = written(tmp_path / "m", preprocessor_config=values)
    if MAJOR == 5:
        assert really(folder) == 1222
    else:
        with pytest.raises(ValueError, match="Unrecognized image processor"):
            really(folder)


def test_the_class_that_is_taken(tmp_path: Path) -> None:
    names = {}
    for suffix in ("", "Fast"):
        values = picture() | {"image_processor_type": f"Qwen2VLImageProcessor{suffix}"}
        folder = written(tmp_path / f"m{suffix}", preprocessor_config=values)
        processor = transformers.AutoImageProcessor.from_pretrained(folder)
        names[suffix] = type(processor).__name__.removeprefix("Qwen2VLImageProcessor")
    if MAJOR == 5:
        assert set(names.values()) == {"" if TORCHVISION else "Pil"}
    elif transformers.__version__.startswith("4.52"):
        assert names == {"": "", "Fast": "Fast" if TORCHVISION else ""}


VIDEOS = {
    "caller": ("qwen2_5_vl", "Qwen2VLVideoProcessor", {"min_pixels": 3136, "max_pixels": 602112}),
    "class": ("qwen2_5_vl", "Qwen2VLVideoProcessor", {}),
    "sampled": (
        "qwen2_5_vl",
        "Qwen2VLVideoProcessor",
        {
            "do_sample_frames": True,
            "fps": 0.2,
            "size": {"shortest_edge": 3136, "longest_edge": 200704},
        },
    ),
    "fewest": ("qwen2_5_vl", "Qwen2VLVideoProcessor", {"do_sample_frames": True, "fps": 0.01}),
    "number": ("qwen2_5_vl", "Qwen2VLVideoProcessor", {"do_sample_frames": True, "num_frames": 8}),
    "capped": (
        "qwen2_5_vl",
        "Qwen2VLVideoProcessor",
        {"cap_pixels_per_frame": True, "max_video_tokens": 3000},
    ),
    "whole": (
        "qwen3_vl",
        "Qwen3VLVideoProcessor",
        {"size": {"shortest_edge": 4096, "longest_edge": 2516582}, "fps": 1},
    ),
    "whole most": ("qwen3_vl", "Qwen3VLVideoProcessor", {"max_frames": 6}),
    "whole capped": (
        "qwen3_vl",
        "Qwen3VLVideoProcessor",
        {"cap_pixels_per_frame": True, "max_video_tokens": 64, "fps": 0.2},
    ),
}


@needs_torchvision
@pytest.mark.parametrize("case", VIDEOS)
def test_a_minute_of_video(case: str, tmp_path: Path) -> None:
    model_type, kind, settings = VIDEOS[case]
    if MAJOR == 4 and case not in {"caller", "class"}:
        pytest.skip("transformers 4.52 has none of these settings")
    values = {"video_processor_type": kind, **settings}
    folder = written(tmp_path / "m", model_type, video_preprocessor_config=values)
    budget = video_budget(read_checkpoint(folder), GENERATE)
    assert budget is not None
    processor = transformers.AutoVideoProcessor.from_pretrained(folder)
    assert tokens(processor, sampling=settings.get("do_sample_frames", kind[4] == "3")) == (
        budget.tokens
    )


def tokens(processor: Any, *, sampling: bool) -> int:
    """Count on a video that is only as large as it must be: its pixels are never looked at."""
    frames = SECONDS * FRAME_RATE if sampling else 2 * SECONDS
    blank = torch.zeros(1, dtype=torch.uint8).expand(frames, 3, HEIGHT, WIDTH)
    extra = (
        {"video_metadata": [{"total_num_frames": frames, "fps": FRAME_RATE, "duration": SECONDS}]}
        if sampling
        else {}
    )
    grid = processor(videos=[blank], return_tensors="pt", **extra)["video_grid_thw"]
    return int(grid.prod()) // processor.merge_size**2
