"""What two chat templates make of the same conversations, told as one change."""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from slowlens.facts.decoding.stopping import END_OF_TURN
from slowlens.facts.text.conversations import Case
from slowlens.facts.text.rendered import Renderings
from slowlens.frozen import dataclass

_THOUGHT = "</think>"
_AROUND = 30
_Texts = Mapping[Case, tuple[str, str]]


class Change(StrEnum):
    """Kinds of change, the worst first."""

    FAILS = "fails"
    PROMPT_LOST = "generation prompt lost"
    SWITCH_LOST = "thinking switch lost"
    THINKING = "thinking changed"
    TURN_END = "end of turn changed"
    TEXT = "text changed"
    SPACES = "spaces changed"


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """The worst change, the conversation that shows it, and both texts or the error."""

    change: Change
    case: Case
    source: str
    merged: str


def template_change(
    source: Renderings, merged: Renderings, tokens: Iterable[str]
) -> TemplateChange | None:
    """Return the worst change; None where spaces between special tokens are all there is."""
    found = _changes(source, merged, tuple(sorted(tokens, key=len, reverse=True)))
    return next(found, None)


def _changes(
    source: Renderings, merged: Renderings, tokens: tuple[str, ...]
) -> Iterator[TemplateChange]:
    """Yield all changes, the worst first."""
    for case, text in merged.items():
        if text.error and not source[case].error:
            yield TemplateChange(Change.FAILS, case, source[case].text, text.error)
    yield from _prompts(source, merged)
    both = {c: (source[c].text, t.text) for c, t in merged.items() if not source[c].error}
    yield from _switch(both)
    yield from _turn_ends(both)
    both.pop(Case.UNPROMPTED, None)  # nothing is generated after it
    for change, squeezed in ((Change.TEXT, _bare), (Change.SPACES, _touching)):
        for case, (before, after) in both.items():
            if squeezed(before, tokens) != squeezed(after, tokens):
                yield TemplateChange(change, case, *_where(before, after))


def _switch(both: _Texts) -> Iterator[TemplateChange]:
    """Find out whether ``enable_thinking`` still does something."""
    if not {Case.THINKING, Case.NOT_THINKING} <= both.keys():
        return
    (on, on_now), (off, off_now) = both[Case.THINKING], both[Case.NOT_THINKING]
    if on != off and on_now == off_now:
        yield TemplateChange(Change.SWITCH_LOST, Case.NOT_THINKING, off, off_now)


def _turn_ends(both: _Texts) -> Iterator[TemplateChange]:
    """Compare the known tokens that end a turn."""
    before, after = (_ends(text) for text in both.get(Case.TURNS, ("", "")))
    if before and not before & after:
        names = (", ".join(sorted(ends)) for ends in (before, after))
        yield TemplateChange(Change.TURN_END, Case.TURNS, *names)


def _prompts(source: Renderings, merged: Renderings) -> Iterator[TemplateChange]:
    """Compare what is written for the answer to begin with."""
    before, after = generation_prompt(source), generation_prompt(merged)
    if before is None or after is None:
        return
    if before.strip() and not after.strip():
        yield TemplateChange(Change.PROMPT_LOST, Case.QUESTION, before, after)
    elif (_THOUGHT in before) is not (_THOUGHT in after):
        yield TemplateChange(Change.THINKING, Case.QUESTION, before, after)


def generation_prompt(rendered: Renderings) -> str | None:
    """Return what ``add_generation_prompt`` adds; None where that cannot be told."""
    asked, plain = rendered[Case.QUESTION], rendered[Case.UNPROMPTED]
    if asked.error or plain.error or not asked.text.startswith(plain.text):
        return None
    return asked.text[len(plain.text) :]


def _ends(text: str) -> frozenset[str]:
    return frozenset(token for token in END_OF_TURN if token in text)


def _bare(text: str, _: tuple[str, ...]) -> str:
    return "".join(text.split())


def _touching(text: str, tokens: tuple[str, ...]) -> str:
    """Drop spaces between two special tokens: they are in no answer and no question."""
    if not tokens:
        return text
    token = "|".join(map(re.escape, tokens))
    return re.sub(rf"({token})\s+(?={token})", r"\1", text)


def _where(before: str, after: str) -> tuple[str, str]:
    """Return both texts around the place where they part."""
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    start = max(0, same - _AROUND // 2)
    return before[start : same + _AROUND], after[start : same + _AROUND]
