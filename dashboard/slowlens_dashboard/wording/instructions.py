"""What to do by hand, as prose and commands: a command can be copied as it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_QUOTED = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
_COMMAND = re.compile(
    r"(?:(?<=: )|(?<=\uff1a)|(?<=, or )|(?<=\brun )|(?<![^\n]))"
    r"(?:(?P<python>from \w[\w.]* import |import )"
    r"|(?:cd|cp|mv|rm|pip install|python3?|hf download|slowlens) )"
    rf"(?:{_QUOTED}|[^'\"\n])*?"
    r"(?=; then |,? \((?:verl|EasyR1)\)|, (?:or|and|then) | in the |(?<! )\. [A-Z(]|\.?$|\n"
    r"|[\u3002\uff0c\uff1b])"  # the stops and commas of Chinese
)
_STATEMENT = re.compile(rf"(?:{_QUOTED}|[^'\";])+")


@dataclass(frozen=True, slots=True)
class Command:
    """What to paste, into a shell or into Python."""

    text: str
    language: str


def instructions(reason: str) -> Iterator[str | Command]:
    """Yield the sentences and the commands of ``reason`` in their order."""
    end = 0
    for match in _COMMAND.finditer(reason):
        yield from _prose(reason[end : match.start()])
        yield Command(_lines(match[0]), "python") if match["python"] else Command(match[0], "bash")
        end = match.end()
    yield from _prose(reason[end:])


def _prose(text: str) -> Iterator[str]:
    """Yield what stands between two commands without the punctuation that joined them."""
    words = text.strip().removeprefix("; ").lstrip(".,;\u3002\uff0c\uff1b").strip()
    if words:
        yield words


def _lines(code: str) -> str:
    """Give every statement a line of its own; what is quoted stays as it is."""
    return "\n".join(found[0].strip() for found in _STATEMENT.finditer(code))
