"""Which run speaks of a fix, and how far a run is."""

from dataclasses import replace

import pytest

from literals import generation
from pages import explained
from runs import a_run
from slowlens.diagnose import Found
from slowlens.facts.live.measurement import Status
from slowlens.facts.live.plan import Overlay
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.findings import Applicability, Confidence, Edit, Finding, Fix, Severity
from slowlens.run import Run
from slowlens_dashboard.charts.steps import shown
from slowlens_dashboard.measuring.eventlog import Entry
from slowlens_dashboard.measuring.tries import progress, tried
from slowlens_dashboard.repairs import Offer

ON = Fix(
    "Turn the key-value cache on",
    Applicability.SAFE,
    (Edit("config.json", ("use_cache",), False, True),),
)
FINDING = Finding("m", Severity.ERROR, Confidence.READ, (), (), fix=ON)
OFFER = Offer(ON, (Found("gen-use-cache-false", FINDING),))


def a_try(id_: str, status: Status = Status.DONE, *, of: Run, timed: bool = True) -> Run:
    found = replace(explained(), status=status, error="the GPU is full", hint="Take fewer tokens.")
    if not timed:
        found = replace(found, generations=())
    return replace(of, id=id_, measurement=found)


def test_the_newest_run_that_came_to_a_result_speaks() -> None:
    now = a_run()
    runs = [a_try("3", Status.STOPPED, of=now, timed=False), a_try("2", of=now), a_try("1", of=now)]
    found = tried(OFFER, [OFFER], now, runs)
    assert found is not None
    assert found.run.id == "2"
    assert found.gain is not None
    assert found.trouble == ("", "")


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (Status.STOPPED, "the last try was stopped"),
        (Status.FAILED, "the last try failed: the GPU is full"),
    ],
)
def test_a_try_without_a_result_says_why(status: Status, trouble: str) -> None:
    now = a_run()
    found = tried(OFFER, [OFFER], now, [a_try("1", status, of=now, timed=False)])
    assert found is not None
    assert found.gain is None
    assert found.trouble[0] == trouble
    assert found.trouble[1]


def test_a_run_of_other_files_or_of_more_fixes_is_no_try_of_this_one() -> None:
    now = a_run()
    one = a_try("1", of=now)
    edited = replace(now, merged=replace(now.merged, sha256={"config.json": "0"}))
    assert tried(OFFER, [OFFER], edited, [one]) is None
    assert one.measurement
    both = Overlay("all fixes", "/x", ("a", "b"), (ON.title, "Another"))
    plan = replace(one.measurement.plan, overlays=(both,))
    more = replace(one, measurement=replace(one.measurement, plan=plan))
    assert tried(OFFER, [OFFER], now, [more]) is None
    assert tried(OFFER, [OFFER], now, [replace(one, measurement=None)]) is None


def trial(subject: str, purpose: Purpose = Purpose.SPEED, tokens: int = 4) -> Trial:
    return replace(generation(1).trial, subject=subject, purpose=purpose, new_tokens=tokens)


def planned(*trials: Trial) -> Entry:
    return {"event": "Planned", "trials": shown(trials)}


def stepped(number: int, *seconds: float) -> Entry:
    return {"event": "Stepped", "trial": number, "steps": {"seconds": [*seconds]}, "text": ""}


def test_loading_is_told_in_bytes() -> None:
    assert progress([]).doing == "Starting the measuring process…"
    loading: Entry = {"event": "Loading", "subject": "merged", "size": 14 * 10**10}
    assert progress([loading]).doing == "Loading merged (140 GB)…"
    some: Entry = {**loading, "event": "LoadProgress", "done": 7 * 10**10}
    assert progress([loading, some]).doing == "Loading merged: 70 GB of 140 GB…"


def test_no_time_is_told_before_it_is_known_which_trials_follow() -> None:
    proof = trial(Subject.MERGED, Purpose.PROOF)
    found = progress([planned(proof), {"event": "TrialStarted", "trial": 0}, stepped(0, 1, 1)])
    assert (found.share, found.left) == (0.0, None)
    assert found.doing == "Trial 1 of 1: merged as shipped"


def test_what_is_left_goes_by_the_pace_of_its_kind() -> None:
    slow, fast = trial(Subject.MERGED), trial(Subject.SOURCE)
    log = [
        planned(slow, fast, slow, fast),
        {"event": "TrialStarted", "trial": 0},
        stepped(0, 2, 2, 2, 2),
        {"event": "TrialFinished", "trial": 0},
        {"event": "TrialStarted", "trial": 1},
        stepped(1, 1, 1),
    ]
    found = progress(log)
    assert found.left == 2 * 1 + 4 * 2 + 4 * 1
    assert found.share == 10 / 24
    assert found.doing == "Trial 2 of 4: source as shipped"


def test_a_trial_that_is_skipped_is_over() -> None:
    one, two = trial(Subject.MERGED), replace(trial(Subject.MERGED), cache=Cache.ON)
    log = [planned(one, two), stepped(0, 1), {"event": "TrialStarted", "trial": 1}]
    assert progress(log).left == 4
    assert progress([*log, {"event": "TrialFailed", "trial": 1}]).left == 0


def test_what_nobody_planned_breaks_nothing() -> None:
    log: list[Entry] = [{"event": "TrialStarted", "trial": 5}, stepped(5, 1), {"event": "Other"}]
    assert progress(log).left is None
