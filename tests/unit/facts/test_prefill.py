from dataclasses import replace
from typing import Any

import pytest

from literals import generation, measurement
from slowlens.facts.live.device import Peaks
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.prefill import prefill
from slowlens.facts.live.trial import Cache, Purpose, Subject


def measured(**changes: Any) -> Measurement:
    found = measurement(generation(0.5, 0.1, 0.1, cache=Cache.ON))
    model = {"active_parameters": 10**9, "head_parameters": 4 * 10**8}
    models = tuple(replace(each, **model) for each in found.models)
    usual = {"models": models, "peaks": Peaks(1e9, 1e11, "bfloat16")}
    return replace(found, **(usual | changes))


def test_two_operations_for_each_parameter_and_token_and_the_head_for_one_token() -> None:
    found = prefill(measured(), Subject.MERGED, Cache.ON)
    assert found is not None
    assert (found.label, found.prompt_tokens, found.ttft) == ("merged, cache on", 10, 0.5)
    assert found.floor == pytest.approx(2 * (6e8 * 10 + 4e8) / 1e11)
    assert found.mfu == pytest.approx(0.256)


def test_nothing_is_told_of_what_was_not_measured() -> None:
    found = measured()
    older = tuple(replace(each, head_parameters=None) for each in found.models)
    assert prefill(replace(found, models=older), Subject.MERGED, Cache.ON) is None
    assert prefill(measured(), Subject.MERGED, Cache.OFF) is None
    assert prefill(measured(), Subject.SOURCE, Cache.ON) is None
    assert prefill(measured(peaks=None), Subject.MERGED, Cache.ON) is None
    assert prefill(measured(models=()), Subject.MERGED, Cache.ON) is None
    unknown = measurement(generation(0.5, 0.1, cache=Cache.ON))
    unknown = replace(unknown, peaks=Peaks(1e9, 1e11, "bfloat16"))
    assert prefill(unknown, Subject.MERGED, Cache.ON) is None


def test_the_prompt_is_that_of_timed_trials() -> None:
    """Answers have the prompt that was asked for, which timed trials may cut or repeat."""
    found = measured()
    own = replace(generation(1, 1, cache=Cache.ON, purpose=Purpose.LENGTH), prompt_tokens=3)
    told = prefill(replace(found, generations=(own, *found.generations)), Subject.MERGED, Cache.ON)
    assert told is not None
    assert told.prompt_tokens == 10
