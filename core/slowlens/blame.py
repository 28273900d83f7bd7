"""What a verdict on speed is blamed on: causes where it says slower, else findings."""

from collections.abc import Iterator, Sequence

from slowlens.diagnose import Found
from slowlens.facts.live.speed import Work
from slowlens.findings import Confidence, Finding, Severity, ValueEvidence
from slowlens.frozen import dataclass
from slowlens.proofs import slows, together
from slowlens.run import CheckpointSummary, Run
from slowlens.speedverdict import Answer, Judged, SpeedVerdict
from slowlens.standing import Standing, standings

CONDITIONS = "throttled-or-shared-gpu"
"""The rule about the machine: it explains why runs are unsteady."""
CACHE = ("recomputed-steps", "gen-use-cache-false")
"""Rules that blame a cache that is off."""


@dataclass(frozen=True, slots=True)
class Blamed:
    """A finding of the second side, and what it is to the verdict."""

    rule: str
    finding: Finding
    cause: bool
    """Whether it slows each token of this side and not of the other, and the verdict is slower."""
    proves: str = ""
    """The rule of the cause, or of the finding, that it shows at work: it stands right above."""


def blamed(verdict: SpeedVerdict) -> tuple[Blamed, ...]:
    """Return what was found where it may be slower, causes first; what disturbed a run last.

    What a run proves follows upon the finding that names it, and is no cause of its own.
    """
    if verdict.answer not in (Answer.FAIL, Answer.INCONCLUSIVE):
        return ()
    grave = [f for f in verdict.after.findings if f.finding.severity is not Severity.NOTE]
    noted = [f for f in verdict.after.findings if f.rule == CONDITIONS and f not in grave]
    failed = verdict.answer is Answer.FAIL
    causes = [f for f in grave if failed and slows(f) and not _on_both(verdict, f)]
    others = [f for f in (*grave, *noted) if f not in causes]
    return (*_told(causes, cause=True), *_told(others, cause=False))


def _told(found: Sequence[Found], *, cause: bool) -> Iterator[Blamed]:
    for (rule, finding), proofs in together(found):
        yield Blamed(rule, finding, cause)
        yield from (Blamed(*proof, cause=False, proves=rule) for proof in proofs)


def _on_both(verdict: SpeedVerdict, found: Found) -> bool:
    """Whether the side that it is judged by has it too, as far as that is known."""
    if found.rule in CACHE and all(map(_alike_in_cache, verdict.decisive)):
        return True
    if verdict.before is not verdict.after:
        return any(_as_grave(other, found) for other in _there(verdict.before))
    return found.finding.confidence is not Confidence.MEASURED and _of_same_files(
        verdict.after, found.finding
    )


def _there(run: Run) -> tuple[Found, ...]:
    """Return all that concerns its runtimes: what somebody lives with is there all the same."""
    return standings(run.outcomes, run.judged)[Standing.COUNTED]


def _alike_in_cache(judged: Judged) -> bool:
    """Whether it was off on the other side as well, or on in the one that is judged."""
    return judged.before.work is Work.ALL or judged.after.work is Work.NEWEST


def _as_grave(one: Found, other: Found) -> bool:
    """Whether the same rule found as much: of one rule a note and an error are two things."""
    return one.rule == other.rule and one.finding.severity.rank >= other.finding.severity.rank


def _of_same_files(run: Run, finding: Finding) -> bool:
    """Whether all that proves it stands in files that are those of the source, to the byte."""
    files = {item.file for item in finding.evidence if isinstance(item, ValueEvidence)}
    source = run.source
    return bool(files) and source is not None and all(_same(run.merged, source, f) for f in files)


def _same(one: CheckpointSummary, other: CheckpointSummary, file: str) -> bool:
    """Whether a file is the same in both, or in none of them; of weights nobody has a digest."""
    digest = one.sha256.get(file)
    if digest is None and (file in one.files or file in other.files):
        return False
    return digest == other.sha256.get(file)
