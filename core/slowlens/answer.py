"""Why is it slow, in one sentence."""

from collections.abc import Collection, Mapping, Sequence

from slowlens.diagnose import CONFIG_UNREAD, Found, Outcome
from slowlens.facts.checkpoint import CONFIG, FileProblem
from slowlens.facts.live.comparison import against_source, compared, verdict_of
from slowlens.facts.live.measurement import Measurement, Status
from slowlens.facts.live.trial import Cache, Purpose, Subject
from slowlens.facts.live.verdict import Outcome as Judged
from slowlens.facts.live.verdict import times
from slowlens.facts.runtimes import Runtime
from slowlens.findings import Applicability, Finding, Severity
from slowlens.proofs import Proved, slows, together
from slowlens.standing import Standing, standings

UNREAD = "could not be read"
NOTHING = "Nothing in its files makes it slow."
NOTHING_MEASURED = "Nothing makes it slow: neither its files nor the live run show a cause."
UNEXPLAINED = "No finding that counts explains it."


def answer(
    outcomes: Sequence[Outcome],
    problems: Sequence[FileProblem] = (),
    measurement: Measurement | None = None,
    judged: Collection[Runtime] = (),
    silenced: Collection[str] = (),
) -> str:
    """Return the sentence that stands above everything else, from the findings that count."""
    found = standings(outcomes, judged, silenced)
    findings = [finding for _, finding in found[Standing.COUNTED]]
    grave = [f for f in found[Standing.COUNTED] if f.finding.severity is not Severity.NOTE]
    if grave:
        return f"{_unloadable(outcomes, problems)}{_cause(grave, measurement)}"
    slower = f"{sentence(told)} " if (told := slower_than_source(measurement)) else ""
    trouble = f"{problems[0].file} {problems[0].message}." if problems else ""
    if trouble and any(UNREAD in outcome.reason for outcome in outcomes):
        return slower + f"It could not be told: {trouble}"
    if slower:
        nothing = slower + (sentence(findings[0].message) if findings else UNEXPLAINED)
        return f"{nothing} But {trouble}" if trouble else nothing
    nothing = NOTHING_MEASURED if _proved(measurement) else _nothing(found, judged)
    if trouble:
        return f"{nothing} But {trouble}"
    return f"{nothing} {sentence(findings[0].message)}" if findings else nothing


def _unloadable(outcomes: Sequence[Outcome], problems: Sequence[FileProblem]) -> str:
    """Say that config.json could not be read, which goes before what anything costs."""
    trouble = next((problem for problem in problems if problem.file == CONFIG), None)
    if trouble is None or all(outcome.reason != CONFIG_UNREAD for outcome in outcomes):
        return ""
    return f"Nothing loads without {CONFIG}, which {trouble.message}. "


def _nothing(found: Mapping[Standing, Sequence[Found]], judged: Collection[Runtime]) -> str:
    """Name the runtimes that it is true for, where it is not true for others."""
    elsewhere = found[Standing.ELSEWHERE]
    if all(finding.severity is Severity.NOTE for _, finding in elsewhere):
        return NOTHING
    return f"{NOTHING[:-1]} under {' or '.join(runtime.label for runtime in judged)}."


def slower_than_source(measurement: Measurement | None) -> str:
    """Say that it clearly is slower than its source, whatever was found; empty where it is not."""
    sides = against_source(measurement) if measurement else None
    if sides is None or (verdict := verdict_of(*sides)).outcome is not Judged.FAIL:
        return ""
    assert verdict.ratio is not None
    return (
        f"as shipped it takes {times(verdict.ratio)} times as long per token as its source"
        f" (means, {verdict.interval})"
    )


def _proved(measurement: Measurement | None) -> bool:
    if measurement is None or measurement.status is not Status.DONE:
        return False
    proofs = measurement.find(Subject.MERGED, Cache.AS_SHIPPED, Purpose.PROOF)
    return any(proof.cached for proof in proofs)


def _cause(grave: Sequence[Found], measurement: Measurement | None) -> str:
    """Name the worst finding, its proof and cost, and the first fix of a finding as bad.

    That it is clearly slower goes before a finding that is not known to slow each token.
    """
    first, *others = together(grave)
    slower = "" if _told_in(first.cost, measurement) else slower_than_source(measurement)
    cause = [first.found.finding.message]
    cause += [f"the run proves it ({proof.message})" for _, proof in first.proofs]
    sentences = [*cause, slower] if _slows(first) else [slower, *cause]
    sentences.append(first.cost)
    same = [e.found.finding for e in (first, *others) if e.severity is first.severity]
    fixable = next(filter(_by_edits, same), None)
    if fixable is not None:
        sentences += [] if fixable.message in sentences else [fixable.message]
        sentences.append(_offer(fixable))
    return " ".join(sentence(text) for text in sentences if text)


def _slows(each: Proved) -> bool:
    return any(map(slows, (each.found, *each.proofs)))


def _told_in(cost: str, measurement: Measurement | None) -> bool:
    """Whether a cost says already how merged compares with its source."""
    sides = against_source(measurement) if measurement else None
    return sides is not None and compared(*sides) in cost


def _by_edits(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability is not Applicability.MANUAL


def _offer(finding: Finding) -> str:
    assert finding.fix is not None
    how = "a safe fix" if finding.fix.applicability is Applicability.SAFE else "a fix"
    return f"{how} is at hand: {finding.fix.title[0].lower()}{finding.fix.title[1:]}"


def sentence(text: str) -> str:
    """Give a text a capital, unless it begins with the name of a file or function, and a stop."""
    return f"{text[0].upper()}{text[1:]}." if text.split()[0].isalpha() else f"{text}."
