"""Events from a session to the thread that reads them, which can be told to stop waiting."""

from collections.abc import Iterable
from enum import Enum
from queue import SimpleQueue
from threading import Thread

from slowlens.measure.events import Event


class Signal(Enum):
    """What is not an event but ends the reading of events."""

    STOP = "stop"
    """Somebody asked for it, while no event came maybe."""
    END = "end"


class Inbox:
    """Any thread may stop it."""

    def __init__(self) -> None:
        self._messages: SimpleQueue[Event | Signal | Exception] = SimpleQueue()

    def follow(self, events: Iterable[Event]) -> None:
        """Take in ``events`` from now on, in a thread of its own."""
        Thread(target=self._pump, args=(events,), daemon=True).start()

    def stop(self) -> None:
        """End the reading before whatever comes next."""
        self._messages.put(Signal.STOP)

    def take(self) -> Event | Signal:
        """Wait for the next message; raise what ``events`` raised."""
        message = self._messages.get()
        if isinstance(message, Exception):
            raise message
        return message

    def _pump(self, events: Iterable[Event]) -> None:
        try:
            for event in events:
                self._messages.put(event)
            self._messages.put(Signal.END)
        except Exception as error:  # noqa: BLE001 - the reader raises it
            self._messages.put(error)
