"""One text without what is to go, and what has gone so far."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from slowlens.redaction import patterns
from slowlens.redaction.kinds import LEFT, Kind
from slowlens.redaction.known import ANYBODY, Known

NEVER = re.compile(r"(?!)")
GONE = "(redacted"
"""Begins what stands for something that was taken out before."""


class Strings:
    """Takes out the kinds in ``gone``; equal texts become equal texts."""

    def __init__(self, known: Known, gone: Collection[Kind]) -> None:
        self._known, self._gone = known, gone
        self._users = _words(known.identity.users)
        self._hosts = _words(known.identity.hosts, patterns.DOMAIN)
        self._quoted = _words(known.words)
        self._seen: dict[Kind, set[str]] = {kind: set() for kind in Kind}
        self._done: dict[str, str] = {}

    @property
    def counts(self) -> Mapping[str, int]:
        """How many different ones of each kind were taken out; a kind that was not there is not."""
        return {kind.value: len(found) for kind, found in self._seen.items() if found}

    def whole(self, kind: Kind, text: str) -> str:
        """Return what stands for a text that is of ``kind`` as a whole."""
        if kind not in self._gone or text in ("", LEFT.get(kind)):
            return self.text(text)
        self._seen[kind].add(text)
        return LEFT[kind]

    def saw(self, kind: Kind, text: str) -> None:
        """Count what somebody else took out."""
        self._seen[kind].add(text)

    def hides(self, kind: Kind) -> bool:
        """Whether it is to go."""
        return kind in self._gone

    def path(self, text: str) -> str:
        """Return what is left of a text that is a path as a whole: its last name."""
        if Kind.PATHS in self._gone and re.search(r"[\\/]", text):
            self._seen[Kind.PATHS].add(text)
            text = self._last_name(text)
        return self.text(text)

    def of_others(self, text: str) -> str:
        """Return a text that a program of somebody else wrote, which may quote a single word."""
        made = self.text(text)
        return self._sub(Kind.PROMPT, self._quoted, made) if Kind.PROMPT in self._gone else made

    def text(self, text: str) -> str:
        """Return ``text`` without what is to go, wherever in it."""
        if text not in self._done:
            made = text
            for kind, take in self._takers():
                if kind in self._gone:
                    made = take(made)
            self._done[text] = made
        return self._done[text]

    def _takers(self) -> Iterator[tuple[Kind, Callable[[str], str]]]:
        """Yield them in an order in which none breaks what a later one looks for."""
        yield Kind.PROMPT, self._without_quotes
        yield Kind.SECRETS, self._without_secrets
        yield Kind.PATHS, self._without_paths
        yield Kind.HOSTS, self._without_hosts
        yield Kind.USERS, self._without_users

    def _without_quotes(self, text: str) -> str:
        return self._without_all(Kind.PROMPT, self._known.texts, text, lambda _: LEFT[Kind.PROMPT])

    def _without_secrets(self, text: str) -> str:
        for pattern in patterns.SECRETS:
            text = self._sub(Kind.SECRETS, pattern, text)
        return self._sub(
            Kind.SECRETS,
            patterns.ASSIGNED,
            text,
            lambda match: f"{match['name']}{LEFT[Kind.SECRETS]}",
        )

    def _without_paths(self, text: str) -> str:
        text = self._without_known(self._known.paths, patterns.NAME_GOES_ON, text)
        if "/" not in text and "\\" not in text:
            return text
        text = self._sub(
            Kind.PATHS,
            patterns.QUOTED_PATH,
            text,
            lambda match: f"{match['quote']}{self._last_name(match['path'])}{match['quote']}",
        )
        text = self._without_known(self._known.above, patterns.PATH_GOES_ON, text)
        for pattern in (patterns.WINDOWS_PATH, patterns.POSIX_PATH):
            text = self._sub(Kind.PATHS, pattern, text, lambda match: self._last_name(match[0]))
        return text

    def _without_known(self, paths: Iterable[str], goes_on: str, text: str) -> str:
        for path in paths:
            if path in text:
                pattern = re.compile(patterns.PATH_BEGINS + re.escape(path) + goes_on)
                text = self._sub(Kind.PATHS, pattern, text, lambda match: self._last_name(match[0]))
        return text

    def _last_name(self, path: str) -> str:
        """Return the last name in a path; in that of a home it is a user's."""
        if Kind.USERS in self._gone and patterns.HOME.fullmatch(path.rstrip("\\/")):
            self._seen[Kind.USERS].add(path)
            return LEFT[Kind.USERS]
        return patterns.last_name(path)

    def _without_hosts(self, text: str) -> str:
        text = self._sub(Kind.HOSTS, patterns.URL_HOST, text, _url)
        text = self._sub(Kind.HOSTS, patterns.NAMED_HOST, text, _named)
        text = self._sub(Kind.HOSTS, patterns.INNER_HOST, text)
        text = self._sub(Kind.HOSTS, patterns.ADDRESS, text, _address)
        for pattern in patterns.HOST_AND_PORT:
            text = self._sub(Kind.HOSTS, pattern, text, _named)
        return self._sub(Kind.HOSTS, self._hosts, text)

    def _without_users(self, text: str) -> str:
        text = self._sub(Kind.USERS, patterns.MAIL, text)
        text = self._sub(Kind.USERS, self._users, text)
        return self._sub(Kind.USERS, patterns.HOME, text, _home)

    def _sub(
        self,
        kind: Kind,
        pattern: re.Pattern[str],
        text: str,
        left: Callable[[re.Match[str]], str] | None = None,
    ) -> str:
        """Replace what matches, and remember it where that changed anything."""

        def become(match: re.Match[str]) -> str:
            found = match[match.lastgroup or 0]
            if found.startswith(GONE):
                return match[0]
            made = left(match) if left else LEFT[kind]
            if made != match[0]:
                self._seen[kind].add(found)
            return made

        return pattern.sub(become, text)

    def _without_all(
        self, kind: Kind, found: Iterable[str], text: str, left: Callable[[str], str]
    ) -> str:
        for known in found:
            if known in text:
                self._seen[kind].add(known)
                text = text.replace(known, left(known))
        return text


def _words(names: Collection[str], more: str = "") -> re.Pattern[str]:
    """Match any of these names where it is a word of its own, with what matches ``more``."""
    if not names:
        return NEVER
    listed = "|".join(map(re.escape, names))
    return re.compile(rf"(?<![A-Za-z0-9])(?:{listed}){more}(?![A-Za-z0-9])", re.IGNORECASE)


def _home(match: re.Match[str]) -> str:
    """Leave a home of nobody in particular, or of one whose name was taken out before."""
    name = match[1]
    if name.lower() in ANYBODY:
        return match[0]
    return match[0].removesuffix(name) + LEFT[Kind.USERS]


def _url(match: re.Match[str]) -> str:
    public = patterns.PUBLIC.fullmatch(match["host"])
    return match[0] if public else LEFT[Kind.HOSTS]


def _named(match: re.Match[str]) -> str:
    if patterns.PUBLIC.fullmatch(match["host"]):
        return match[0]
    begin, end = (at - match.start() for at in match.span("host"))
    return match[0][:begin] + LEFT[Kind.HOSTS] + match[0][end:]


def _address(match: re.Match[str]) -> str:
    return LEFT[Kind.HOSTS] if patterns.is_address(match[0]) else match[0]
