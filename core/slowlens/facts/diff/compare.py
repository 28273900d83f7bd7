"""Two files in one spelling: what differs, and what only looks different."""

import json
import textwrap
from collections.abc import Callable, Iterator
from itertools import groupby

from slowlens.facts.diff.effects import Meaning, meaning
from slowlens.facts.diff.leaves import Leaf, Leaves, dotted
from slowlens.facts.difference import Diff, Difference, Effect
from slowlens.frozen import dataclass
from slowlens.jsonvalue import ABSENT, Absent, Json, Pointer, lookup, same

Meanings = Callable[[Pointer], Meaning]
_REWRITTEN = "the same, written differently"
_DEFAULT = "what a missing key means anyway"


@dataclass(frozen=True, slots=True)
class Pair:
    """The two sides of one file."""

    file: str
    source: Leaves
    merged: Leaves
    meaning: Meanings = meaning

    def diff(self) -> Diff:
        """Compare leaf by leaf; null is the same as a key that is not there."""
        pointers = tuple(dict.fromkeys((*self.source, *self.merged)))
        differing = tuple(pointer for pointer in pointers if not self._agree(pointer))
        alike = (pointer for pointer in pointers if self._agree(pointer))
        return Diff(
            differences=tuple(self._differences(differing)),
            unchanged=(*self._respelled(alike), *self._without_effect()),
        )

    def _agree(self, pointer: Pointer) -> bool:
        if not any(_is_said(side.leaf(pointer)) for side in (self.source, self.merged)):
            return True  # It follows from another key, which is told.
        left, right = self.source.value(pointer), self.merged.value(pointer)
        return same(_nothing(left), _nothing(right))

    def _differences(self, pointers: tuple[Pointer, ...]) -> Iterator[Difference]:
        def key(pointer: Pointer) -> tuple[Pointer, bool, bool]:
            return self._lost_mapping(pointer)

        for (lost, in_source, in_merged), members in groupby(sorted(pointers, key=key), key):
            group = tuple(members)
            if in_source is in_merged or len(group) == 1:
                yield from (self._difference(pointer) for pointer in group)
            else:
                yield self._whole(lost, group)

    def _lost_mapping(self, pointer: Pointer) -> tuple[Pointer, bool, bool]:
        """Return the mapping that only one side has, if the leaf is in one, and who has it."""
        ours, theirs = self.source.origin(pointer), self.merged.origin(pointer)
        if bool(ours) is bool(theirs):
            return (), False, False
        lost = (self.merged if ours else self.source).lacks(ours or theirs or ())
        return lost, bool(lost and ours), bool(lost and theirs)

    def _whole(self, pointer: Pointer, members: tuple[Pointer, ...]) -> Difference:
        meanings = [self.meaning(member) for member in (pointer, *members)]
        worst = min(meanings[1:], key=lambda found: found.effect.rank)
        known = meanings[0] if meanings[0].known else worst
        return Difference(
            self.file,
            dotted(pointer),
            lookup(self.source.values, pointer),
            lookup(self.merged.values, pointer),
            known.effect,
            known.note,
        )

    def _difference(self, pointer: Pointer) -> Difference:
        left, right = self.source.leaf(pointer), self.merged.leaf(pointer)
        means = self.meaning(pointer)
        origins = {leaf.origin for leaf in (left, right) if leaf and leaf.origin}
        return Difference(
            self.file,
            dotted(origins.pop() if len(origins) == 1 else pointer),
            self.source.written(self.source.origin(pointer)),
            self.merged.written(self.merged.origin(pointer)),
            means.effect,
            "; ".join(filter(None, (means.note, _absence(_implied(left), _implied(right))))),
        )

    def _respelled(self, pointers: Iterator[Pointer]) -> Iterator[Difference]:
        """Yield what the two files write in different places or ways."""
        for pointer in pointers:
            ours, theirs = self.source.origin(pointer), self.merged.origin(pointer)
            left, right = self.source.written(ours), self.merged.written(theirs)
            if (ours, left) == (theirs, right) or not (ours or theirs):
                continue
            note = self.merged.note(theirs) or self.source.note(ours)
            if note and ours and theirs and ours[-1] != theirs[-1]:
                note += f" (in source: {dotted(ours)})"
            yield self._unchanged(theirs or ours or pointer, left, right, note)

    def _without_effect(self) -> Iterator[Difference]:
        """Yield what differs in keys that nobody reads."""
        read = {side.origin(p) for side in (self.source, self.merged) for p in side}
        around = {p[:length] for p in read if p for length in range(1, len(p))}
        told: set[Pointer] = set()
        for pointer in dict.fromkeys((*self.source.raw, *self.merged.raw)):
            left, right = self.source.written(pointer), self.merged.written(pointer)
            if pointer in read or same(_nothing(left), _nothing(right)):
                continue
            whole = (self.merged if right is ABSENT else self.source).lacks(pointer)
            whole = pointer if not whole or whole in around else whole
            if whole not in told:
                told.add(whole)
                left, right = (lookup(s.values, whole) for s in (self.source, self.merged))
                note = self.merged.note(pointer) or self.source.note(pointer)
                yield self._unchanged(whole, left, right, note)

    def _unchanged(
        self, pointer: Pointer, left: Json | Absent, right: Json | Absent, note: str
    ) -> Difference:
        one_sided = ABSENT in (left, right)
        reason = note or (_DEFAULT if one_sided else _REWRITTEN)
        return Difference(self.file, dotted(pointer), left, right, Effect.COSMETIC, reason)


def _is_said(leaf: Leaf | None) -> bool:
    return leaf is not None and (leaf.origin is not None or leaf.said_by != "")


def _implied(leaf: Leaf | None) -> str:
    """Say what a missing key means, where that is known."""
    if leaf is None or leaf.origin is not None or leaf.value is None:
        return ""
    text = textwrap.shorten(json.dumps(leaf.value, ensure_ascii=False), 60, placeholder=" …")
    return text + (f" (from {leaf.said_by})" if leaf.said_by else "")


def _absence(left: str, right: str) -> str:
    if left and right:
        return f"absent means {left} in source and {right} in merged"
    return f"absent means {left or right}" if left or right else ""


def _nothing(value: Json | Absent) -> Json | Absent:
    return ABSENT if value is None else value
