"""Why is it slow, in one sentence."""

from collections.abc import Iterable, Sequence

from slowlens.diagnose import Outcome
from slowlens.facts.checkpoint import FileProblem
from slowlens.facts.measurement import Measurement, Status
from slowlens.findings import Applicability, Finding, Severity

NOTHING = "Nothing in its files makes it slow."
NOTHING_MEASURED = "Nothing makes it slow: neither its files nor the live run show a cause."


def answer(
    outcomes: Iterable[Outcome],
    problems: Sequence[FileProblem] = (),
    measurement: Measurement | None = None,
) -> str:
    """Return the sentence that stands above everything else."""
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    findings.sort(key=lambda finding: -finding.severity.rank)
    grave = [f for f in findings if f.severity is not Severity.NOTE]
    if grave:
        return _cause(grave)
    if problems:
        return f"It could not be told: {problems[0].file} {problems[0].message}."
    measured = measurement is not None and measurement.status is Status.DONE
    nothing = NOTHING_MEASURED if measured else NOTHING
    return f"{nothing} {_sentence(findings[0].message)}" if findings else nothing


def _cause(grave: list[Finding]) -> str:
    """Name the worst finding, its cost, and the first fix that removes it."""
    worst = grave[0]
    cost = f" ({worst.cost})" if worst.cost else ""
    same = [f for f in grave if f.severity is worst.severity and f.fix is not None]
    fix = same[0].fix if same else None
    if fix is None or fix.applicability is Applicability.MANUAL:
        return _sentence(worst.message + cost)
    cause = "" if same[0] is worst else f" {_sentence(same[0].message)}"
    how = "A safe fix" if fix.applicability is Applicability.SAFE else "A fix"
    return f"{_sentence(worst.message + cost)}{cause} {how} is at hand: {_lower(fix.title)}."


def _sentence(text: str) -> str:
    """Give text a capital, unless it begins with the name of a file or function, and a stop."""
    return f"{_capital(text) if text.split()[0].isalpha() else text}."


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
