from collections import Counter

from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.measure.plan import trials


def test_the_proof_comes_first_and_the_answers_last() -> None:
    order = trials(Plan("m", "s", rounds=2))
    assert [(t.subject, t.cache, t.purpose, t.new_tokens) for t in order[:2]] == [
        (Subject.MERGED, Cache.AS_SHIPPED, Purpose.PROOF, 3),
        (Subject.SOURCE, Cache.AS_SHIPPED, Purpose.PROOF, 3),
    ]
    assert [(t.subject, t.cache, t.purpose) for t in order[-2:]] == [
        (Subject.MERGED, Cache.ON, Purpose.LENGTH),
        (Subject.SOURCE, Cache.ON, Purpose.LENGTH),
    ]


def test_every_other_round_is_mirrored() -> None:
    speed = [t for t in trials(Plan("m", "s", rounds=3)) if t.purpose is Purpose.SPEED]
    rounds = [[t.label for t in speed if t.round == number] for number in range(3)]
    assert rounds[0] == [
        "merged as shipped",
        "merged, cache on",
        "merged, cache off",
        "source as shipped",
    ]
    assert rounds[1] == rounds[0][::-1]
    assert rounds[2] == rounds[0]


def test_without_a_source_only_merged_runs() -> None:
    order = trials(Plan("m", rounds=1, new_tokens=7, answer_tokens=9))
    assert {t.subject for t in order} == {Subject.MERGED}
    assert Counter(t.purpose for t in order) == {
        Purpose.PROOF: 1,
        Purpose.SPEED: 3,
        Purpose.LENGTH: 1,
    }
    assert {t.new_tokens for t in order if t.purpose is Purpose.SPEED} == {7}
    assert order[-1].new_tokens == 9
