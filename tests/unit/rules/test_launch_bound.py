from dataclasses import replace
from typing import Any

import pytest

from literals import loaded, measurement, merged
from slowlens.facts.environment import Environment
from slowlens.facts.live.device import Peaks, Profile
from slowlens.facts.live.measurement import Measurement, WarmUp
from slowlens.facts.live.timing import Generation, Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.facts.reading import Merged
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Confidence, Edit, Severity, Undecided
from slowlens.jsonvalue import ABSENT
from slowlens.rules.launch_bound import check

LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}


def ran(
    seconds: float,
    *,
    cache: Cache = Cache.ON,
    cached: bool = True,
    purpose: Purpose = Purpose.SPEED,
) -> list[Generation]:
    """Three runs of five steps in which the host is all the time in the forward pass."""
    steps = tuple(
        Step(i, seconds, 1 if cached and i else 10 + i, 7, 10 + i, seconds) for i in range(5)
    )
    trial = Trial(Subject.MERGED, cache, purpose, 5)
    one = Generation(trial, 10, steps, 5 * seconds, Finish.LENGTH, "")
    return [one, one, one]


def profile(busy: float, cache: Cache = Cache.ON) -> Profile:
    return Profile(Subject.MERGED, cache, 7, 0.2, busy, 1215.4, 0.0)


def measured(*runs: list[Generation], busy: float = 0.01, **more: Any) -> Measurement:
    found = measurement(*[g for group in runs for g in group])
    changes: dict[str, Any] = {"profiles": (profile(busy),)} | more
    return replace(found, peaks=Peaks(1e9, 1e12, "bfloat16"), **changes)


def llama(**keys: Any) -> Merged:
    return merged(LLAMA, keys)


def test_a_gpu_that_waits_longer_than_it_works_is_reported() -> None:
    (finding,) = check(measured(ran(0.08)), llama())
    assert finding.message == (
        "launch-bound: of 80 ms a token the GPU waits 70 ms for the host to launch 1,215 kernels"
    )
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.MEASURED)
    assert finding.affects == (Runtime.TRANSFORMERS_5,)
    assert finding.cost == (
        "88 % of the time per token; what a static cache gives back was not measured beside it"
    )
    assert [e.value for e in finding.evidence] == [80, 10, 1215.4]  # type: ignore[union-attr]


def test_the_fix_is_one_key_with_its_price() -> None:
    (finding,) = check(measured(ran(0.08)), llama(use_cache=True))
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.SAFE
    assert finding.fix.edits == (
        Edit("generation_config.json", ("cache_implementation",), ABSENT, "static"),
    )
    assert "compiled" in finding.fix.reason


def test_half_of_the_time_is_not_most_of_it() -> None:
    assert not list(check(measured(ran(0.08), busy=0.04), llama()))
    assert list(check(measured(ran(0.08), busy=0.039), llama()))


def test_plans_of_attention_are_another_cause() -> None:
    planned = replace(profile(0.01), fresh=0.08, again=0.03)
    (finding,) = check(measured(ran(0.08), profiles=(planned,)), llama())
    assert "waits 20 ms" in finding.message
    more = replace(profile(0.02), fresh=0.08, again=0.03)
    assert not list(check(measured(ran(0.08), profiles=(more,)), llama()))


def test_the_static_cache_beside_it_gives_the_factor_and_the_price() -> None:
    warm = WarmUp(Subject.MERGED, Cache.STATIC, 31.3, 8, steady=False)
    on = WarmUp(Subject.MERGED, Cache.ON, 1.0, 8, steady=True)
    static = ran(0.01, cache=Cache.STATIC)
    (finding,) = check(measured(ran(0.08), static, warm_ups=(on, warm)), llama())
    assert finding.cost == (
        "8.00 times as long as with a static cache: 80 ms against 10 ms per token, after 31.3 s of "
        "compiling once"
    )
    assert finding.fix is not None
    (finding,) = check(measured(ran(0.08), static), llama())
    assert finding.cost.endswith("after compiling")


