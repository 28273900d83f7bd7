"""What a rule may say: findings, their evidence, and the fix."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TypeAlias

from slowlens.facts.runtimes import Runtime
from slowlens.frozen import dataclass
from slowlens.jsonvalue import Absent, Json, Pointer


class Severity(StrEnum):
    """How much it costs if it is true."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Order from the mildest, 0, to the worst."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure we are that it is true."""

    SUSPECTED = "suspected"
    READ = "read"
    MEASURED = "measured"


class Applicability(StrEnum):
    """Who may press the button."""

    SAFE = "safe"
    """The generated tokens stay the same, up to rounding."""
    UNSAFE = "unsafe"
    """What the model writes changes; the fix says how."""
    MANUAL = "manual"
    """No edit of a JSON file can do it."""


@dataclass(frozen=True, slots=True)
class ValueEvidence:
    """A value found in a file."""

    file: str
    pointer: Pointer
    found: Json | Absent
    line: int = 0
    """Of the key, from 1, or of the object that should hold it; 0 when not known. No rule fills it
    in: ``locating`` does, after all rules have run."""


@dataclass(frozen=True, slots=True)
class NumberEvidence:
    """A measured number with its unit."""

    label: str
    value: float
    unit: str


Evidence: TypeAlias = ValueEvidence | NumberEvidence


@dataclass(frozen=True, slots=True)
class Edit:
    """One key of one JSON file, from ``before`` to ``after``.

    ``before`` is ``ABSENT`` to add a key, ``after`` is ``ABSENT`` to delete one.
    A file that does not exist yet is made when its first key is added.
    """

    file: str
    pointer: Pointer
    before: Json | Absent
    after: Json | Absent


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that together remove a finding, and who may apply them."""

    title: str
    applicability: Applicability
    edits: tuple[Edit, ...] = ()
    reason: str = ""
    """Why it is not safe, or what to do by hand."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, in one sentence, with its proof."""

    message: str
    severity: Severity
    confidence: Confidence
    affects: tuple[Runtime, ...]
    evidence: tuple[Evidence, ...] = ()
    cost: str = ""
    """What it costs: a range with its basis, or a measured figure."""
    fix: Fix | None = None
    slows: bool = True
    """False where a rule that ``slows`` found what takes no time of a token."""
    proves: tuple[str, ...] = ()
    """Those of the rules that its rule ``proves`` which this one is about, where it is not all."""
    alone: Severity | None = None
    """The severity where nothing is judged but what it affects, where that is another one."""


class Undecided(Exception):  # noqa: N818 - it is an answer, not an error
    """Raised by a rule whose facts do not suffice; says what is missing. Never counted as fine."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A catalogue entry: ``check`` asks for the facts it needs by annotation."""

    id: str
    title: str
    check: Callable[..., Iterator[Finding]]
    since: str
    slows: bool = False
    """Whether what it finds makes each token take longer, so that it may be called the cause."""
    proves: tuple[str, ...] = ()
    """Rules that name the setting in a file which this one sees at work in a run, and have the fix:
    beside one of their findings its own is the proof, and no cause of its own."""
