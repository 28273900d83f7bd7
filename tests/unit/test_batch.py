from dataclasses import replace

import pytest

from batches import (
    BROKEN,
    ELSEWHERE,
    FAILING,
    OTHER,
    PASSING,
    RULE,
    SILENCED,
    UNREAD,
    a_finding,
    found,
    run_of,
)
from slowlens.batch import Batch, Broken, batch
from slowlens.diagnose import Outcome, Status
from slowlens.findings import Severity
from slowlens.gate import ExitCode
from slowlens.run import Run
from slowlens.standing import Silence


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([], ExitCode.CLEAN),
        ([PASSING], ExitCode.CLEAN),
        ([SILENCED, ELSEWHERE], ExitCode.CLEAN),
        ([PASSING, BROKEN], ExitCode.UNCHECKED),
        ([PASSING, replace(PASSING, problems=(UNREAD,))], ExitCode.UNCHECKED),
        ([BROKEN, FAILING, PASSING], ExitCode.FOUND),
    ],
)
def test_a_finding_goes_before_what_is_unchecked(
    results: list[Run | Broken], code: ExitCode
) -> None:
    assert Batch(tuple(results)).exit_code is code


def test_the_threshold_counts_for_each() -> None:
    mild = run_of(found(RULE, a_finding(Severity.WARNING)))
    assert Batch((mild,)).exit_code is ExitCode.CLEAN
    assert Batch((mild,), Severity.WARNING).exit_code is ExitCode.FOUND
    assert Batch((), Severity.WARNING).fails(Severity.WARNING)
    assert not Batch((), Severity.WARNING).fails(Severity.NOTE)


def test_runs_and_what_is_broken_are_told_apart() -> None:
    both = Batch((FAILING, BROKEN))
    assert (both.runs, both.broken) == ((FAILING,), (BROKEN,))


def test_a_batch_is_made_of_what_is_at_hand() -> None:
    whole = Batch((FAILING,), Severity.NOTE)
    assert batch(whole) is whole
    assert batch(FAILING) == batch([FAILING]) == Batch((FAILING,))


@pytest.mark.parametrize(
    ("outcome", "idle"),
    [
        (Outcome(RULE, Status.PASSED), True),
        (found(OTHER, a_finding()), True),
        (found(RULE, a_finding()), False),
        (Outcome(RULE, Status.SKIPPED, reason="no source"), False),
        (Outcome(RULE, Status.CRASHED, reason="bug"), False),
    ],
)
def test_a_silence_is_idle_when_its_rule_had_nothing_to_say(outcome: Outcome, idle: bool) -> None:
    silence = Silence(RULE, "why")
    run = run_of(outcome, silences=(silence,))
    assert Batch((run,), silences=(silence,)).idle == ((silence,) if idle else ())
    assert Batch((run,)).idle == ()


def test_a_silence_that_covers_nothing_is_idle() -> None:
    silence = Silence(RULE, "why", "runs/*")
    assert Batch((FAILING,), silences=(silence,)).idle == (silence,)


def test_what_covers_only_a_broken_one_may_have_silenced_something() -> None:
    silence = Silence(RULE, "why")
    covered = replace(BROKEN, silences=(silence,))
    assert Batch((covered,), silences=(silence,)).idle == ()
    assert Batch((BROKEN,), silences=(silence,)).idle == (silence,)
