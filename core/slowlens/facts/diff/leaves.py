"""The leaves of a JSON file while they are brought into one spelling."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from slowlens.frozen import dataclass
from slowlens.jsonvalue import ABSENT, Absent, Json, JsonObject, Pointer, finite, lookup, same

OPAQUE = frozenset({"id2label", "label2id", "auto_map", "__float__"})
"""Mappings that are one value."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value and where the file says it; None for a default that the file leaves out."""

    value: Json
    origin: Pointer | None = None
    said_by: str = ""
    """Another file that says it in place of this one."""


class Leaves:
    """A file's values by pointer; moving one remembers where it came from, and why."""

    def __init__(self, values: JsonObject) -> None:
        self.values = {key: finite(value) for key, value in values.items()}
        self.raw = dict(flatten(self.values))
        self.notes: dict[Pointer, str] = {}
        """Why the value at a pointer of the file moved, or has no effect."""
        self.derived: set[Pointer] = set()
        """What transformers works out, in its own way, where it is missing."""
        self._leaves = {pointer: Leaf(value, pointer) for pointer, value in self.raw.items()}

    def __iter__(self) -> Iterator[Pointer]:
        return iter(self._leaves)

    def leaf(self, pointer: Pointer) -> Leaf | None:
        """Return the leaf at ``pointer``, None where there is none."""
        return self._leaves.get(pointer)

    def value(self, pointer: Pointer) -> Json | Absent:
        """Return the value at ``pointer``."""
        leaf = self._leaves.get(pointer)
        return ABSENT if leaf is None else leaf.value

    def origin(self, pointer: Pointer) -> Pointer | None:
        """Return where the file says what holds at ``pointer``, None where it does not."""
        leaf = self._leaves.get(pointer)
        return leaf.origin if leaf else None

    def written(self, origin: Pointer | None) -> Json | Absent:
        """Return what the file itself says at one of its pointers."""
        return ABSENT if origin is None else self.raw.get(origin, ABSENT)

    def note(self, origin: Pointer | None) -> str:
        """Return why a value of the file moved, or has no effect."""
        return "" if origin is None else self.notes.get(origin, "")

    def lacks(self, origin: Pointer) -> Pointer:
        """Return the mapping around ``origin`` that the file does not have at all, if any."""
        around = (origin[:length] for length in range(1, len(origin)))
        return next((p for p in around if lookup(self.values, p) is ABSENT), ())

    def keys(self, at: Pointer = ()) -> set[str]:
        """Return the keys of the mapping at ``at``."""
        length = len(at)
        return {p[length] for p in self._leaves if p[:length] == at and len(p) > length}

    def under(self, pointer: Pointer) -> tuple[Pointer, ...]:
        """Return the pointers at and below ``pointer``."""
        length = len(pointer)
        return tuple(p for p in self._leaves if p[:length] == pointer)

    def drop(self, pointer: Pointer, note: str) -> None:
        """Forget what is at and below ``pointer``: it has no effect, ``note`` says why."""
        for old in self.under(pointer):
            self._explain(self._leaves.pop(old), note)

    def move(self, old: Pointer, new: Pointer, note: str) -> None:
        """Move what is at and below ``old`` to ``new``, unless that says something already."""
        for pointer in self.under(old):
            leaf = self._leaves.pop(pointer)
            self._explain(leaf, note)
            self._leaves.setdefault(new + pointer[len(old) :], leaf)

    def rewrite(self, pointer: Pointer, change: Callable[[Json], Json], note: str) -> None:
        """Replace a value by one that means the same."""
        if leaf := self._leaves.get(pointer):
            value = change(leaf.value)
            if not same(value, leaf.value):
                self._leaves[pointer] = Leaf(value, leaf.origin)
                self._explain(leaf, note)

    def fill(self, pointer: Pointer, value: Json, said_by: str = "") -> None:
        """Add what holds where the file says nothing."""
        self._leaves.setdefault(pointer, Leaf(value, None, said_by))

    def replace(self, pointer: Pointer, value: Json, note: str) -> None:
        """Set what really holds, whatever the file says."""
        leaf = self._leaves.get(pointer, Leaf(None))
        self._explain(leaf, note)
        self._leaves[pointer] = Leaf(value, leaf.origin)

    def _explain(self, leaf: Leaf, note: str) -> None:
        if leaf.origin is not None:
            self.notes[leaf.origin] = note


def flatten(values: JsonObject, at: Pointer = ()) -> Iterator[tuple[Pointer, Json]]:
    """Yield every value that is not itself a mapping, with its pointer."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value and not OPAQUE & {key, *value}:
            yield from flatten(value, (*at, key))
        else:
            yield (*at, key), value


def dotted(pointer: Iterable[str]) -> str:
    """Return a pointer as a person reads it."""
    return ".".join(pointer)
