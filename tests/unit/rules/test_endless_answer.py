from dataclasses import replace

import pytest

from literals import generation, measurement
from slowlens.facts.live.trial import Finish, Purpose, Subject
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Confidence, Severity, Undecided
from slowlens.rules.endless_answer import check

ENDLESS = generation(1, 1, 1, 1, purpose=Purpose.LENGTH)
STOPPED = generation(1, 1, purpose=Purpose.LENGTH, finish=Finish.EOS)


def of_source(finish: Finish) -> object:
    return generation(1, 1, purpose=Purpose.LENGTH, subject=Subject.SOURCE, finish=finish)


def test_merged_ran_on_where_the_source_stopped() -> None:
    (finding,) = check(measurement(ENDLESS, of_source(Finish.EOS)))
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.MEASURED)
    assert finding.affects == (Runtime.TRANSFORMERS_5,)
    assert "limit of 4 tokens; the source stopped after 2" in finding.message
    assert finding.cost == "at least 2.0 times as many tokens"


def test_without_a_source_it_is_only_a_suspicion() -> None:
    (finding,) = check(measurement(ENDLESS))
    assert (finding.severity, finding.confidence) == (Severity.NOTE, Confidence.SUSPECTED)


def test_where_both_ran_on_the_limit_was_too_low_to_tell() -> None:
    with pytest.raises(Undecided, match="both ran to the limit"):
        list(check(measurement(ENDLESS, of_source(Finish.LENGTH))))


def test_merged_stopped_by_itself() -> None:
    assert not list(check(measurement(STOPPED)))


def test_a_run_that_was_stopped_by_hand_is_undecided() -> None:
    cut = generation(1, 1, purpose=Purpose.LENGTH, finish=Finish.STOPPED)
    with pytest.raises(Undecided, match="did not come to an answer"):
        list(check(measurement(cut)))


def test_a_plan_without_answers_is_undecided() -> None:
    found = measurement()
    with pytest.raises(Undecided, match="left answers out"):
        list(check(replace(found, plan=replace(found.plan, answer_tokens=0))))


def test_a_made_up_model_knows_no_end() -> None:
    found = measurement(ENDLESS)
    with pytest.raises(Undecided, match="made-up"):
        list(check(replace(found, plan=replace(found.plan, random_weights=True))))
