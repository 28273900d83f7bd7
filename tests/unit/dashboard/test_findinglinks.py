"""Names of findings in addresses: they stay, whatever is judged, and say what became of theirs."""

from dataclasses import replace
from pathlib import Path

import pytest

from builders import checkpoint
from pages import SLOW_CONFIG, SLOW_GENERATION
from slowlens.checking import check
from slowlens.diagnose import Found, Outcome, Status
from slowlens.facts.runtimes import Runtime
from slowlens.run import Run
from slowlens.standing import Silence, Standing
from slowlens_dashboard.address import listed, one_of
from slowlens_dashboard.findinglinks import (
    LONGEST,
    finding_of,
    gone,
    name_of,
    of_pair,
    of_run,
)
from slowlens_dashboard.pair import Pair
from slowlens_dashboard.wording.language import Language, catalogue_of

RULE = "gen-use-cache-false"
TITLES = {RULE: "Generation without the key-value cache"}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    merged = checkpoint(tmp_path / "merged", SLOW_CONFIG, SLOW_GENERATION)
    return check(merged, checkpoint(tmp_path / "source"))


def with_outcome(run: Run, outcome: Outcome) -> Run:
    others = (o for o in run.outcomes if o.rule != outcome.rule)
    return replace(run, outcomes=(*others, outcome))


def twice(run: Run) -> Run:
    """The rule finds a second thing, which concerns another runtime."""
    outcome = next(o for o in run.outcomes if o.rule == RULE)
    other = replace(outcome.findings[0], message="another", affects=(Runtime.VLLM,))
    return with_outcome(run, replace(outcome, findings=(outcome.findings[0], other)))


def test_every_finding_has_a_name_of_its_own_that_leads_to_it(run: Run) -> None:
    for given in (run, twice(run)):
        found = [f for kind in Standing for f in given.standings[kind]]
        names = [name_of(each, given) for each in found]
        assert len(set(names)) == len(names) > 1
        assert [finding_of(name, given) for name in names] == found


def test_the_second_finding_of_a_rule_has_a_number_whatever_is_judged(run: Run) -> None:
    given = twice(run)
    for judged in ((), (Runtime.VLLM,), (Runtime.LLAMA_CPP,)):
        second = finding_of(f"{RULE}.2", replace(given, judged=judged))
        assert second is not None
        assert second.finding.message == "another"
    assert finding_of(f"{RULE}.1", given) is None, "one address for one finding"


def test_a_silenced_finding_is_found_too(run: Run) -> None:
    given = replace(run, silences=(Silence(RULE, "we know"),))
    assert finding_of(RULE, given) == finding_of(RULE, run)


def test_a_finding_that_was_fixed_says_so(run: Run) -> None:
    why = gone(RULE, with_outcome(run, Outcome(RULE, Status.PASSED)), TITLES)
    assert why.title == f"The link leads to “{TITLES[RULE]}”, which is no longer found here."
    assert "fixed" in why.told
    fewer = gone(f"{RULE}.3", twice(run), TITLES)
    assert fewer.title.startswith("The link leads to number 3 of “")
    assert "The rule finds 2 now" in fewer.told


def test_the_title_of_a_rule_is_told_in_chinese_behind_its_quotation_mark(run: Run) -> None:
    why = gone(RULE, with_outcome(run, Outcome(RULE, Status.PASSED)), TITLES)
    told = catalogue_of(Language.CHINESE).told
    assert told(why.title) == f"链接指向“{told(TITLES[RULE])}”，在这里已不再发现。"  # noqa: RUF001
    assert told(TITLES[RULE]) != TITLES[RULE]


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (Outcome(RULE, Status.SKIPPED, reason="needs a live run"), "Not checked: needs a live run"),
        (Outcome(RULE, Status.CRASHED, reason="a bug"), "The rule failed: a bug."),
    ],
)
def test_what_was_not_checked_is_not_called_fixed(run: Run, outcome: Outcome, told: str) -> None:
    why = gone(RULE, with_outcome(run, outcome), TITLES)
    assert "which was not checked here" in why.title
    assert told in why.told


def test_a_run_that_is_older_than_the_rule_says_so(run: Run) -> None:
    older = replace(run, outcomes=tuple(o for o in run.outcomes if o.rule != RULE))
    assert gone(RULE, older, TITLES).told == "This run is older than the rule."


def test_a_made_up_name_is_cut_and_leads_nowhere(run: Run) -> None:
    name = "<script>alert(1)</script>" * 50
    assert finding_of(name, run) is None
    title = gone(name, run, TITLES).title
    assert title.startswith("The link names a rule that this Slowlens does not know: <script>")
    assert len(title) < LONGEST + 80


def test_queries_hold_what_a_teammate_needs(run: Run) -> None:
    pair = Pair(Path("/m"), Path("/s"))
    found = Found(*run.findings[0])
    name = name_of(found, run)
    assert of_pair(name, pair, "") == {"merged": "/m", "source": "/s", "finding": name}
    assert of_pair(name, Pair(Path("/m")), "vllm") == {
        "merged": "/m", "runtime": "vllm", "finding": name
    }  # fmt: skip
    assert of_run(name, run) == {"run": run.id, "finding": name}


def test_only_what_is_known_is_taken_from_an_address() -> None:
    assert listed("speed,<b>,cosmetic", ["cosmetic", "speed", "memory"]) == ["cosmetic", "speed"]
    assert listed("", ["speed"]) == []
    assert one_of("rules", {"rules": 1}, "") == "rules"
    assert one_of("__class__", {"rules": 1}, "") == ""
