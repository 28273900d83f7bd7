"""Why a rule that was named has no fix to show, and which one has."""

from collections.abc import Iterable, Iterator

from slowlens.diagnose import Status
from slowlens.rulenames import rule_named
from slowlens.run import Run


def unfixed(run: Run, rules: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each of ``rules`` that offers no fix in this run."""
    for rule in rules:
        if not _offers(run, rule):
            yield _why(run, rule)


def in_their_place(run: Run, rules: Iterable[str]) -> tuple[str, ...]:
    """Return ``rules``, those without a fix replaced by those that have it for them."""
    several = (name for rule in rules for name in (_fixers(run, rule) or (rule,)))
    return tuple(dict.fromkeys(several))


def _why(run: Run, rule: str) -> str:
    behind = rule_named(rule).proves
    if behind:
        own = f"{rule} is told by a live run and has no fix of its own"
        if fixers := _fixers(run, rule):
            return f"{own}: that of {' and '.join(fixers)} removes what it shows."
        return f"{own}. The one of {' or '.join(behind)} would do, and there is none here."
    outcome = next(outcome for outcome in run.outcomes if outcome.rule == rule)
    match outcome.status:
        case Status.FOUND:
            return f"{rule} has no fix: slowlens explain {rule} tells what to do."
        case Status.PASSED:
            return f"{rule} has found nothing."
        case Status.SKIPPED:
            return f"{rule} was skipped: {outcome.reason}."
        case Status.CRASHED:
            return f"{rule} crashed: {outcome.reason}."


def _fixers(run: Run, rule: str) -> tuple[str, ...]:
    """Return those that have the fix for what ``rule`` shows; none where it has its own."""
    if _offers(run, rule):
        return ()
    return tuple(name for name in rule_named(rule).proves if _offers(run, name))


def _offers(run: Run, rule: str) -> bool:
    findings = (f for outcome in run.outcomes if outcome.rule == rule for f in outcome.findings)
    return any(finding.fix is not None for finding in findings)
