"""A comparison that can be shown to anybody: the same verdicts, without what is private."""

from slowlens.comparing import compare_runs
from slowlens.facts.identity import NOBODY, Identity
from slowlens.facts.live.likeness import Unlike
from slowlens.facts.live.trial import Kind
from slowlens.frozen import replace
from slowlens.redaction import Kind as Private
from slowlens.redaction import redacted
from slowlens.redaction.kinds import LEFT
from slowlens.speedverdict import SpeedVerdict


def without_private(
    verdict: SpeedVerdict, here: Identity = NOBODY, kind: Kind | None = None
) -> SpeedVerdict:
    """Return a verdict on runs that are redacted; what it says of them stays as it is.

    A circumstance that differs in nothing but what was taken out is named all the same. ``kind``
    is that of the trials that it may rest on alone.
    """
    before, after = (redacted(run, here=here) for run in (verdict.before, verdict.after))
    found = (compare_runs(before, after, kind=one).unlike for one in (None, kind))
    told = {each.what: each for unlike in found for each in unlike}
    left = LEFT[Private.PROMPT]
    unlike = (told.get(each.what, Unlike(each.what, left, left)) for each in verdict.unlike)
    return replace(verdict, before=before, after=after, unlike=tuple(unlike))
