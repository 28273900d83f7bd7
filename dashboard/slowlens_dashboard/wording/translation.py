"""What the engine and the pages say in English, told in another language.

The engine speaks English and knows of no reader, and a run file holds what was said when it was
made. So a text is translated where it is shown: the catalogue holds the f-strings of the code with
names for their holes, and a text is recognised by the words between the holes, which are then
translated themselves.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from slowlens_dashboard.wording.patterns import HOLE, Pattern

SENTENCE_END = re.compile(r"(?<=[.!?]) (?=\S)")
JOINTS = re.compile(r"(<b>|:?</b>|<br>|; |: |, or |, | and | or | · | → |\n| \(|\)|\()")
"""What the code joins phrases with."""
JOINED = {
    "; ": "；", ": ": "：", ", ": "，", " and ": "和", " or ": "或", ", or ": "，或",
    " (": "（", "(": "（", ")": "）",
}  # fmt: skip
ADDED = ("; ", ", ")
"""Beginnings of texts that the code puts behind others."""
STOPS = {".": "。", "!": "！", "?": "？"}
ENDS = tuple(STOPS.values())
MARKS = re.compile(r"((?:[*#>]|- )*)(.*?)([*]*)", re.DOTALL)
"""Markdown around a text."""
REACH = 17
"""Pieces, joints among them, that are looked at together."""
CLAUSES = re.compile(r"[:;] | · ")
"""A part with these in it is more than one: other patterns may fit its clauses better."""
LISTED = re.compile(r"[A-Za-z], [A-Za-z]")
"""Between two items of a list of words."""
LED = re.compile(r"((?:about )?[\d.,]+(?: (?:ms|s|min|%|kB|MB|GB|times))?) (.+)")
"""A figure before what it is of."""
TOGETHER = 12
"""Sentences that are looked at together."""
MOST = 60
"""Sentences and joints of a text: with more of them it is none of ours."""
PHRASE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
TORN = re.compile(r"\b(?:as|of|is|are|the|by|for|per|with|than|and|or|unlike)\b(?=\s|$)")
"""What shows that a part was torn out of a phrase, where nobody tells it."""
SURE = 16
"""Letters of a pattern that is not doubted for what it tears: it may quote somebody."""
BLANKS = re.compile(r"(\s*)(.*?)(\s*)", re.DOTALL)
KEPT = 20_000
"""Texts whose translations are remembered."""


class Catalogue:
    """Texts in English and what they are in one other language."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        ends = {text: target for text, target in texts.items() if text.startswith(ADDED)}
        alone = {text[2:]: target.lstrip("；，") for text, target in ends.items()}
        self._whole = {_lowered(text): target for text, target in (alone | {**texts}).items()}
        patterns = (Pattern.of(t, target) for t, target in texts.items() if HOLE.search(t))
        self._patterns = sorted(patterns, key=lambda pattern: -pattern.weight)
        self.told = lru_cache(KEPT)(self._safely)
        self._of_part = lru_cache(KEPT)(self._told)

    def _safely(self, text: str) -> str:
        """Leave a text that nests deeper than any of ours: one of a checkpoint may do that."""
        try:
            return self._of_part(text)
        except RecursionError:
            return text

    def _told(self, text: str) -> str:
        """Return ``text`` in the other language, as far as the catalogue knows its parts."""
        if not any(letter.isalpha() for letter in text):
            return text
        parts = len(SENTENCE_END.findall(text)) + len(JOINTS.findall(text))
        if parts > MOST and _lowered(text) not in self._whole:
            return text
        if (whole := self._known(text)) is not None:
            return whole
        if "\n" in text:
            return "\n".join(map(self._of_part, text.split("\n")))
        for around in (BLANKS, MARKS):
            before, inner, after = _split(around, text)
            if inner != text:
                return f"{before}{self._of_part(inner)}{after}"
        return self._by_sentences(SENTENCE_END.split(text))

    def _known(self, text: str) -> str | None:
        """Return a text that the catalogue holds, with or without its full stop."""
        stop = STOPS.get(text[-1:], "")
        bare = text[:-1] if stop else text
        whole = self._whole.get(_lowered(text))
        if whole is not None:
            return whole
        found = self._whole.get(_lowered(bare))
        if found is not None:
            return _stopped(found, stop)
        if not stop and (found := self._whole.get(_lowered(f"{text}."))) is not None:
            return found.removesuffix(STOPS["."])
        for pattern, parts in self._fitting(bare, text):
            if any(_too_much(pattern, part) for part in parts.values()):
                continue
            told = self._parts(parts) | {name: parts[name] for name in pattern.quoted}
            if not _left(_unquoted(pattern, parts), told) and not (
                pattern.weight < SURE and _torn(parts, told)
            ):
                return _stopped(pattern.fill(parts, told), stop)
        if (led := LED.fullmatch(bare)) and (found := self._whole.get(_lowered(led[2]))):
            return _stopped(f"{self._of_part(led[1])} {found}", stop)
        return None

    def _roughly(self, text: str) -> str:
        """Return what the surest pattern makes of a text, whatever is in its holes; else itself."""
        stop = STOPS.get(text[-1:], "")
        fitting = self._fitting(text[:-1] if stop else text, text)
        for pattern, parts in sorted(fitting, key=_tangled):
            told = self._parts(parts)
            if any(told[name] == part for name, part in parts.items() if pattern.doubted(part)):
                continue
            if pattern.weight < SURE and _torn(parts, told):
                continue
            if 2 * pattern.weight >= len(text) or not _left(parts, told):
                return _stopped(pattern.fill(parts, told), stop)
        return text

    def _parts(self, parts: Mapping[str, str]) -> dict[str, str]:
        return {name: self._of_part(part) for name, part in parts.items()}

    def _fitting(self, *texts: str) -> list[tuple[Pattern, Mapping[str, str]]]:
        """Return the patterns that recognise one of the texts, the surest first, with their parts.

        A text with its full stop comes last: a hole at the end would swallow that.
        """
        found = [
            (pattern, parts)
            for text in dict.fromkeys(texts)
            for pattern in self._patterns
            if (parts := pattern.fits(text)) is not None
        ]
        return sorted(found, key=lambda fitting: -fitting[0].weight)

    def _by_sentences(self, sentences: Sequence[str]) -> str:
        """Translate as many sentences at a time as are known together."""
        if len(sentences) == 1:
            return self._by_joints(sentences[0])
        for size in range(min(len(sentences) - 1, TOGETHER), 0, -1):
            known = self._known(" ".join(sentences[:size]))
            if known is not None:
                return _beside(known, self._of_part(" ".join(sentences[size:])))
        return _beside(self._by_joints(sentences[0]), self._of_part(" ".join(sentences[1:])))

    def _by_joints(self, text: str) -> str:
        """Translate a list or another text that the code has joined, if all its words are known."""
        pieces = JOINTS.split(text)
        told: list[str] = []
        changed, at = False, 0
        while at < len(pieces):
            end, known = self._longest(pieces, at)
            if known is None and PHRASE.search(pieces[at]):
                return self._roughly(text)  # half in one language, half in another helps nobody
            told.append(STOPS.get(pieces[at], pieces[at]) if known is None else known)
            told += [JOINED.get(joint, joint) for joint in pieces[end : end + 1]]
            changed, at = changed or known is not None, end + 1
        return "".join(told) if changed else text

    def _longest(self, pieces: Sequence[str], at: int) -> tuple[int, str | None]:
        """Return the known text that begins with a piece and goes furthest, and where it ends."""
        for end in range(min(len(pieces), at + REACH), at, -1):
            text = "".join(pieces[at:end])
            if (end - at) % 2 == 0 or text.count("(") != text.count(")"):
                continue
            if (known := self._known(text)) is not None:
                return end, known
        return at + 1, None


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _tangled(fitting: tuple[Pattern, Mapping[str, str]]) -> bool:
    """Whether several clauses are in another hole than the last, which most likely they are not."""
    return any(map(CLAUSES.search, [*fitting[1].values()][:-1] or fitting[1].values()))


