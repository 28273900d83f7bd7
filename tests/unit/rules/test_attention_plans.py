from dataclasses import replace

import pytest

from literals import measurement
from slowlens.facts.live.device import Profile
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Cache, Subject
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Confidence, Severity, Undecided
from slowlens.rules.attention_plans import check


def profile(
    fresh: float | None,
    again: float | None,
    other: float | None = None,
    *,
    cache: Cache = Cache.ON,
    subject: str = Subject.MERGED,
) -> Profile:
    return Profile(subject, cache, 7, 0.03, 0.01, 1000, 0.0, fresh, again, other)


def measured(*profiles: Profile) -> Measurement:
    return replace(measurement(), profiles=profiles)


def test_lengths_that_are_new_cost_more() -> None:
    (finding,) = check(measured(profile(0.1, 0.03, 0.033)))
    assert finding.message == (
        "attention plans: a token takes 100 ms where the length of the text is new, and 30 ms "
        "where it was seen before"
    )
    assert (finding.severity, finding.confidence) == (Severity.WARNING, Confidence.MEASURED)
    assert finding.affects == (Runtime.TRANSFORMERS_5,)
    assert finding.cost == (
        "3.3 times as long per token, cache on; 33 ms at new lengths while torch was kept from "
        "using cuDNN attention"
    )
    assert finding.fix is not None
    assert finding.fix.applicability is Applicability.MANUAL
    assert "TORCH_CUDNN_SDPA_DEPRIORITIZED=1" in finding.fix.reason
    assert [e.value for e in finding.evidence] == [100, 30]  # type: ignore[union-attr]


def test_a_quarter_is_not_much() -> None:
    assert not list(check(measured(profile(1.0, 0.75))))
    assert list(check(measured(profile(1.0, 0.74))))
    assert not list(check(measured(profile(0.1, 0.2))))


def test_what_did_not_help_is_not_offered() -> None:
    (finding,) = check(measured(profile(0.1, 0.03, 0.081)))
    assert finding.fix is None
    (finding,) = check(measured(profile(0.1, 0.03, 0.08)))
    assert finding.fix is not None
    (finding,) = check(measured(profile(0.1, 0.03)))
    assert finding.fix is None
    assert finding.cost == "3.3 times as long per token, cache on"


def test_the_kind_that_loses_most_is_told() -> None:
    mild, bad = profile(0.2, 0.14, cache=Cache.AS_SHIPPED), profile(0.1, 0.03)
    (finding,) = check(measured(mild, bad))
    assert "100 ms" in finding.message
    (finding,) = check(measured(bad, mild))
    assert "100 ms" in finding.message


def test_without_such_steps_nothing_is_told() -> None:
    for found in (
        measured(),
        measured(profile(None, None)),
        measured(profile(0.1, None)),
        measured(profile(None, 0.03)),
        measured(profile(0.1, 0.03, subject=Subject.SOURCE)),
    ):
        with pytest.raises(Undecided, match="needs a GPU"):
            list(check(found))
