from typing import Any

import pytest

from pairs import made, merged_of
from slowlens.facts.environment import Environment
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Confidence, Finding, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.flash_attn_key_unloadable import check

V4, V5, LOOP = Runtime.TRANSFORMERS_4, Runtime.TRANSFORMERS_5, Runtime.FORWARD
PUBLIC, PRIVATE = "attn_implementation", "_attn_implementation"
INTERNAL = "_attn_implementation_internal"
BARE = Environment("3.12", "Linux", {"torch": "2.13.0"})
FLASH = Environment("3.12", "Linux", {"flash-attn": "2.8.0"})


def found(environment: Environment | None = BARE, **config: Any) -> list[Finding]:
    return list(check(merged_of(made({"model_type": "llama", **config})), environment))


@pytest.mark.parametrize(
    ("key", "affected"), [(PUBLIC, (V5,)), (PRIVATE, (V4, V5)), (INTERNAL, (V4,))]
)
def test_a_kernel_that_is_not_installed_does_not_load(
    key: str, affected: tuple[Runtime, ...]
) -> None:
    (finding,) = found(**{key: "flash_attention_2"})
    assert finding.message == (
        f"config.json demands flash_attention_2 ({key}); flash-attn is not installed here"
    )
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.READ)
    assert finding.affects == (*affected, LOOP)
    assert finding.cost == "the checkpoint does not load where the package is missing"
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    (edit,) = finding.fix.edits
    assert (edit.pointer, edit.before, edit.after) == ((key,), "flash_attention_2", ABSENT)
    assert [(e.pointer, e.found) for e in finding.evidence] == [((key,), "flash_attention_2")]


def test_where_it_is_installed_it_is_a_warning_about_other_machines() -> None:
    (finding,) = found(FLASH, **{PRIVATE: "flash_attention_2"})
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith("flash-attn is installed here, but will not be everywhere")


def test_another_version_of_it_is_another_package() -> None:
    (finding,) = found(FLASH, **{PRIVATE: "flash_attention_3"})
    assert finding.severity is Severity.ERROR
    assert "flash-attn-3 is not installed" in finding.message


def test_an_unknown_machine_is_not_spoken_of() -> None:
    (finding,) = found(None, **{PRIVATE: "flash_attention_2"})
    assert finding.message == f"config.json demands flash_attention_2 ({PRIVATE})"
    assert finding.severity is Severity.ERROR


def test_a_name_that_transformers_does_not_have() -> None:
    (finding,) = found(**{PRIVATE: "fast"})
    assert finding.message == f"config.json demands fast ({PRIVATE})"
    assert "knows no such" in finding.cost
    assert finding.severity is Severity.ERROR


def test_versions_that_obey_different_keys_have_a_finding_each() -> None:
    first, second = found(**{PUBLIC: "flash_attention_2", INTERNAL: "flash_attention_3"})
    assert first.affects == (V4, LOOP)
    assert "flash_attention_3" in first.message
    assert second.affects == (V5, LOOP)


def test_keys_that_say_the_same_are_taken_out_together() -> None:
    (finding,) = found(**{PUBLIC: "flash_attention_2", INTERNAL: "flash_attention_2"})
    assert finding.fix is not None
    assert {edit.pointer for edit in finding.fix.edits} == {(PUBLIC,), (INTERNAL,)}


def test_a_batching_prefix_changes_nothing() -> None:
    (finding,) = found(**{PRIVATE: "paged|flash_attention_2"})
    assert "flash-attn is not installed" in finding.message


@pytest.mark.parametrize(
    "value",
    [
        "eager",
        "sdpa",
        "paged|eager",
        "flex_attention",
        None,
        "kernels-community/flash-attn2",
        {"vision_config": "x"},
    ],
)
def test_what_loads_everywhere_is_no_finding(value: Any) -> None:
    assert not found(**{PRIVATE: value})


def test_what_no_version_reads_is_no_finding() -> None:
    assert not found(text_config={PUBLIC: "flash_attention_2", PRIVATE: "flash_attention_2"})
    leaked = made({"model_type": "llama"}, {PUBLIC: "flash_attention_2"})
    assert not list(check(merged_of(leaked), BARE))


def test_code_of_its_own_may_know_this_kernel_alone() -> None:
    (finding,) = found(**{PRIVATE: "flash_attention_2"}, auto_map={})
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.UNSAFE
    assert "auto_map" in finding.fix.reason


@pytest.mark.parametrize("odd", [None, [], {}, 5, True, [{}], {"": 3}])
def test_odd_values_do_no_harm(odd: Any) -> None:
    for key in (PUBLIC, PRIVATE, INTERNAL):
        assert not found(**{key: odd})


def test_without_config_json_it_is_undecided() -> None:
    with pytest.raises(Undecided, match=r"config\.json"):
        list(check(merged_of(made(None)), BARE))
