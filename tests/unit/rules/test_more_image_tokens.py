from dataclasses import replace

import pytest

from literals import generation, measurement
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.timing import Generation
from slowlens.facts.live.trial import Purpose, Subject
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Confidence, NumberEvidence, Severity, Undecided
from slowlens.rules.more_image_tokens import check


def shown(subject: Subject, image_tokens: int, purpose: Purpose = Purpose.PROOF) -> Generation:
    return replace(generation(1, 1, subject=subject, purpose=purpose), image_tokens=image_tokens)


def pair(ours: int, theirs: int, purpose: Purpose = Purpose.PROOF) -> Measurement:
    return measurement(shown(Subject.MERGED, ours, purpose), shown(Subject.SOURCE, theirs, purpose))


@pytest.mark.parametrize("purpose", [Purpose.PROOF, Purpose.LENGTH])
def test_more_tokens(purpose: Purpose) -> None:
    (finding,) = check(pair(2691, 1222, purpose))
    assert finding.severity is Severity.WARNING
    assert finding.confidence is Confidence.MEASURED
    assert finding.affects == (Runtime.TRANSFORMERS_5,)
    assert finding.message.startswith("the same picture became 2691 tokens, and 1222 in the source")
    assert "vlm-pixel-budget-changed" in finding.message
    assert finding.cost.startswith("2.2 times the image tokens: the prefill")
    assert finding.evidence == (
        NumberEvidence("picture in merged", 2691, "tokens"),
        NumberEvidence("picture in source", 1222, "tokens"),
    )


def test_fewer_tokens() -> None:
    (finding,) = check(pair(400, 1000))
    assert finding.cost == "600 fewer tokens before each answer: faster, but with less detail"


def test_a_source_whose_picture_became_no_token() -> None:
    (finding,) = check(pair(400, 0))
    assert finding.cost.startswith("400 more image tokens")


@pytest.mark.parametrize("ours", [900, 1000, 1100])
def test_counts_within_a_tenth_are_fine(ours: int) -> None:
    assert not list(check(pair(ours, 1000)))


@pytest.mark.parametrize("ours", [899, 1101])
def test_just_beyond_a_tenth(ours: int) -> None:
    assert list(check(pair(ours, 1000)))


def test_without_a_picture_nothing_is_known() -> None:
    with pytest.raises(Undecided, match="no picture"):
        list(check(pair(0, 0)))


@pytest.mark.parametrize("missing", list(Subject))
def test_without_both_sides_nothing_is_known(missing: Subject) -> None:
    there = next(subject for subject in Subject if subject is not missing)
    with pytest.raises(Undecided, match=f"{missing} was not shown"):
        list(check(measurement(shown(there, 1000))))


def test_trials_whose_prompt_was_cut_do_not_count() -> None:
    cut = (shown(Subject.MERGED, 9, Purpose.SPEED), shown(Subject.SOURCE, 5, Purpose.SPEED))
    with pytest.raises(Undecided):
        list(check(measurement(*cut)))
    found = pair(1000, 1000)
    assert not list(check(replace(found, generations=(*cut, *found.generations))))
