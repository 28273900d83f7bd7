"""Real folders that look wrong and are right, and some that look right and are wrong.

Each is checked as a user does it. What is asked is which rules say more about the folder than
about a sound one.
"""

from pathlib import Path
from typing import Any

import pytest

from builders import CONFIG, GENERATION_CONFIG, checkpoint, write_json
from slowlens.checking import check
from slowlens.facts.runtimes import ENGINES, GENERATE, Runtime
from slowlens.findings import Finding, Severity
from slowlens.jsonvalue import ABSENT
from slowlens.run import Run

V4, V5, FORWARD = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5, Runtime.FORWARD
GRAVE = (Severity.WARNING, Severity.ERROR)
UNCACHED = "gen-use-cache-false"
QWEN = {
    **CONFIG,
    "model_type": "qwen2_5_vl",
    "architectures": ["Qwen2_5_VLForConditionalGeneration"],
}
PICTURES = {"image_processor_type": "Qwen2VLImageProcessor", "merge_size": 2, "patch_size": 14}
HUB = {**PICTURES, "min_pixels": 3136, "max_pixels": 12845056}
SIZE = {**PICTURES, "size": {"shortest_edge": 3136, "longest_edge": 12845056}}

Values = dict[str, Any]


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return checkpoint(tmp_path / "source")


def of(run: Run, severities: tuple[Severity, ...] = GRAVE) -> dict[str, tuple[Finding, ...]]:
    """Findings by rule, those of these severities."""
    found = {
        outcome.rule: tuple(f for f in outcome.findings if f.severity in severities)
        for outcome in run.outcomes
    }
    return {rule: findings for rule, findings in found.items() if findings}


def new(merged: Path, source: Path) -> dict[str, tuple[Finding, ...]]:
    """What is grave about ``merged`` and not about its source."""
    usual = of(check(source, source))
    return {rule: f for rule, f in of(check(merged, source)).items() if rule not in usual}


def made(folder: Path, config: Any = None, generation: Any = "same") -> Path:
    written = GENERATION_CONFIG if generation == "same" else generation
    return checkpoint(folder / "merged", {**CONFIG, **(config or {})}, written)


def test_cache_off_in_config_json_beside_an_ordinary_file(sound: Path, tmp_path: Path) -> None:
    """generate() caches, so it is a note about loops of one's own."""
    merged = made(tmp_path, {"use_cache": False})
    assert not new(merged, sound)
    notes = of(check(merged, sound), (Severity.NOTE,))
    assert notes["config-use-cache-false-latent"][0].affects == (FORWARD,)


def test_pixels_lost_in_a_save_of_transformers_5(tmp_path: Path) -> None:
    """size says the same to transformers 5; to 4.52 it says nothing."""
    source = checkpoint(tmp_path / "source", QWEN)
    write_json(source / "preprocessor_config.json", HUB)
    merged = checkpoint(tmp_path / "merged", QWEN)
    write_json(merged / "preprocessor_config.json", SIZE)
    findings = new(merged, source)
    assert set(findings) == {"vlm-pixel-budget-changed"}
    assert findings["vlm-pixel-budget-changed"][0].affects == (V4,)
    tokens = check(merged, source).settings["image_tokens"]
    assert {runtime: setting.value for runtime, setting in tokens.items()} == {
        V4: 1222,
        **dict.fromkeys((V5, *ENGINES), 2691),
    }


def test_a_processor_that_transformers_5_nests(tmp_path: Path) -> None:
    source = checkpoint(tmp_path / "source", QWEN)
    write_json(source / "preprocessor_config.json", HUB)
    merged = checkpoint(tmp_path / "merged", QWEN)
    write_json(merged / "processor_config.json", {"image_processor": SIZE})
    findings = new(merged, source)
    assert not {"vlm-pixel-budget-changed", "processor-config-split"} & set(findings)
    setting = check(merged, source).settings["image_tokens"][V4]
    assert setting.fails
    assert "4.52 finds no preprocessor_config.json" in setting.note


def test_no_pictures_no_tokens(sound: Path) -> None:
    assert "image_tokens" not in check(sound).settings


@pytest.mark.parametrize("eos", [7, [7, 9], None])
def test_another_end_token_in_config_json(eos: Any, sound: Path, tmp_path: Path) -> None:
    """generation_config.json is right, and config.json is not asked."""
    assert not new(made(tmp_path, {"eos_token_id": eos}), sound)


def test_what_transformers_5_writes_out(sound: Path, tmp_path: Path) -> None:
    """Explicit defaults and the mark of where they came from."""
    explicit = {
        **GENERATION_CONFIG,
        "_from_model_config": True,
        "output_attentions": False,
        "output_hidden_states": False,
        "use_cache": True,
        "transformers_version": "5.23.0",
    }
    assert not new(made(tmp_path, generation=explicit), sound)
    assert not of(check(made(tmp_path, generation=explicit), sound), (Severity.NOTE,)).keys() & {
        "output-attentions-persisted",
        "sampling-params-changed",
        "num-beams-left",
        "max-new-tokens-or-max-length-changed",
        "cache-implementation-odd",
    }


