from collections.abc import Iterator
from dataclasses import replace

import pytest

from literals import measurement, merged, source
from slowlens.diagnose import Outcome, Status, diagnose
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.reading import Merged, Source
from slowlens.findings import Confidence, Finding, Rule, Severity, Undecided

PROBLEM = Finding("a problem", Severity.ERROR, Confidence.READ, ())


def quiet(merged: Merged) -> Iterator[Finding]:
    yield from ()


def loud(merged: Merged) -> Iterator[Finding]:
    yield PROBLEM


def boom(merged: Merged) -> Iterator[Finding]:
    raise RuntimeError("a bug")
    yield


def undecided(merged: Merged) -> Iterator[Finding]:
    raise Undecided("config.json could not be read")
    yield


def needs_measurement(measurement: Measurement) -> Iterator[Finding]:
    yield from ()


def takes_a_source_if_there_is_one(merged: Merged, source: Source | None) -> Iterator[Finding]:
    if source is not None:
        yield PROBLEM


RULES = tuple(
    Rule(f.__name__, "", f, since="0")
    for f in (quiet, loud, boom, undecided, needs_measurement, takes_a_source_if_there_is_one)
)


def test_every_rule_gets_its_own_answer(caplog: pytest.LogCaptureFixture) -> None:
    assert diagnose([merged({})], RULES) == (
        Outcome("quiet", Status.PASSED),
        Outcome("loud", Status.FOUND, (PROBLEM,)),
        Outcome("boom", Status.CRASHED, reason="RuntimeError: a bug"),
        Outcome("undecided", Status.SKIPPED, reason="config.json could not be read"),
        Outcome("needs_measurement", Status.SKIPPED, reason="needs a live run"),
        Outcome("takes_a_source_if_there_is_one", Status.PASSED),
    )


def test_optional_facts_are_given_when_they_are_there() -> None:
    outcomes = diagnose([merged({}), source({}), measurement()], RULES)
    statuses = [outcome.status for outcome in outcomes]
    assert statuses[4:] == [Status.PASSED, Status.FOUND]


def takes_both(merged: Merged, source: Source) -> Iterator[Finding]:
    yield from ()


BLIND = tuple(
    Rule(f.__name__, "", f, since="0")
    for f in (quiet, loud, takes_a_source_if_there_is_one, takes_both, needs_measurement)
)


def test_what_is_silent_without_config_json_did_not_pass() -> None:
    outcomes = diagnose([merged(None), source({}), measurement()], BLIND)
    unread = Outcome("", Status.SKIPPED, reason="config.json could not be read")
    assert outcomes == (
        replace(unread, rule="quiet"),
        Outcome("loud", Status.FOUND, (PROBLEM,)),
        Outcome("takes_a_source_if_there_is_one", Status.FOUND, (PROBLEM,)),
        replace(unread, rule="takes_both"),
        Outcome("needs_measurement", Status.PASSED),
    )


def test_nor_without_that_of_the_source_where_it_is_asked_for() -> None:
    outcomes = diagnose([merged({}), source(None)], BLIND[:4])
    assert outcomes[0] == Outcome("quiet", Status.PASSED)
    reason = "the source's config.json could not be read"
    assert outcomes[3] == Outcome("takes_both", Status.SKIPPED, reason=reason)
