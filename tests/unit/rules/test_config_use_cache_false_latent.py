from typing import Any

import pytest

from literals import merged
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Edit, Severity, Undecided
from slowlens.rules.config_use_cache_false_latent import check


def test_an_ordinary_generation_config_wins() -> None:
    (finding,) = check(merged({"use_cache": False}, {"eos_token_id": 2}))
    assert (finding.severity, finding.alone) == (Severity.NOTE, Severity.ERROR)
    assert finding.cost.startswith("the full price in a bare forward loop")
    assert finding.message == (
        "config.json says use_cache: false, which only a bare forward loop follows: generate() "
        "caches, for generation_config.json stands beside it and wins"
    )
    assert finding.affects == (Runtime.FORWARD,)
    assert finding.fix is not None
    assert finding.fix.edits == (Edit("config.json", ("use_cache",), before=False, after=True),)


def test_the_switch_is_named_as_it_is_written() -> None:
    (finding,) = check(merged({}, {"use_cache": "false", "eos_token_id": 2}))
    assert finding.message.startswith('generation_config.json says use_cache: "false", but')
    config = {"model_type": "llava", "text_config": {"use_cache": False}}
    (finding,) = check(merged(config, {"eos_token_id": 2}))
    assert finding.message.startswith("config.json says text_config.use_cache: false, which")


def test_the_switch_that_a_loop_follows_is_named_before_others() -> None:
    config = {"model_type": "gemma3", "use_cache": "false", "text_config": {"use_cache": False}}
    (finding,) = check(merged(config, {"eos_token_id": 2}))
    assert finding.message.startswith("config.json says text_config.use_cache: false, which only")
    by_class = merged({"model_type": "mpt"}, {"use_cache": "false", "eos_token_id": 2})
    (finding,) = check(by_class)
    assert finding.affects == (Runtime.FORWARD,)
    assert "only a bare forward loop" not in finding.message


def test_a_text_is_not_false() -> None:
    (finding,) = check(merged({"model_type": "llava", "use_cache": "false", "eos_token_id": 2}))
    assert "what is written is not the value false" in finding.message


def test_a_switch_that_even_a_forward_loop_does_not_read_affects_nobody() -> None:
    config = {"use_cache": False, "text_config": {"use_cache": True}}
    (finding,) = check(merged(config, {"eos_token_id": 2}))
    assert finding.affects == ()
    assert finding.cost.startswith("nothing today")
    assert finding.message == (
        "config.json says use_cache: false, but generate() caches: generation_config.json stands "
        "beside it and wins"
    )


def test_without_config_it_is_not_fine() -> None:
    with pytest.raises(Undecided):
        list(check(merged(None, {})))


@pytest.mark.parametrize(
    ("config", "generation"),
    [({"use_cache": False}, None), ({"use_cache": False}, {"use_cache": False}), ({}, {})],
)
def test_left_to_the_other_rules(config: Any, generation: Any) -> None:
    assert not list(check(merged(config, generation)))
