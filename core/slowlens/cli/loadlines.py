"""What is said of models that are loaded, each thing once."""

from collections.abc import Callable, Iterator

from slowlens.facts.live.measurement import LoadedModel
from slowlens.facts.live.trial import Subject
from slowlens.measure.events import Loading
from slowlens.reports.device import loaded
from slowlens.reports.units import size


class LoadLines:
    """Remembers what was read from disk, and which notes were made; ``named`` names a subject."""

    def __init__(self, named: Callable[[str], str] = str, *, made_up: bool = False) -> None:
        self._named, self._made_up = named, made_up
        self._read: set[str] = set()
        self._noted: set[str] = set()

    def loading(self, event: Loading) -> str:
        """Say that a model is about to be read, or made up."""
        self._read.add(event.subject)
        name = self._named(event.subject)
        if self._made_up:
            return f"making up {name} with random weights"
        return f"loading {name}: {size(event.size)} from {event.path}"

    def loaded(self, model: LoadedModel) -> Iterator[str]:
        """Yield what it is; of an overlay that shares a model in memory only what is its own."""
        own = model.subject in tuple(Subject) or model.subject in self._read
        if own:
            yield from map(self._named, loaded(model))
        else:
            yield f"{self._named(model.subject)}: the weights in memory, with its own settings"
            yield from (f"  {note}" for note in model.notes if note not in self._noted)
        self._noted.update(model.notes)
