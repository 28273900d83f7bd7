"""What a report leaves out, and how much of it."""

from slowlens.redaction.kinds import Kind
from slowlens.reports.document.blocks import Block, Items, Text
from slowlens.reports.units import counted
from slowlens.run import Run

NOUNS = {
    Kind.PATHS: ("path", "of which only the last name is told"),
    Kind.USERS: ("name of a user", ""),
    Kind.HOSTS: ("name or address of a machine", ""),
    Kind.SECRETS: ("secret", "such as tokens and keys"),
    Kind.PROMPT: ("text", "the prompt and what was written, with the ids of its tokens"),
}


def redactions(run: Run) -> tuple[Block, ...]:
    """Say it, by kind."""
    found = tuple(told(kind, run.redacted[kind]) for kind in Kind if run.redacted.get(kind))
    if not found:
        return (Text("Nothing was redacted."),)
    return (Text("Redacted:"), Items(found))


def told(kind: Kind, number: int) -> str:
    """Write how many of a kind are gone: ``3 paths, of which only the last name is told``."""
    noun, what = NOUNS[kind]
    first, _, rest = noun.partition(" ")
    plural = f"{counted(number, first)}{f' {rest}' if rest else ''}"
    return f"{plural}, {what}" if what else plural
