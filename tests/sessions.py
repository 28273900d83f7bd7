"""A measuring session made by hand: no process, no model."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from slowlens.facts.environment import Environment
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.measure.events import Event, Finished, Started, Stepped, TrialFinished, TrialStarted

TRIAL = Trial(Subject.MERGED, Cache.OFF, Purpose.SPEED, 2)
STEPS = (Step(0, 0.2, 5, 1), Step(1, 0.1, 6, 1))
EVENTS: tuple[Event, ...] = (
    Started(Environment("3", "x"), (TRIAL,)),
    TrialStarted(0, 5, 0.0),
    Stepped(0, STEPS[:1], "a"),
    Stepped(0, STEPS[1:], "b"),
    TrialFinished(0, 0.3, Finish.LENGTH),
    Finished(),
)


class Session:
    """A session whose events the test feeds; ``left`` tells that its process would be killed."""

    def __init__(self, *events: Event | Exception) -> None:
        self.feed: SimpleQueue[Event | Exception] = SimpleQueue()
        self.left = threading.Event()
        for event in events:
            self.feed.put(event)

    @contextmanager
    def __call__(self, _plan: Plan) -> Iterator[Iterator[Event]]:
        try:
            yield self._events()
        finally:
            self.left.set()

    def _events(self) -> Iterator[Event]:
        while True:
            event = self.feed.get()
            if isinstance(event, Exception):
                raise event
            yield event
            if isinstance(event, Finished):
                return
