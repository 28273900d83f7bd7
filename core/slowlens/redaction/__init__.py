"""What of a run is nobody's business but its owner's, taken out: a pure function, run to run.

What a report needs stays: figures, settings, names of folders and files. The name of a machine that
stands alone in a sentence cannot be told from any other word, unless it is the one we are on, or a
port follows and it ends as a domain does, is numbered behind a hyphen (before a port of four or
five digits) or is said to be reached.
"""

from collections import Counter

from slowlens.facts.identity import NOBODY, Identity
from slowlens.frozen import replace
from slowlens.redaction.kinds import Kind, kinds_named
from slowlens.redaction.known import known
from slowlens.redaction.records import Records
from slowlens.redaction.strings import Strings
from slowlens.run import Run

__all__ = ["Kind", "kinds_named", "redacted"]


def redacted(run: Run, keep: frozenset[Kind] = frozenset(), here: Identity = NOBODY) -> Run:
    """Return ``run`` without all kinds but those to ``keep``; it tells how many of each are gone.

    ``here`` are names of the machine that asks, which the run itself may not tell apart.
    """
    strings = Strings(known(run, here), frozenset(Kind) - keep)
    found: Run = Records(strings).without(replace(run, redacted={}))
    counts = Counter(run.redacted) + Counter(strings.counts)
    return replace(found, redacted=dict(counts))