def test_the_price_was_paid_by_what_compiled_first() -> None:
    warm = WarmUp(Subject.MERGED, Cache.STATIC, 0.3, 8, steady=True)
    double = WarmUp("merged + static-cache", Cache.AS_SHIPPED, 55.0, 8, steady=True)
    plain = WarmUp("merged + a-rule", Cache.AS_SHIPPED, 70.0, 8, steady=True)
    other = WarmUp(Subject.SOURCE, Cache.STATIC, 80.0, 8, steady=True)
    models = (
        loaded("merged + static-cache", cache_implementation="static"),
        loaded("merged + a-rule"),
    )
    (finding,) = check(
        measured(
            ran(0.08),
            ran(0.01, cache=Cache.STATIC),
            warm_ups=(plain, double, other, warm),
            models=models,
        ),
        llama(),
    )
    assert finding.cost.endswith("after 55 s of compiling once")


def test_a_static_cache_that_did_not_help_is_not_offered() -> None:
    (finding,) = check(measured(ran(0.08), ran(0.079, cache=Cache.STATIC)), llama())
    assert finding.cost.startswith("a static cache was not clearly faster")
    assert finding.fix is None


def test_too_few_runs_with_a_static_cache_tell_what_was_seen() -> None:
    static = ran(0.01, cache=Cache.STATIC)[:2]
    (finding,) = check(measured(ran(0.08), static), llama())
    assert finding.cost == (
        "8.00 times as long as with a static cache: 80 ms against 10 ms per token, after "
        "compiling; too few runs for a verdict, which takes 3 a side"
    )
    assert finding.fix is None


def test_a_checkpoint_that_ships_it_is_not_offered_it_again() -> None:
    found = measured(ran(0.08))
    shipping = tuple(replace(m, cache_implementation="static") for m in found.models)
    (finding,) = check(replace(found, models=shipping), llama())
    assert finding.fix is None


def test_version_4_is_offered_what_it_compiles() -> None:
    old = Environment("3.12", "Linux", {"transformers": "4.52.4"})
    cohere = merged({"model_type": "qwen2_moe"}, {})
    (finding,) = check(measured(ran(0.08), environment=old), cohere)
    assert finding.fix is None
    assert finding.affects == (Runtime.TRANSFORMERS_4,)
    (finding,) = check(measured(ran(0.08)), cohere)
    assert finding.fix is not None


def test_as_shipped_stands_for_the_cache_where_it_is_on() -> None:
    shipped = ran(0.08, cache=Cache.AS_SHIPPED)
    proof = ran(0.08, cache=Cache.AS_SHIPPED, purpose=Purpose.PROOF)
    profiles = (profile(0.01, Cache.AS_SHIPPED),)
    assert list(check(measured(shipped, proof, profiles=profiles), llama()))
    off = ran(0.08, cache=Cache.AS_SHIPPED, cached=False, purpose=Purpose.PROOF)
    with pytest.raises(Undecided, match="no trial with the cache on"):
        list(check(measured(shipped, off, profiles=profiles), llama()))


def test_what_is_shipped_is_compared_with_a_static_cache_where_it_is_cached() -> None:
    shipped = ran(0.08, cache=Cache.AS_SHIPPED)
    proof = ran(0.08, cache=Cache.AS_SHIPPED, purpose=Purpose.PROOF)
    static = ran(0.079, cache=Cache.STATIC)
    profiles = (profile(0.01, Cache.AS_SHIPPED),)
    (finding,) = check(measured(shipped, proof, static, profiles=profiles), llama())
    assert finding.cost.startswith("a static cache was not clearly faster: 80 ms against 79 ms")
    assert finding.fix is None


def test_a_cpu_is_not_judged() -> None:
    with pytest.raises(Undecided, match="needs a GPU"):
        list(check(measured(ran(0.08), profiles=()), llama()))