def _too_much(pattern: Pattern, part: str) -> bool:
    """Whether a part is more than fills its hole: clauses, or other items of a list."""
    listed = pattern.weight < SURE and LISTED.search(part)
    return bool(listed or CLAUSES.search(part)) or pattern.doubted(part)


def _unquoted(pattern: Pattern, parts: Mapping[str, str]) -> Mapping[str, str]:
    return {name: part for name, part in parts.items() if name not in pattern.quoted}


def _left(parts: Mapping[str, str], told: Mapping[str, str]) -> bool:
    """Whether a phrase in one of the parts was not told."""
    return any(told[name] == part and PHRASE.search(part) for name, part in parts.items())


def _torn(parts: Mapping[str, str], told: Mapping[str, str]) -> bool:
    """Whether one of the parts was torn out of a phrase."""
    return any(told[name] == part and TORN.search(part) for name, part in parts.items())


def _stopped(text: str, stop: str) -> str:
    return text if not stop or text.endswith(ENDS) else text + stop


def _split(pattern: re.Pattern[str], text: str) -> tuple[str, str, str]:
    match = pattern.fullmatch(text)
    assert match is not None
    return match[1], match[2], match[3]


def _beside(first: str, second: str) -> str:
    """Put one sentence behind another: after a full stop of Chinese goes no blank."""
    return f"{first}{'' if first.endswith(ENDS) else ' '}{second}"
