from typing import Any

import pytest

from pairs import made, merged_of, source_of
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Confidence, Finding, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.eager_attention_forced import check

V4, V5, LOOP = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5, Runtime.FORWARD
PUBLIC, PRIVATE = "attn_implementation", "_attn_implementation"
INTERNAL = "_attn_implementation_internal"


def found(source: dict[str, Any] | None = None, **config: Any) -> list[Finding]:
    there = None if source is None else source_of(made({"model_type": "llama", **source}))
    return list(check(merged_of(made({"model_type": "llama", **config})), there))


@pytest.mark.parametrize(
    ("key", "affected"), [(PUBLIC, (V5,)), (PRIVATE, (V4, V5)), (INTERNAL, (V4,))]
)
def test_each_version_obeys_its_keys(key: str, affected: tuple[Runtime, ...]) -> None:
    (finding,) = found(**{key: "eager"})
    assert finding.affects == (*affected, LOOP)
    assert finding.message.startswith(f"config.json forces eager attention ({key}) on ")
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.READ)
    assert "1,000 tokens" in finding.cost
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    (edit,) = finding.fix.edits
    assert (edit.file, edit.pointer, edit.before, edit.after) == (
        "config.json", (key,), "eager", ABSENT,
    )  # fmt: skip
    assert [(e.pointer, e.found) for e in finding.evidence] == [((key,), "eager")]


def test_two_keys_are_taken_out_together() -> None:
    (finding,) = found(**{PUBLIC: "eager", INTERNAL: "eager"})
    assert finding.fix is not None
    assert {edit.pointer for edit in finding.fix.edits} == {(PUBLIC,), (INTERNAL,)}


def test_the_key_that_is_obeyed_decides() -> None:
    assert not found(**{PUBLIC: "eager", PRIVATE: "sdpa"})
    (finding,) = found(**{PUBLIC: "sdpa", PRIVATE: "eager"})
    assert finding.affects == (V4, V5, LOOP)


def test_a_value_for_each_part_has_that_of_the_text() -> None:
    assert found(**{PUBLIC: {"text_config": "eager"}})
    assert not found(**{PUBLIC: {"vision_config": "eager"}})


@pytest.mark.parametrize(
    "config",
    [
        {},
        {PUBLIC: "sdpa"},
        {PUBLIC: None},
        {"text_config": {PUBLIC: "eager", PRIVATE: "eager"}},
        {"_attn_implementation_autoset": False},
        {"use_flash_attn": False},
    ],
)
def test_what_no_version_obeys_is_no_finding(config: dict[str, Any]) -> None:
    assert not found(**config)


def test_a_leftover_of_some_versions_is_a_note_about_them() -> None:
    leftover = {"_attn_implementation_autoset": True}
    (note,) = found(**leftover)
    assert (note.severity, note.confidence) == (Severity.NOTE, Confidence.READ)
    assert note.affects == (V4,)
    assert "4.51 and 4.52" in note.message
    assert [(e.pointer, e.found) for e in note.evidence] == [(tuple(leftover), True)]
    assert note.fix is not None
    assert note.fix.applicability is Applicability.SAFE
    assert [(e.pointer, e.after) for e in note.fix.edits] == [(tuple(leftover), ABSENT)]
    assert found({}, **leftover) == [note]
    assert not found(leftover, **leftover)
    assert not found(**leftover, **{PRIVATE: "sdpa"})
    settings = merged_of(made({"model_type": "llama", **leftover})).settings[PUBLIC]
    assert settings[V4].note.startswith("eager up to 4.52")
    assert not settings[V5].note


def test_a_leaked_argument_in_generation_config_does_nothing() -> None:
    leaked = made({"model_type": "llama"}, {PUBLIC: "eager"})
    assert not list(check(merged_of(leaked), None))


def test_a_source_that_says_the_same_was_published_so() -> None:
    assert not found({PRIVATE: "eager"}, **{PRIVATE: "eager"})
    (finding,) = found({INTERNAL: "eager"}, **{PRIVATE: "eager"})
    assert finding.affects == (V5, LOOP)
    assert found({}, **{PRIVATE: "eager"})


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"auto_map": {}}, "auto_map"),
        ({"attn_logit_softcapping": 50.0}, "cap"),
        ({"text_config": {"attn_logit_softcapping": 50}}, "cap"),
    ],
)
def test_where_the_kernel_may_be_meant_the_fix_is_not_safe(
    config: dict[str, Any], reason: str
) -> None:
    (finding,) = found(**{PRIVATE: "eager"}, **config)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert reason in finding.fix.reason


@pytest.mark.parametrize("cap", [None, 0, "50"])
def test_no_cap_is_no_reason(cap: Any) -> None:
    (finding,) = found(**{PRIVATE: "eager"}, attn_logit_softcapping=cap)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE


@pytest.mark.parametrize(
    ("pointer", "fast", "slow"),
    [
        (("use_flash_attn",), True, False),
        (("llm_config", "use_flash_attn"), True, False),
        (("vision_config", "use_flash_attn"), True, False),
        (("attn_config", "attn_impl"), "flash", "torch"),
    ],
)
def test_switches_of_a_model_s_own_code(pointer: tuple[str, ...], fast: Any, slow: Any) -> None:
    def config(value: Any) -> dict[str, Any]:
        return {pointer[0]: value if len(pointer) == 1 else {pointer[1]: value}}

    (finding,) = found(config(fast), **config(slow))
    assert finding.confidence is Confidence.SUSPECTED
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith(f"config.json: {'.'.join(pointer)} is {slow!r}")
    assert finding.affects == (V4, V5, LOOP)
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    (edit,) = finding.fix.edits
    assert (edit.pointer, edit.before, edit.after) == (pointer, slow, fast)
    assert not found(config(slow), **config(slow))
    assert not found(config(slow), **config(fast))
    assert not found(config(fast), **config(None))


@pytest.mark.parametrize("odd", [None, [], {}, 5, True, [{}], {"": 3}])
def test_odd_values_do_no_harm(odd: Any) -> None:
    for key in (PUBLIC, PRIVATE, INTERNAL, "text_config", "attn_config", "use_flash_attn"):
        assert not found({key: odd}, **{key: odd})
        found({}, **{key: odd})


def test_without_config_json_it_is_undecided() -> None:
    with pytest.raises(Undecided, match=r"config\.json"):
        list(check(merged_of(made(None)), None))
