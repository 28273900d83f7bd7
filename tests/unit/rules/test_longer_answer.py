from dataclasses import replace
from typing import Any

import pytest

from literals import generation, loaded, measurement
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Finish, Purpose, Subject
from slowlens.findings import Confidence, Severity, Undecided
from slowlens.rules.longer_answer import check

MODELS = (loaded(), loaded(Subject.SOURCE))


def answer(
    tokens: int, subject: Subject = Subject.MERGED, text: str = "red", **changes: Any
) -> Generation:
    given: dict[str, Any] = {"purpose": Purpose.LENGTH, "finish": Finish.EOS} | changes
    return replace(generation(*[0.1] * tokens, subject=subject, **given), text=text)


def pair(ours: Generation, theirs: int | Generation = 40, models: Any = MODELS) -> Measurement:
    source = answer(theirs, Subject.SOURCE) if isinstance(theirs, int) else theirs
    return replace(measurement(ours, source), models=models)


def prompted(merged: int, source: int, images: int = 0) -> Measurement:
    ours = replace(answer(40), prompt_tokens=merged, image_tokens=images)
    return pair(ours, replace(answer(40, Subject.SOURCE), prompt_tokens=source))


def thinking(merged: bool, source: bool = False) -> Any:
    return loaded(thinks=merged), loaded(Subject.SOURCE, thinks=source)


def test_more_tokens_without_a_reason_are_a_note() -> None:
    (finding,) = check(pair(answer(80)))
    assert finding.message == "in this one answer merged wrote 80 tokens where its source wrote 40"
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.SUSPECTED)
    assert [number.value for number in finding.evidence] == [80, 40]
    assert finding.cost == "2.0 times as many tokens"


def test_timed_trials_tell_what_the_tokens_cost() -> None:
    timed = [generation(1, 0.1, 0.1), generation(1, 0.1, 0.1, subject=Subject.SOURCE)]
    found = pair(answer(80))
    (finding,) = check(replace(found, generations=(*found.generations, *timed)))
    assert finding.cost == "2.0 times as many tokens: 4 s because it writes 40 tokens more"
    for left in timed:
        (finding,) = check(replace(found, generations=(*found.generations, left)))
        assert finding.cost == "2.0 times as many tokens"


def test_tokens_that_come_faster_may_make_up_for_more_of_them() -> None:
    timed = [generation(1, 0.1, 0.1), generation(1, 0.3, 0.3, subject=Subject.SOURCE)]
    found = pair(answer(80))
    (finding,) = check(replace(found, generations=(*found.generations, *timed)))
    assert finding.cost == (
        "2.0 times as many tokens: 8 s because it writes 40 tokens more, 11.8 s less by taking "
        "less for each token"
    )


def test_a_block_of_thoughts_is_measured() -> None:
    text = "<think>" + "why " * 25 + "</think>" + "r" * 86
    (finding,) = check(pair(answer(80, text=text)))
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith(": it thinks, 49 % of its text are thoughts")


def test_a_template_that_opens_the_thoughts() -> None:
    text = "y" * 30 + "</think>" + "r" * 62
    (finding,) = check(pair(answer(80, text=text), models=thinking(True)))
    assert finding.severity is Severity.WARNING
    assert finding.message.endswith(
        ": it thinks, as its chat template has it, 30 % of its text are thoughts"
    )


def test_thoughts_that_stay_empty_are_thoughts_all_the_same() -> None:
    (finding,) = check(pair(answer(80, text="</think>red"), models=thinking(True)))
    assert finding.message.endswith(": it thinks, as its chat template has it")


def test_a_source_that_thinks_as_well_is_no_reason() -> None:
    text = "<think>why</think>red"
    opened = pair(answer(80, text=text), models=thinking(True, True))
    wrote = pair(answer(80, text=text), answer(40, Subject.SOURCE, text=text))
    for found in (opened, wrote):
        (finding,) = check(found)
        assert (finding.severity, "thinks" in finding.message) == (Severity.NOTE, False)


@pytest.mark.parametrize(("ours", "theirs"), [(40, 40), (50, 40), (20, 8), (120, 100), (8, 40)])
def test_a_little_longer_is_as_long(ours: int, theirs: int) -> None:
    assert not list(check(pair(answer(ours), theirs)))


def test_an_answer_without_end_belongs_to_another_rule() -> None:
    assert not list(check(pair(answer(80, finish=Finish.LENGTH))))
    assert not list(check(pair(answer(80), answer(40, Subject.SOURCE, finish=Finish.LENGTH))))


def test_two_answers_without_end_tell_nothing() -> None:
    both = pair(answer(80, finish=Finish.LENGTH), answer(80, Subject.SOURCE, finish=Finish.LENGTH))
    with pytest.raises(Undecided, match="both ran to the limit"):
        list(check(both))
    longer = tuple(
        replace(g, prompt_tokens=p) for g, p in zip(both.generations, (90, 10), strict=True)
    )
    (finding,) = check(replace(both, generations=longer))
    assert "prompt of 90 tokens" in finding.message


def test_a_longer_prompt_for_the_same_request() -> None:
    (finding,) = check(prompted(249, 210))
    assert finding.message.startswith(
        "the same request is a prompt of 249 tokens, and of 210 in its source"
    )
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.MEASURED)
    assert [number.value for number in finding.evidence] == [249, 210]
    assert finding.cost == "39 more tokens to read before each answer"


@pytest.mark.parametrize(
    ("merged", "source", "images"), [(210, 210, 0), (220, 210, 0), (28, 20, 0), (300, 210, 90)]
)
def test_a_prompt_that_is_as_long(merged: int, source: int, images: int) -> None:
    assert not list(check(prompted(merged, source, images)))


def test_prompt_and_answer_are_told_apart() -> None:
    found = pair(replace(answer(80), prompt_tokens=90))
    assert len(list(check(found))) == 2


def test_what_there_is_no_answer_of_is_undecided() -> None:
    found = pair(answer(80))
    ours, theirs = found.generations
    made_up = loaded(thinks=None), loaded(Subject.SOURCE, thinks=None)
    for missing, why in (
        (replace(found, generations=(ours,)), "come to an answer"),
        (replace(found, generations=(theirs,)), "come to an answer"),
        (replace(found, models=MODELS[:1]), "come to an answer"),
        (replace(found, models=MODELS[1:]), "come to an answer"),
        (replace(found, models=(made_up[0], MODELS[1])), "merged has no tokenizer"),
        (replace(found, models=(MODELS[0], made_up[1])), "source has no tokenizer"),
    ):
        with pytest.raises(Undecided, match=why):
            list(check(missing))
