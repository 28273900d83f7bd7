"""Runs that later ones are judged by: whole copies of run files, under names that people choose."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from slowlens.codec import encode
from slowlens.durable import write_whole
from slowlens.errors import NoRunError, RunFileError, UsageError
from slowlens.facts.live.speed import speed_of
from slowlens.facts.live.trial import Cache, Subject
from slowlens.frozen import dataclass
from slowlens.places import HOME_VARIABLE, state_folder
from slowlens.run import Run
from slowlens.spelling import meant
from slowlens.store import load

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ENDING = ".json"


@dataclass(frozen=True, slots=True)
class Baselines:
    """A folder of run files; it is made when the first baseline is saved."""

    folder: Path

    def path(self, name: str) -> Path:
        """Return where a baseline is kept; UsageError for what cannot be the name of one."""
        if not NAME.fullmatch(name):
            hint = "Use up to 64 letters, digits, dots, dashes and underscores; begin with no mark."
            raise UsageError(f"{name!r} cannot be the name of a baseline.", hint=hint)
        return self.folder / f"{name}{_ENDING}"

    def names(self) -> tuple[str, ...]:
        """Return all names in alphabetical order."""
        return tuple(sorted(path.name.removesuffix(_ENDING) for path in self._files()))

    def save(self, name: str, run: Run, *, replacing: bool = False) -> Path:
        """Keep ``run`` as a baseline; RunFileError where it is none or there is one already."""
        path = self.path(name)
        _require_times(run)
        if path.exists() and not replacing:
            hint = "Choose another name, or pass --force to replace it."
            raise RunFileError(f"There is a baseline {name} already.", hint=hint)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, encode(run).encode())
        except OSError as error:
            raise RunFileError(
                f"The baseline cannot be kept in {self.folder}: {error.strerror or error}",
                hint=f"Make room there, or set {HOME_VARIABLE} to a folder that you can write.",
            ) from error
        return path

    def load(self, name: str) -> Run:
        """Read a baseline; RunFileError when there is none of that name, or the file is none."""
        run = load(self._existing(name))
        _require_times(run)
        return run

    def of_runs(self) -> Mapping[str, tuple[str, ...]]:
        """Return the names under which runs are kept, by their ids; damaged ones are passed over.

        Reads every baseline whole.
        """
        found = defaultdict[str, tuple[str, ...]](tuple)
        for name in self.names():
            with suppress(RunFileError):
                found[self.load(name).id] += (name,)
        return dict(found)

    def delete(self, name: str) -> None:
        """Forget a baseline; RunFileError when there is none of that name."""
        path = self._existing(name)
        try:
            path.unlink()
        except OSError as error:
            raise RunFileError(f"{path} cannot be deleted: {error.strerror or error}") from error

    def _existing(self, name: str) -> Path:
        path = self.path(name)
        if not path.is_file():
            known = self.names()
            hint = meant(name, known) if known else "slowlens baseline save NAME keeps one."
            raise NoRunError(
                f"There is no baseline {name}.", hint=hint or "slowlens baseline list names them."
            )
        return path

    def _files(self) -> Iterator[Path]:
        return (p for p in self.folder.glob(f"*{_ENDING}") if NAME.fullmatch(p.stem))


def default_baselines() -> Baselines:
    """Return the user's own baselines."""
    return Baselines(state_folder() / "baselines")


def _require_times(run: Run) -> None:
    """Refuse a run in which merged was not timed as it ships."""
    measured = run.measurement
    if run.imported:
        raise RunFileError(
            f"Run {run.id} was imported: only measured runs can be a baseline.",
            hint="slowlens compare puts it beside another result of the same tool.",
        )
    if measured is None or speed_of(measured, Subject.MERGED, Cache.AS_SHIPPED) is None:
        raise RunFileError(
            f"Run {run.id} cannot be a baseline: in it merged was not timed as shipped.",
            hint="slowlens measure MERGED makes a run that can.",
        )
