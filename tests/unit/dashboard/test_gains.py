from dataclasses import replace

import pytest

from literals import equality, generation, measurement
from slowlens.diagnose import Found
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.plan import Overlay
from slowlens.facts.live.trial import Cache, Finish, Purpose
from slowlens.findings import Applicability, Confidence, Edit, Finding, Fix, Severity
from slowlens.jsonvalue import Json
from slowlens_dashboard.repairs import Offer
from slowlens_dashboard.tables.gains import gain

TRIED = "merged + a-rule"


def offer(
    rule: str = "a-rule",
    *,
    key: str = "use_cache",
    after: Json = True,
    title: str = "Do it",
    cost: str = "",
) -> Offer:
    fix = Fix(title, Applicability.SAFE, (Edit("config.json", (key,), False, after),))
    finding = Finding("m", Severity.ERROR, Confidence.READ, (), (), cost=cost, fix=fix)
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


def told(found: Measurement, *others: Offer, this: Offer | None = None) -> tuple[str, ...]:
    one = this or offer()
    gained = gain(one, (one, *others), found)
    return gained.sentences if gained else ()


def said(found: Measurement, *others: Offer, this: Offer | None = None) -> str:
    """The sentence with the seconds."""
    sentences = told(found, *others, this=this)
    return sentences[1] if len(sentences) > 1 else "".join(sentences)


def shorter(*after: float) -> Measurement:
    """The same, where an answer of ten tokens takes five with the fix."""
    found = tried(*after)
    answers = [
        replace(one, trial=replace(one.trial, subject=subject))
        for subject, tokens in (("merged", 10), (TRIED, 5))
        for one in [generation(*[0.1] * tokens, purpose=Purpose.LENGTH, finish=Finish.EOS)]
    ]
    return replace(found, generations=(*found.generations, *answers))


def test_what_a_token_took_is_told_with_its_rounds() -> None:
    assert said(tried(0.1, 0.11, 0.12)) == (
        "a token takes 200 ms → 110 ms (medians of 3 rounds, 10 tokens each)"
    )
    assert "1 round, 10 tokens" in said(tried(0.1, rounds=1))


def test_of_a_fix_that_ends_answers_whole_ones_are_told() -> None:
    found = told(shorter(0.2, 0.21, 0.19))
    assert found[0].startswith("measured 2.00 times as fast (90 % interval ")
    assert found[1] == (
        "an answer takes 1 s less (90 % interval 0.916 to 1.08 s):"
        " 2 s for 10 tokens → 1 s for 5 tokens, 3 rounds"
    )
    assert said(shorter(0.5, 0.51, 0.49)).startswith("an answer takes 0.5 s more (90 % interval ")
    assert said(shorter(0.4, 0.4, 0.4)).startswith("an answer takes as long, within 10 %: 2 s")
    assert said(shorter(0.2, 0.4, 0.6)).startswith("whether an answer takes less time is not clear")


COST = "2 to 24 times as long per answer: the longer, the worse"


def answered(found: Measurement, last: int = 2) -> Measurement:
    """Answers of merged and with the fix, whose last tokens differ unless ``last`` is 2."""
    answers = []
    for subject, token in (("merged", 2), (TRIED, last)):
        one = generation(0.1, 0.1, purpose=Purpose.LENGTH, finish=Finish.EOS)
        steps = (*one.steps[:-1], replace(one.steps[-1], token=token))
        answers.append(replace(one, trial=replace(one.trial, subject=subject), steps=steps))
    return replace(found, generations=(*found.generations, *answers))


def test_the_estimate_stands_beside_what_was_measured_and_whether_outputs_are_equal() -> None:
    found = replace(tried(0.1, 0.11, 0.12), equalities=(equality(),))
    assert told(found, this=offer(cost=COST))[0] == (
        "estimated 2 to 24 times, measured 1.82 times (90 % interval 1.56 to 2.13, 3 runs),"
        " outputs equal up to rounding"
    )
    by_source = replace(found, equalities=(equality(), replace(equality(), subject="source")))
    text = told(by_source, this=offer(cost=COST))[0]
    assert text.endswith(", outputs equal within the source's own noise")
    differing = replace(found, equalities=(equality(cached=0.5),))
    assert told(differing, this=offer(cost=COST))[0].endswith(", outputs differ")


def test_without_an_estimate_what_was_measured_stands_alone() -> None:
    text = told(tried(0.1, 0.1, 0.1), this=offer(cost="answers run on, often 10 times as long"))[0]
    assert text == "measured 2.00 times as fast (90 % interval 2.00 to 2.00, 3 runs)"
    assert told(tried(0.1, rounds=1))[0] == "measured 2.00 times as fast (1 run)"
    unclear = told(tried(0.1, 0.2, 0.3))[0]
    assert unclear.endswith(" runs), which is not clear")


def test_a_fix_that_is_no_better_or_slower_says_so_first() -> None:
    assert told(tried(0.2, 0.2, 0.2), this=offer(cost=COST))[0] == (
        "measured no better: 1.00 times as fast (90 % interval 1.00 to 1.00, 3 runs)"
    )
    slower = told(tried(0.4, 0.41, 0.42), this=offer(cost=COST))[0]
    assert slower.startswith("measured slower: 0.49 times as fast (90 % interval ")


def test_other_fixes_are_told_the_same_answer_where_every_token_is() -> None:
    this = offer(key="attn_implementation")
    found = tried(0.1, 0.1, 0.1)
    assert told(answered(found), this=this)[0].endswith(", the same answer token by token")
    assert "answer" not in told(answered(found, last=3), this=this)[0]


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
