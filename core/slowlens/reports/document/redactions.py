"""What a report leaves out, and how much of it."""

from slowlens.redaction.kinds import Kind
from slowlens.reports.document.blocks import Block, Items, Text
from slowlens.reports.units import counted
from slowlens.run import Run


def redactions(run: Run) -> tuple[Block, ...]:
    """Say it, by kind."""
    found = tuple(told(kind, run.redacted[kind]) for kind in Kind if run.redacted.get(kind))
    if not found:
        return (Text("Nothing was redacted."),)
    return (Text("This was taken out:"), Items(found))


def told(kind: Kind, number: int) -> str:
    """Write how many of a kind are gone: ``3 paths, of which only the last name is told``."""
    match kind:
        case Kind.PATHS:
            return f"{counted(number, 'path')}, of which only the last name is told"
        case Kind.USERS:
            return f"{counted(number, 'name')} of users"
        case Kind.HOSTS:
            return f"{counted(number, 'name')} or addresses of machines and GPUs"
        case Kind.SECRETS:
            return f"{counted(number, 'secret')}, such as tokens and keys"
        case Kind.PROMPT:
            texts = counted(number, "text")
            return f"{texts}: the prompt and what was written, with the ids of its tokens"