@pytest.mark.parametrize("text", ['{"use_cache": true, "eos_to', "", "[]", "null", "\ufeff{"])
def test_a_file_that_does_not_parse(text: str, sound: Path, tmp_path: Path) -> None:
    """generate() then follows config.json without a word."""
    merged = made(tmp_path, {"use_cache": False})
    (merged / "generation_config.json").write_text(text)
    findings = new(merged, sound)
    assert findings[UNCACHED][0].affects == (*GENERATE, FORWARD)
    assert check(merged, sound).problems


def test_what_a_file_that_does_not_parse_said_is_not_told(tmp_path: Path) -> None:
    sampled = {**GENERATION_CONFIG, "do_sample": True, "temperature": 0.6}
    source = checkpoint(tmp_path / "source", generation=sampled)
    merged = made(tmp_path)
    (merged / "generation_config.json").write_text("{")
    assert "sampling-params-changed" not in new(merged, source)
    outcomes = {outcome.rule: outcome for outcome in check(merged, source).outcomes}
    for rule in ("sampling-params-changed", "generation-config-regenerated"):
        assert outcomes[rule].reason == "generation_config.json could not be read"


def test_an_emptied_file_has_lost_everything(tmp_path: Path) -> None:
    sampled = {**GENERATION_CONFIG, "do_sample": True, "temperature": 0.6}
    source = checkpoint(tmp_path / "source", generation=sampled)
    findings = new(made(tmp_path, generation={}), source)
    (finding,) = findings["generation-config-regenerated"]
    assert "lost do_sample, temperature" in finding.message
    assert "sampling-params-changed" not in findings


def test_a_null_breaks_transformers_4(sound: Path, tmp_path: Path) -> None:
    merged = made(tmp_path, generation={**GENERATION_CONFIG, "use_cache": None})
    (finding,) = new(merged, sound)[UNCACHED]
    assert finding.affects == (V4,)


@pytest.mark.parametrize("generation", [None, "absent"])
def test_the_cache_turned_off_for_the_text_alone(
    generation: Any, sound: Path, tmp_path: Path
) -> None:
    nested = {"text_config": {"use_cache": False}}
    config = {**nested, "model_type": "qwen2_5_vl"}
    merged = made(tmp_path, config, None if generation is None else {})
    found = new(merged, sound).get(UNCACHED, ())
    assert [f.affects for f in found] == ([(*GENERATE, FORWARD)] if generation is None else [])


def test_arguments_of_a_concrete_class_that_leaked(sound: Path, tmp_path: Path) -> None:
    leaked = {**GENERATION_CONFIG, "attn_implementation": "flash_attention_2", "use_cache": False}
    merged = made(tmp_path, generation=leaked)
    (finding,) = new(merged, sound)[UNCACHED]
    assert finding.affects == GENERATE
    notes = of(check(merged, sound), (Severity.NOTE,))
    assert "attn_implementation" in notes["kwargs-leaked-into-generation-config"][0].message


def test_a_mark_that_voids_the_cure(sound: Path, tmp_path: Path) -> None:
    """Mended by hand, but transformers 4 throws the marked file away and asks config.json."""
    mended = {**GENERATION_CONFIG, "use_cache": True, "_from_model_config": True}
    merged = made(tmp_path, {"use_cache": False, "repetition_penalty": 1.05}, mended)
    (finding,) = new(merged, sound)[UNCACHED]
    assert finding.affects == (V4, FORWARD)
    without = {key: value for key, value in mended.items() if key != "_from_model_config"}
    unmarked = made(tmp_path, {"use_cache": False, "repetition_penalty": 1.05}, without)
    assert UNCACHED not in new(unmarked, sound)


@pytest.mark.parametrize(
    ("generation", "rule"),
    [
        ({"num_beams": 4}, "num-beams-left"),
        ({"max_new_tokens": 9}, "max-new-tokens-or-max-length-changed"),
        ({"do_sample": True}, "sampling-params-changed"),
        ({"output_attentions": True}, "output-attentions-persisted"),
        ({"cache_implementation": "hybrid"}, "cache-implementation-odd"),
    ],
)
def test_one_key_is_one_rules_business(
    generation: Values, rule: str, sound: Path, tmp_path: Path
) -> None:
    findings = new(made(tmp_path, generation={**GENERATION_CONFIG, **generation}), sound)
    assert set(findings) == {rule}


def test_a_key_that_was_lost_is_one_rules_business(tmp_path: Path) -> None:
    everything = {
        **GENERATION_CONFIG,
        "do_sample": True,
        "temperature": 0.6,
        "max_new_tokens": 2048,
        "repetition_penalty": 1.05,
    }
    source = checkpoint(tmp_path / "source", generation=everything)
    marked = {**GENERATION_CONFIG, "_from_model_config": True}
    assert set(new(made(tmp_path, generation=marked), source)) == {"generation-config-regenerated"}
    gone = made(tmp_path / "gone", generation=None)
    findings = new(gone, source)
    assert "generation-config-regenerated" in findings
    assert not {
        "sampling-params-changed",
        "max-new-tokens-or-max-length-changed",
    } & set(findings)


def test_the_fix_of_a_changed_key_takes_it_away(sound: Path, tmp_path: Path) -> None:
    merged = made(tmp_path, generation={**GENERATION_CONFIG, "num_beams": 4})
    (finding,) = new(merged, sound)["num-beams-left"]
    assert finding.fix is not None
    assert [edit.after for edit in finding.fix.edits] == [ABSENT]
