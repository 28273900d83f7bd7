from dataclasses import replace
from pathlib import Path

from runs import a_run
from slowlens.diagnose import Outcome, Status
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Confidence, Finding, Fix, Severity
from slowlens.patch.journal import Entry
from slowlens.run import Run
from slowlens.standing import Silence
from slowlens_dashboard.repairs import offers, proved


def a_run_of_two() -> Run:
    """A run whose gravest finding concerns vLLM, and the other one transformers 5."""
    found = (
        (Severity.ERROR, Runtime.VLLM, "Mend vLLM"),
        (Severity.NOTE, Runtime.TRANSFORMERS_5, "Mend transformers"),
    )
    outcomes = tuple(
        Outcome(
            f"toy-{runtime}",
            Status.FOUND,
            (
                Finding(
                    "It is slow",
                    severity,
                    Confidence.READ,
                    (runtime,),
                    fix=Fix(title, Applicability.MANUAL),
                ),
            ),
        )
        for severity, runtime, title in found
    )
    return replace(a_run(), outcomes=outcomes)


def test_each_fix_is_offered_once_with_all_the_findings_that_it_removes() -> None:
    run = a_run()
    found = offers(run)
    assert len({offer.fix.title for offer in found}) == len(found)
    fixed = [pair for offer in found for pair in offer.findings]
    assert len(fixed) == sum(1 for o in run.outcomes for f in o.findings if f.fix is not None)


def test_the_fix_of_the_worst_finding_comes_first() -> None:
    assert [offer.fix.title for offer in offers(a_run_of_two())] == [
        "Mend vLLM",
        "Mend transformers",
    ]


def test_fixes_for_what_is_judged_come_before_those_for_other_runtimes() -> None:
    found = offers(replace(a_run_of_two(), judged=(Runtime.TRANSFORMERS_5,)))
    told = [(offer.fix.title, offer.counts) for offer in found]
    assert told == [("Mend transformers", True), ("Mend vLLM", False)]


def test_what_is_silenced_needs_no_fix() -> None:
    silenced = replace(a_run_of_two(), silences=(Silence("toy-vllm", "we know"),))
    assert [offer.fix.title for offer in offers(silenced)] == ["Mend transformers"]


def test_the_fixes_that_were_written_between_the_runs() -> None:
    def entry(number: int, time: str) -> Entry:
        return Entry(Path(f"{number:06}.json"), time, (), ())

    entries = [entry(n, f"2026-01-0{n}T00:00:00+00:00") for n in (4, 3, 2, 1)]
    before, after = (replace(a_run(), created=f"2026-01-0{day}T12:00:00+00:00") for day in (1, 3))
    assert proved(entries, before, after) == (3, 2)
