"""Facts in, outcomes out."""

from collections.abc import Iterable
from enum import StrEnum
from types import NoneType
from typing import NamedTuple, get_args

from slowlens.facts.checkpoint import CONFIG
from slowlens.facts.reading import Reading, Source
from slowlens.findings import Confidence, Finding, Rule, Undecided
from slowlens.frozen import dataclass
from slowlens.rules import RULES

NEEDED = {
    "Measurement": "a live run",
    "Source": "the source checkpoint (--source)",
    "Changes": "the source checkpoint (--source), and safetensors in both",
    "Scan": "the weights themselves (--scan-weights)",
    "Hardware": "a GPU",
}
"""Fact to what a person would give to have it."""


CONFIG_UNREAD = f"{CONFIG} could not be read"
SOURCE_UNREAD = f"the source's {CONFIG_UNREAD}"


class Status(StrEnum):
    """The four answers of a rule."""

    PASSED = "passed"
    FOUND = "found"
    SKIPPED = "skipped"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one rule."""

    rule: str
    status: Status
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    """Why it was skipped, or the error that it crashed with."""


class Found(NamedTuple):
    """A finding and the rule that it comes from."""

    rule: str
    finding: Finding


def ranked(outcomes: Iterable[Outcome]) -> tuple[Found, ...]:
    """Return all findings, the gravest first; of equals what was measured, then rule order."""

    def rank(found: Found) -> tuple[int, bool]:
        finding = found.finding
        return -finding.severity.rank, finding.confidence is not Confidence.MEASURED

    found = (Found(outcome.rule, finding) for outcome in outcomes for finding in outcome.findings)
    return tuple(sorted(found, key=rank))


def needs(rule: Rule) -> dict[str, object]:
    """Return the facts a rule asks for, by parameter name."""
    return {n: kind for n, kind in rule.check.__annotations__.items() if n != "return"}


def diagnose(facts: Iterable[object], rules: Iterable[Rule] = RULES) -> tuple[Outcome, ...]:
    """Run every rule whose facts are at hand."""
    by_type = {type(fact): fact for fact in facts}
    return tuple(_run(rule, by_type) for rule in rules)


def _run(rule: Rule, facts: dict[type, object]) -> Outcome:
    arguments: dict[str, object] = {}
    for name, kind in needs(rule).items():
        wanted = tuple(get_args(kind)) or (kind,)
        found = next((facts[k] for k in wanted if k in facts), None)
        if found is None and NoneType not in wanted:
            return Outcome(rule.id, Status.SKIPPED, reason=_missing(wanted[0]))
        arguments[name] = found
    try:
        findings = tuple(rule.check(**arguments))
    except Undecided as undecided:
        return Outcome(rule.id, Status.SKIPPED, reason=str(undecided))
    except Exception as error:  # noqa: BLE001 - a bug of one rule must not hide what others find
        _log_crash(rule)
        return Outcome(rule.id, Status.CRASHED, reason=f"{type(error).__name__}: {error}")
    if findings:
        return Outcome(rule.id, Status.FOUND, findings)
    unread = _unread(arguments.values())
    return Outcome(rule.id, Status.SKIPPED if unread else Status.PASSED, reason=unread)


def _unread(facts: Iterable[object]) -> str:
    """Say which config.json was asked for and not there: what is silent without it is not fine."""
    for fact in facts:
        if isinstance(fact, Reading) and not fact.checkpoint.has(CONFIG):
            return SOURCE_UNREAD if isinstance(fact, Source) else CONFIG_UNREAD
    return ""


def _log_crash(rule: Rule) -> None:
    import logging  # it is seldom needed, and a gate should start fast

    logging.getLogger(__name__).exception("rule %s crashed", rule.id)


def _missing(kind: object) -> str:
    name = getattr(kind, "__name__", str(kind))
    return f"needs {NEEDED.get(name) or 'the fact ' + name}"
