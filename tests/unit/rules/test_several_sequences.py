from dataclasses import replace

import pytest

from literals import generation, loaded, measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Purpose, Subject
from slowlens.findings import Confidence, Severity, Undecided
from slowlens.rules.several_sequences import check


def proof(rows: int, subject: Subject = Subject.MERGED) -> Generation:
    return replace(generation(1, 1, 1, purpose=Purpose.PROOF, subject=subject), rows=rows)


def test_beams_are_rows_of_each_pass() -> None:
    found = replace(measurement(proof(4)), models=(loaded(beams=4, sequences=2),))
    (finding,) = check(found)
    assert finding.message == (
        "as shipped, each step processed 4 sequences for one prompt "
        "(num_beams 4, num_return_sequences 2); the timed trials decode one"
    )
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.MEASURED)
    assert finding.evidence[0].value == 4
    assert finding.cost == "up to 4 times the work per token and 4 key-value caches"


def test_only_settings_that_ask_for_it_are_named() -> None:
    for model, named in (
        ((loaded(beams=4),), " (num_beams 4); the"),
        ((loaded(),), "one prompt; the"),
        ((), "one prompt; the"),
    ):
        (finding,) = check(replace(measurement(proof(4)), models=model))
        assert named in finding.message


def test_what_the_source_does_as_well_is_a_note() -> None:
    for rows, severity in ((4, Severity.NOTE), (5, Severity.NOTE), (2, Severity.WARNING)):
        (finding,) = check(measurement(proof(4), proof(rows, Subject.SOURCE)))
        assert finding.severity is severity
        assert (", as in its source" in finding.message) is (severity is Severity.NOTE)


def test_one_sequence_is_fine_whatever_the_source_does() -> None:
    assert not list(check(measurement(proof(1))))
    assert not list(check(measurement(proof(1), proof(4, Subject.SOURCE))))


def test_timed_trials_prove_nothing_as_they_decode_one() -> None:
    with pytest.raises(Undecided, match="first steps"):
        list(check(measurement(generation(1, 1, 1))))


def test_steps_that_were_not_counted_are_undecided() -> None:
    blind = replace(proof(1), steps=tuple(replace(s, tokens_in=0) for s in proof(1).steps))
    with pytest.raises(Undecided, match="first steps"):
        list(check(measurement(blind)))
