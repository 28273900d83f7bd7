"""What a run itself tells of its folders, its users and its texts."""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath, PurePosixPath, PureWindowsPath

from slowlens.facts.identity import Identity
from slowlens.facts.live.trial import Subject
from slowlens.frozen import dataclass, replace
from slowlens.redaction.kinds import LEFT, Kind
from slowlens.redaction.patterns import HOME
from slowlens.redaction.walking import strings_of
from slowlens.run import Run

ANYBODY = frozenset(
    (*Subject, "root", "user", "users", "home", "admin", "administrator", "ubuntu", "debian")
).union(
    ("ec2-user", "runner", "jovyan", "nobody", "public", "shared", "default", "guest"),
    ("work", "workspace", "data", "model", "models", "checkpoint", "checkpoints", "cache"),
    ("config", "torch", "python", "transformers", "vllm", "sglang", "gpu", "cpu", "dev", "test"),
)
"""Users who are nobody in particular, and words that a report cannot do without."""
SHORT = 3
"""Letters of a name that may be a word of any sentence; in a path it goes all the same."""
LINE = 12
"""Characters of a line of a prompt that is told apart from other words."""
WORD = re.compile(r"[A-Za-z]+(?:[._/-][A-Za-z]+)*[.,:;!?]*")
"""A line that any sentence may hold, and that we may say ourselves: ``transformers``."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is to be looked for in every text, longer ones first."""

    paths: tuple[str, ...]
    """Of what was read: what lies in it is told."""
    texts: tuple[str, ...]
    """Of the prompt and of answers; nothing else says them."""
    identity: Identity
    above: tuple[str, ...] = ()
    """Folders that these paths lie in: what else is in them is not told."""
    words: tuple[str, ...] = ()
    """Texts of a single word: one of the model's only where somebody else speaks."""


def known(run: Run, here: Identity) -> Known:
    """Collect it."""
    paths = {*_paths(run)}
    above = {folder for path in paths for folder in _above(path)} - paths
    users = {found for text in strings_of(run) for found in HOME.findall(text)}
    names = {name.lower() for name in (*users, *here.users) if _telling(name)}
    hosts = {name for host in here.hosts for name in (host, host.partition(".")[0])}
    identity = Identity(_longest_first(names), _longest_first(filter(_telling, hosts)))
    parts = {part for text in _texts(run) for part in _quotes(text)} - {*_names(run)}
    words = {part for part in parts if WORD.fullmatch(part)}
    return Known(
        _longest_first(paths),
        _longest_first(parts - words),
        identity,
        _longest_first(above),
        _longest_first(words),
    )


def _paths(run: Run) -> Iterator[str]:
    """Yield those of folders and files; a bare name is none."""
    measured = run.measurement
    found = [run.merged.path, run.source.path if run.source else ""]
    if measured is not None:
        plan = measured.plan
        found += [plan.merged, plan.source or "", plan.image]
        found += [each.path for each in plan.overlays]
        found += [each.path for each in measured.models]
    return (path for path in found if re.search(r"[\\/]", path) and path.strip("\\/. "))


def _above(path: str) -> Iterator[str]:
    """Yield the folders that it lies in, but for those that every machine has."""
    windows = "\\" in path
    pure: PurePath = (PureWindowsPath if windows else PurePosixPath)(path)
    if pure.is_absolute():
        yield from (str(folder) for folder in pure.parents if len(folder.parts) > 2)


def _texts(run: Run) -> Iterator[str]:
    """Yield them, but for what stands for a text that was taken out before."""
    if run.measurement is not None:
        generations = run.measurement.generations
        texts = (run.measurement.plan.prompt, *(generation.text for generation in generations))
        yield from (text for text in texts if text != LEFT[Kind.PROMPT])


def _names(run: Run) -> Iterator[str]:
    """Yield those of keys, files, packages and the like, which a text may hold by chance."""
    said = strings_of(replace(run, measurement=None))
    return (text for text in said if not re.search(r"\s", text))


def _quotes(text: str) -> Iterator[str]:
    """Yield it and its lines, as they are and as a program quotes them."""
    for part in (text, *text.splitlines()):
        whole = part.strip()
        if len(whole) >= LINE:
            yield from (whole, repr(whole)[1:-1])


def _telling(name: str) -> bool:
    return len(name) >= SHORT and name.lower() not in ANYBODY and name != "localhost"


def _longest_first(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(found, key=lambda text: (-len(text), text)))
