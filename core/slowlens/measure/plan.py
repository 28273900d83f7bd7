"""Which generations a session runs, and in which order."""

from collections.abc import Iterator
from itertools import chain, count

from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Cache, Purpose, Subject, Trial
from slowlens.frozen import dataclass, field, replace

PROOF_TOKENS = 3
"""Enough to tell ``P, 1, 1`` from ``P, P+1, P+2``."""

PROBE_TOKENS = 4
"""Steps of a trial that stands for a whole stretch of a long run."""

SAMPLED_FROM = 128
"""New tokens from which a run that recomputes is predicted instead of waited for."""

PROFILED_TOKENS = 8

GENERATED = "generated"
"""The picture that is made up, where a plan names no file."""

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


@dataclass(frozen=True, slots=True)
class Known:
    """What the first trials told, by subject: it grows while they run."""

    recomputing: set[str] = field(default_factory=set[str])
    """As shipped they process all tokens again in each step."""
    launch_bound: set[str] = field(default_factory=set[str])
    """Their GPU waits for the host most of the time."""
    encoding: set[str] = field(default_factory=set[str])
    """They have an encoder for the prompt: what lies ahead of a probe would have to go into the
    decoder."""


def first(plan: Plan, *, gpu: bool) -> tuple[Trial, ...]:
    """Count what goes into each step, and record what a GPU does in it."""
    proofs = tuple(
        Trial(subject, Cache.AS_SHIPPED, Purpose.PROOF, PROOF_TOKENS) for subject in subjects(plan)
    )
    return proofs + (_profiles(plan) if gpu else ())


def rest(plan: Plan, known: Known, *, gpu: bool) -> tuple[Trial, ...]:
    """Time in mirrored rounds, let each answer end by itself, and compare what is said."""
    settings = plan.settings or _telling(known, gpu=gpu)
    turns = count()
    rounds = (_round(plan, known, settings, n, turns) for n in range(plan.rounds))
    timed = tuple(chain.from_iterable(rounds))
    profiles = [_profile(Subject.MERGED, Cache.STATIC)] if gpu and Cache.STATIC in settings else []
    return (*timed, *profiles, *_answers(plan), *_equalities(plan))


def subjects(plan: Plan) -> tuple[str, ...]:
    """Return everything that is run, merged first, and beside it what may share its weights."""
    source = (Subject.SOURCE,) if plan.source else ()
    return (Subject.MERGED, *(overlay.name for overlay in plan.overlays), *source)


def _telling(known: Known, *, gpu: bool) -> tuple[Cache, ...]:
    """Compiling a static cache takes a minute: only where it may help."""
    usual = (Cache.AS_SHIPPED, Cache.ON, Cache.OFF)
    return (*usual, Cache.STATIC) if gpu and Subject.MERGED in known.launch_bound else usual


def _round(
    plan: Plan, known: Known, settings: tuple[Cache, ...], number: int, turns: Iterator[int]
) -> tuple[Trial, ...]:
    """Mirror every other round, so that a device that warms up favours nobody."""
    others = (Trial(s, Cache.AS_SHIPPED, Purpose.SPEED, 0) for s in subjects(plan)[1:])
    merged = (Trial(Subject.MERGED, cache, Purpose.SPEED, 0) for cache in settings)
    kinds = [*merged, *others]
    order = reversed(kinds) if number % 2 else kinds
    runs = (_runs(plan, known, kind, number, turns) for kind in order)
    return tuple(chain.from_iterable(runs))


def _runs(
    plan: Plan, known: Known, kind: Trial, number: int, turns: Iterator[int]
) -> tuple[Trial, ...]:
    """Run all steps, or a few at several lengths where each of them takes long."""
    shipped = kind.cache is Cache.AS_SHIPPED and kind.subject in known.recomputing
    slow = kind.cache is Cache.OFF or shipped
    short = plan.full or plan.new_tokens < SAMPLED_FROM
    if not slow or short or kind.subject in known.encoding:
        return (replace(kind, new_tokens=plan.new_tokens, round=number),)
    lengths = _lengths(plan.new_tokens, next(turns))
    order = reversed(lengths) if number % 2 else lengths
    return tuple(
        Trial(kind.subject, kind.cache, Purpose.CURVE, PROBE_TOKENS, number, ahead)
        for ahead in order
    )


def _lengths(new_tokens: int, turn: int) -> tuple[int, ...]:
    """Return where to probe: elsewhere in each turn, and never at the length of the prompt itself.

    The first pass over a length takes longer than those that follow: a GPU plans its attention
    anew, a CPU its matrix products, of which oneDNN keeps some for the whole process. In a whole
    run each length is new.
    """
    quarter, half = new_tokens // 4, new_tokens // 2
    shift = PROBE_TOKENS * (1 + turn % max(1, quarter // (4 * PROBE_TOKENS)))
    last = new_tokens - PROBE_TOKENS
    return (shift, quarter + shift, half + shift, half + quarter + shift, last - shift)


def _profiles(plan: Plan) -> tuple[Trial, ...]:
    shipped = (_profile(subject, Cache.AS_SHIPPED) for subject in subjects(plan))
    return (*shipped, _profile(Subject.MERGED, Cache.ON))


def _profile(subject: str, cache: Cache) -> Trial:
    return Trial(subject, cache, Purpose.PROFILE, PROFILED_TOKENS)


def _answers(plan: Plan) -> tuple[Trial, ...]:
    if not plan.answer_tokens or plan.random_weights:  # made-up weights do not know when to stop
        return ()
    return tuple(Trial(s, Cache.ON, Purpose.LENGTH, plan.answer_tokens) for s in subjects(plan))


def _equalities(plan: Plan) -> tuple[Trial, ...]:
    if not plan.equality_tokens:
        return ()
    pair = (Subject.MERGED, Subject.SOURCE) if plan.source else (Subject.MERGED,)
    return tuple(Trial(s, Cache.OFF, Purpose.EQUALITY, plan.equality_tokens) for s in pair)
