from types import SimpleNamespace

import pytest

from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.measure.worker.arguments import arguments, forced, guesses, plain

PLAIN = SimpleNamespace(num_beams=1, num_return_sequences=1, stop_strings=None)


def trial(cache: Cache, purpose: Purpose = Purpose.SPEED) -> Trial:
    return Trial(Subject.MERGED, cache, purpose, 8)


def test_as_shipped_does_not_name_the_cache() -> None:
    told = arguments(trial(Cache.AS_SHIPPED), PLAIN)
    assert told == {"do_sample": False, "max_new_tokens": 8, "eos_token_id": None}


def test_on_and_off_do() -> None:
    assert arguments(trial(Cache.ON), PLAIN)["use_cache"] is True
    assert arguments(trial(Cache.OFF), PLAIN)["use_cache"] is False


def test_an_answer_ends_at_the_checkpoints_own_tokens() -> None:
    told = arguments(trial(Cache.ON, Purpose.LENGTH), PLAIN)
    assert "eos_token_id" not in told
    assert "min_new_tokens" not in told


def test_timed_trials_ignore_stop_strings_too() -> None:
    shipped = SimpleNamespace(stop_strings=["."])
    assert arguments(trial(Cache.ON), shipped)["stop_strings"] is None
    assert "stop_strings" not in arguments(trial(Cache.ON, Purpose.LENGTH), shipped)


def test_beams_are_forced_to_one_and_said() -> None:
    changed, notes = forced(SimpleNamespace(num_beams=4, num_return_sequences=1))
    assert changed == {"num_beams": 1}
    assert notes == ("it ships num_beams 4: measured with 1",)
    assert arguments(trial(Cache.ON), SimpleNamespace(num_beams=4))["num_beams"] == 1


def test_a_contrastive_search_is_left_out_and_said() -> None:
    changed, notes = forced(SimpleNamespace(penalty_alpha=0.6))
    assert changed == {"penalty_alpha": 0}
    assert notes == ("it ships penalty_alpha 0.6: measured with 0",)


@pytest.mark.parametrize("name", ["prompt_lookup_num_tokens", "use_mtp", "assistant_early_exit"])
def test_guesses_cannot_do_without_a_cache(name: str) -> None:
    shipped = SimpleNamespace(**{name: 5})
    assert arguments(trial(Cache.OFF), shipped)[name] is None
    assert name not in arguments(trial(Cache.ON), shipped)
    assert guesses(trial(Cache.ON), shipped)
    assert not guesses(trial(Cache.OFF), shipped)
    assert plain(shipped) == {name: None}


def test_a_prefill_in_chunks_cannot_do_without_a_cache() -> None:
    shipped = SimpleNamespace(prefill_chunk_size=64)
    assert arguments(trial(Cache.OFF), shipped)["prefill_chunk_size"] is None
    assert "prefill_chunk_size" not in arguments(trial(Cache.AS_SHIPPED), shipped)


def test_a_static_cache_is_asked_for_by_name() -> None:
    told = arguments(trial(Cache.STATIC), PLAIN)
    assert (told["use_cache"], told["cache_implementation"]) == (True, "static")
    assert "cache_implementation" not in arguments(trial(Cache.ON), PLAIN)


def test_a_proof_leaves_beams_as_shipped() -> None:
    shipped = SimpleNamespace(num_beams=4, num_return_sequences=2)
    proof = arguments(trial(Cache.AS_SHIPPED, Purpose.PROOF), shipped)
    assert proof == {"do_sample": False, "max_new_tokens": 8, "eos_token_id": None}
    timed = arguments(trial(Cache.AS_SHIPPED), shipped)
    assert (timed["num_beams"], timed["num_return_sequences"]) == (1, 1)


def test_the_assisted_loop_needs_an_end_token_that_never_comes() -> None:
    shipped = SimpleNamespace(prompt_lookup_num_tokens=5)
    assert arguments(trial(Cache.ON), shipped)["eos_token_id"] == -1
    assert "eos_token_id" not in arguments(trial(Cache.ON, Purpose.LENGTH), shipped)
