"""``slowlens ui`` whose measurements are made up: as many steps as are asked for, at a steady pace.

    python streaming.py POINTS PER_SECOND [arguments of slowlens ui]

All but the last tenth comes at once.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from slowlens.cli import main
from slowlens.facts.environment import Environment
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.measure.events import Event, Finished, Started, Stepped, TrialFinished, TrialStarted
from slowlens_dashboard.measuring import jobs

FLUSH = 0.05
"""Seconds between two lines of a measuring process."""
TRIALS = 4


@contextmanager
def made_up(points: int, rate: float, _plan: Plan) -> Iterator[Iterator[Event]]:
    """Stand for a measuring process."""
    yield _events(points, rate)


def _events(points: int, rate: float) -> Iterator[Event]:
    each = points // TRIALS
    trials = tuple(
        Trial(Subject.MERGED, cache, Purpose.SPEED, each)
        for cache in (Cache.AS_SHIPPED, Cache.ON, Cache.OFF, Cache.STATIC)
    )
    yield Started(Environment("3", "made up"), trials)
    told, block = 0, max(1, int(rate * FLUSH))
    for number in range(TRIALS):
        yield TrialStarted(number, 5, 0.0)
        for first in range(0, each, block):
            last = min(first + block, each)
            steps = (Step(i, 0.01 + 0.005 * (i % 7), i + 5, 1) for i in range(first, last))
            yield Stepped(number, tuple(steps), " word" * (last - first))
            told += last - first
            if told >= 0.9 * points:
                time.sleep(FLUSH)
        yield TrialFinished(number, 1.0, Finish.LENGTH)
    time.sleep(3600)  # all are there, and the page still asks
    yield Finished()


if __name__ == "__main__":
    jobs.measure = partial(made_up, int(sys.argv[1]), float(sys.argv[2]))
    sys.argv = [sys.argv[0], "ui", *sys.argv[3:]]
    sys.exit(main())
