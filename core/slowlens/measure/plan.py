"""Which generations a session runs, and in which order."""

from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial

PROOF_TOKENS = 3
"""Enough to tell ``P, 1, 1`` from ``P, P+1, P+2``."""

DEFAULT_PROMPT = """\
The harbour town of Ellen Bay had two lighthouses. The older one, built of granite in 1841, stood \
on the eastern rocks and burned oil until the storm of 1902 broke its lantern. The younger one \
was made of iron plates that came by ship, and it was painted in red and white bands so that \
sailors could tell the two apart by day. Its keeper, a patient woman called Marta Lindqvist, \
wrote a line into the log each evening: the direction of the wind, the height of the tide, and \
the number of boats that had come home. On quiet nights she added what she had read, or how the \
bread had turned out. After thirty-one years the log filled nine volumes. When the town library \
moved to the old customs house, the volumes were placed on a low shelf near the window, so that \
children could reach them. Visitors are often surprised to learn that the most borrowed page is \
not about the great storm at all, but about a lost dog that found its way back across the ice.

In one short sentence: which of the two lighthouses was painted in red and white bands?"""
"""Used when a plan has no prompt of its own."""


def trials(plan: Plan) -> tuple[Trial, ...]:
    """Prove by counting, then time in mirrored rounds, then let each answer end by itself."""
    subjects = (Subject.MERGED, Subject.SOURCE) if plan.source else (Subject.MERGED,)
    proof = tuple(Trial(s, Cache.AS_SHIPPED, Purpose.PROOF, PROOF_TOKENS) for s in subjects)
    speed = tuple(trial for number in range(plan.rounds) for trial in _round(plan, number))
    length = tuple(Trial(s, Cache.ON, Purpose.LENGTH, plan.answer_tokens) for s in subjects)
    return proof + speed + length


def _round(plan: Plan, number: int) -> tuple[Trial, ...]:
    """Mirror every other round, so that a device that warms up favours nobody."""
    kinds = [(Subject.MERGED, cache) for cache in Cache]
    if plan.source:
        kinds.append((Subject.SOURCE, Cache.AS_SHIPPED))
    return tuple(
        Trial(subject, cache, Purpose.SPEED, plan.new_tokens, number)
        for subject, cache in (reversed(kinds) if number % 2 else kinds)
    )
