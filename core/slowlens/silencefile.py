"""``slowlens.toml``: the findings that a project decided to live with, each with a reason."""

import os
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from slowlens.errors import UsageError
from slowlens.frozen import dataclass
from slowlens.gather.rawfile import shortened
from slowlens.rulenames import rule_named
from slowlens.spelling import meant
from slowlens.standing import Silence

NAME = "slowlens.toml"
KEYS = ("rule", "checkpoint", "reason")
EXAMPLE = '[[silence]] with rule = "…", reason = "…" and, if wanted, checkpoint = "runs/*/merged"'


@dataclass(frozen=True, slots=True)
class SilenceFile:
    """The silences of a file, and the folder that their globs start from."""

    folder: Path
    silences: tuple[Silence, ...] = ()

    def covering(self, checkpoint: str) -> tuple[Silence, ...]:
        """Return the silences that are meant for ``checkpoint``, a path or an id of the hub."""
        return tuple(s for s in self.silences if self._covers(s, checkpoint))

    def expected(self, checkpoints: Iterable[str]) -> tuple[Silence, ...]:
        """Return those that are meant for one of ``checkpoints``, or for nothing at all.

        The others are for checkpoints that are there, and are not asked about in this call.
        """
        names = [*checkpoints]
        return tuple(
            silence
            for silence in self.silences
            if any(self._covers(silence, name) for name in names) or not self._is_there(silence)
        )

    def _is_there(self, silence: Silence) -> bool:
        from glob import iglob  # unlike Path.glob it takes whole paths

        found = iglob(silence.checkpoint, root_dir=self.folder, recursive=True)  # noqa: PTH207
        return next(found, None) is not None

    def _covers(self, silence: Silence, checkpoint: str) -> bool:
        if not silence.checkpoint:
            return True
        wanted = Path(silence.checkpoint).parts
        here = Path(checkpoint).absolute()
        paths = {here, Path(os.path.realpath(here))}  # which a loop of links does not stop
        seen = [Path(os.path.relpath(path, self.folder)).parts for path in paths]
        seen += [path.parts for path in (Path(checkpoint), *paths)]
        return any(_fits(parts, wanted) for parts in seen)


def find_silences(start: Path) -> SilenceFile:
    """Read the slowlens.toml of a folder or of the nearest one above; it need not be there."""
    for folder in (start, *start.parents):
        if _is_file(folder / NAME):
            return read_silences(folder / NAME)
    return SilenceFile(start)


def read_silences(path: Path) -> SilenceFile:
    """Read a file of silences; UsageError says what is wrong with it."""
    import tomllib  # most projects have no such file

    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = "Correct it: see https://toml.io"
        raise UsageError(f"{path} is not TOML: {error}", hint=hint) from error
    for key in values:
        if key != "silence":
            hint = f"It holds {EXAMPLE}."
            raise UsageError(f"{path}: {shortened(key)} is no key of it", hint=hint)
    tables = values.get("silence", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{path}: silence is no list of tables", hint=f"Write {EXAMPLE}.")
    silences = (_silence(f"{path}: silence {n}", table) for n, table in enumerate(tables, 1))
    return SilenceFile(path.absolute().parent, tuple(silences))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder above that may not be entered
        return False


def _silence(where: str, table: dict[str, Any]) -> Silence:
    for key, value in table.items():
        if key not in KEYS:
            raise UsageError(f"{where}: {shortened(key)} is no key of it", hint=meant(key, KEYS))
        if not isinstance(value, str):
            raise UsageError(f"{where}: {key} is no text", hint="Put it in double quotes.")
    rule = rule_named(table.get("rule", ""), where).id
    if not table.get("reason", "").strip():
        hint = 'Say why it is fine: reason = "…"'
        raise UsageError(f"{where}: {rule} is silenced without a reason", hint=hint)
    return Silence(rule, " ".join(table["reason"].split()), table.get("checkpoint", ""))


def _fits(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Compare a path with a glob name by name; ``**`` stands for any number of them."""
    match wanted:
        case []:
            return not parts
        case ["**", *rest]:
            return any(_fits(parts[i:], rest) for i in range(len(parts) + 1))
        case [first, *rest]:
            return bool(parts) and fnmatchcase(parts[0], first) and _fits(parts[1:], rest)
        case _:
            return False
