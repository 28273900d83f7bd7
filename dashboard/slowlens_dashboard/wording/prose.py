"""The engine's plain sentences as Markdown: names of files and keys set as code."""

import re

from slowlens.jsonvalue import Absent, Json
from slowlens.reports.units import value
from slowlens_dashboard.wording.translation import ENDS, STOPS

SHORTCODE = re.compile(r":[a-zA-Z+][\w+-]*(?:/\w+)?:")
"""An icon or emoji to Streamlit, escaped or not; as code it stays text."""
LINK = re.compile(r"(?:https?://|www\.)[^\s`]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
"""What Streamlit makes a link of, escaped or not: a checkpoint sends nobody anywhere."""
PLAIN = re.compile(rf"(?:{SHORTCODE.pattern}|(?i:{LINK.pattern}))+")
CODE = re.compile(
    r"(?:"
    r"(?<![!-~])(?:~|\.{1,2})?/[^\s,;\u3000-\u303f\uff00-\uffef]+"  # a path
    r"|<\|[^|\s]+\|>"  # a special token
    r"|[\w-]+\.(?:json|jinja|safetensors|gguf|bin)\b"
    r"|\b\w*_\w+(?:\.\w+)*\b"
    r"|\b\w+\(\)"
    rf"|{SHORTCODE.pattern}|(?i:{LINK.pattern})"
    r")+",  # two code spans must not touch: their fences would become one
    re.ASCII,  # Chinese goes without blanks between words
)
SPECIAL = re.compile(r"[\\`*_{}\[\]<>#$~|]|:(?=[a-z])")
TICKS = re.compile(r"`+")
BREAKS = re.compile(r"\s*[\r\n]+\s*")
"""A line break would end a code span, or begin a block."""
SENTENCE_END = re.compile(r"(?<=[.!?]) (?=\S)|(?<=[\u3002\uff01\uff1f])(?=\S)")
"""Behind a full stop of Chinese goes no blank."""
EAST_ASIAN = "\u2e80"
"""From here on letters are Chinese, and so are full stops."""
SHORT = 80


def prose(text: str) -> str:
    """Escape ``text`` for Markdown and set what is code as code."""
    return _marked(CODE, text)


def plain(text: str) -> str:
    """Escape ``text`` for Markdown."""
    return _marked(PLAIN, text)


def _marked(pattern: re.Pattern[str], text: str) -> str:
    """Set what matches as code and escape the rest."""
    parts, end = [], 0
    for match in pattern.finditer(text):
        parts += [_escaped(text[end : match.start()]), code(match[0])]
        end = match.end()
    return "".join([*parts, _escaped(text[end:])])


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\g<0>", BREAKS.sub(" ", text))


def code(text: str) -> str:
    """Set ``text`` as code, whatever it holds."""
    if not text:
        return ""
    fence = "`" * (1 + max((len(run) for run in TICKS.findall(text)), default=0))
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{BREAKS.sub(' ', text)}{pad}{fence}"


def cell(item: Json | Absent) -> str:
    """Write a JSON value for a table, cut where it is long."""
    text = value(item)
    return (
        code(text if len(text) <= SHORT else f"{text[:SHORT]}…") if text[0] != "(" else "*not set*"
    )


def sentence(text: str) -> str:
    """Return ``text`` with a capital and a full stop, unless it begins with code."""
    first = text.split(" ", 1)[0]
    head = text[:1].upper() + text[1:] if first.isalpha() else text
    if head.endswith((".", "!", "?", *ENDS)):
        return head
    return f"{head}{STOPS['.'] if head[-1:] >= EAST_ASIAN else '.'}"


def sentences(text: str) -> list[str]:
    """Split ``text`` into its sentences."""
    return SENTENCE_END.split(text)


def first_sentence(text: str) -> tuple[str, str]:
    """Split ``text`` after its first sentence."""
    first, *rest = sentences(text)
    return first, " ".join(rest)


def without(text: str, said: str) -> str:
    """Return ``text`` but for the sentences that ``said`` holds already."""
    return " ".join(found for found in sentences(text) if found.lower() not in said.lower())
