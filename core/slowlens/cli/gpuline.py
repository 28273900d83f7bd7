"""What GPUs are worth saying on stderr: how they are at first, and then what is new and matters."""

from collections.abc import Iterable

from slowlens.facts.live.device import DeviceSample
from slowlens.reports.device import gpus, troubles


class GpuLine:
    """Told every look at the machine, it returns the lines that somebody who waits should see."""

    def __init__(self) -> None:
        self._known: frozenset[str] | None = None
        """What was true of them when they were last described; None before that."""
        self._looks: list[DeviceSample] = []

    def begin(self) -> None:
        """Forget what was seen before a trial."""
        self._looks = []

    def look(self, looks: Iterable[DeviceSample]) -> str:
        """Return the figures when a GPU is seen for the first time, and nothing later."""
        self._looks += looks
        if self._known is not None or not (found := gpus(self._looks)):
            return ""
        self._known = frozenset(found)
        return f"  GPU: {', '.join(found)}"

    def over(self) -> str:
        """Return what puts the trial that is over in doubt, and not the one before it."""
        found, known = troubles(self._looks), self._known or frozenset()
        if self._looks:
            self._known = frozenset(found)
        self._looks = []
        new = [text for text in found if text not in known]
        return f"  GPU: {', '.join(new)}" if new else ""
