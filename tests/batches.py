"""Runs for the reports: what fails, what is elsewhere, what is silenced, what is broken."""

from dataclasses import replace

from runs import a_run
from slowlens.batch import Batch, Broken
from slowlens.diagnose import Outcome, Status
from slowlens.facts.checkpoint import FileProblem
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Confidence, Finding, Fix, Severity, ValueEvidence
from slowlens.run import Run
from slowlens.standing import Silence

RULE = "gen-use-cache-false"
OTHER = "eos-lost-or-wrong"
UNREAD = FileProblem("config.json", "is empty", "Copy it from the source.")
BROKEN = Broken("/data/runs/broken", "it is a file", "Pass a folder.")
SILENCE = Silence(RULE, "a | reason")


def a_finding(
    severity: Severity = Severity.ERROR,
    *affects: Runtime,
    message: str = "the cache is off",
    line: int = 3,
) -> Finding:
    return Finding(
        message,
        severity,
        Confidence.READ,
        affects,
        (ValueEvidence("config.json", ("use_cache",), found=False, line=line),),
        "2 to 24 times per answer",
        Fix("Turn it on", Applicability.SAFE),
    )


def found(rule: str, *findings: Finding) -> Outcome:
    return Outcome(rule, Status.FOUND, findings)


def run_of(*outcomes: Outcome, name: str = "a", **more: object) -> Run:
    run = a_run()
    path = f"/data/runs/{name}/merged"
    run = replace(run, merged=replace(run.merged, path=path), source=None, outcomes=outcomes)
    return replace(run, **more)


FAILING = run_of(found(RULE, a_finding()))
PASSING = run_of(Outcome(RULE, Status.PASSED), name="b")
SILENCED = run_of(found(RULE, a_finding()), name="c", silences=(SILENCE,))
ELSEWHERE = run_of(
    found(RULE, a_finding(Severity.ERROR, Runtime.VLLM)), name="d", judged=(Runtime.FORWARD,)
)
MIXED = Batch((FAILING, PASSING, BROKEN, SILENCED, ELSEWHERE), root="/data")
