from dataclasses import replace

import pytest

from literals import generation, measurement
from slowlens.diagnose import Found
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.plan import Overlay
from slowlens.facts.live.trial import Cache
from slowlens.findings import Applicability, Confidence, Edit, Finding, Fix, Severity
from slowlens.jsonvalue import Json
from slowlens_dashboard.gains import gain
from slowlens_dashboard.repairs import Offer

TRIED = "merged + a-rule"


def offer(
    rule: str = "a-rule", *, key: str = "use_cache", after: Json = True, title: str = "Do it"
) -> Offer:
    fix = Fix(title, Applicability.SAFE, (Edit("config.json", (key,), False, after),))
    finding = Finding("m", Severity.ERROR, Confidence.READ, (), (), fix=fix)
    return Offer(fix, (Found(rule, finding),))


def tried(*after: float, rounds: int = 3) -> Measurement:
    """Answers of ten tokens in 2 s as shipped, and with the fix of ``a-rule`` as given."""
    slow = generation(0.2, *[0.2] * 9, cached=False)
    runs = [generation(seconds, *[seconds] * 9) for seconds in after]
    fixed = [replace(run, trial=replace(run.trial, subject=TRIED)) for run in runs]
    found = measurement(*[slow] * rounds, *fixed)
    double = Overlay(TRIED, "/x", ("a-rule",), ("Do it",))
    plan = replace(found.plan, new_tokens=10, overlays=(double,))
    return replace(found, plan=plan)


def said(found: Measurement, *others: Offer, this: Offer | None = None) -> str:
    one = this or offer()
    return gain(one, (one, *others), found)


def test_what_a_fix_saved_is_told_with_its_interval_and_rounds() -> None:
    assert said(tried(0.1, 0.11, 0.12)) == (
        "an answer takes 0.9 s less (90 % interval 0.731 to 1.07 s):"
        " 2 s for 10 tokens → 1.1 s for 10 tokens, 3 rounds"
    )


def test_an_interval_has_the_unit_of_what_it_is_of_and_is_left_out_where_it_is_one_point() -> None:
    little = said(tried(0.1925, 0.1926, 0.1927))
    assert little.startswith("an answer takes 74 ms less (90 % interval 72.3 to 75.7 ms): 2 s")
    assert said(tried(0.1, 0.1, 0.1)).startswith("an answer takes 1 s less: 2 s")


def test_rounds_that_are_too_few_for_an_interval_promise_none() -> None:
    text = said(tried(0.1, rounds=1))
    assert "interval" not in text
    assert text.endswith(", 1 round")


def test_a_fix_that_costs_time_is_no_saving() -> None:
    text = said(tried(0.4, 0.41, 0.42))
    assert text.startswith("an answer takes 2.1 s more (90 % interval 1.93 to 2.27 s): 2 s")


def test_a_fix_that_changes_little_and_runs_that_cannot_tell_say_so() -> None:
    assert said(tried(0.2, 0.2, 0.2)).startswith("an answer takes as long, within 10 %: 2 s")
    assert said(tried(0.1, 0.2, 0.3)).startswith("whether an answer takes less time is not clear")


def test_of_two_fixes_that_are_called_the_same_none_is_told() -> None:
    assert said(tried(0.1, 0.1, 0.1), offer(key="rope_theta", after=1), this=offer(key="x")) == ""
    other = offer(key="rope_theta", after=1, title="Do that")
    assert said(tried(0.1, 0.1, 0.1), other, this=offer(key="x"))


def test_what_was_tried_together_with_others_is_told_of_none_of_them() -> None:
    found = tried(0.1, 0.1, 0.1)
    (one,) = found.plan.overlays
    both = replace(one, titles=("Do it", "Do that"))
    assert said(replace(found, plan=replace(found.plan, overlays=(both,)))) == ""


def test_another_fix_was_not_tried() -> None:
    assert said(tried(0.1, 0.1, 0.1), this=offer(key="x", title="Do that")) == ""


def cached(slow: float = 0.4, *, recomputes: bool = True) -> Measurement:
    return measurement(
        *[generation(slow, slow, slow, cached=not recomputes)] * 3,
        *[generation(0.1, 0.1, 0.1, cache=Cache.ON)] * 3,
    )


def test_what_the_cache_does_is_told_where_its_fix_was_not_tried() -> None:
    assert said(cached()).startswith(
        "merged as shipped: 4.00 times as long per token as merged, cache on"
        " (means, 90 % interval 4.00 to 4.00): 400 ms against 100 ms per token"
    )


@pytest.mark.parametrize(
    ("this", "found"),
    [
        (offer(key="eos_token_id"), cached()),
        (offer(after=False), cached()),
        (offer(), cached(recomputes=False)),
        (offer(), measurement(*cached().generations[:3])),
    ],
)
def test_the_cache_proves_no_other_fix_and_none_where_it_was_on(
    this: Offer, found: Measurement
) -> None:
    assert said(found, this=this) == ""
