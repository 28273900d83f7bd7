"""What to run, or to set, before the next merge, so that it comes out right: Markdown.

Where nothing tells which tool merged, or its options cannot say it, the lines to run afterwards.
"""

import re
from collections.abc import Iterator, Sequence

from slowlens.exports.form import Carried, Form
from slowlens.exports.in_memory import settings
from slowlens.exports.mergers import MERGERS, Merger, Reach
from slowlens.exports.python_lines import script
from slowlens.facts.provenance import Likelihood, Writer
from slowlens.findings import Edit
from slowlens.jsonvalue import written

TICKS = re.compile("`+")


def render(fixes: Carried) -> bytes:
    """Return the advice, UTF-8."""
    known = [merger for merger in MERGERS if _traced(merger, fixes.writers)]
    parts = [*_wanted(fixes)]
    for merger in known:
        parts += _told(merger, fixes)
    if not known:
        parts += _unknown()
    if not known or any(_after(merger, fixes.edits) for merger in known):
        parts += _afterwards(fixes)
    return ("\n\n".join(parts) + "\n").encode(errors="backslashreplace")


def _traced(merger: Merger, writers: Sequence[Writer]) -> list[Writer]:
    return [writer for writer in writers if writer.name in merger.writers]


def _wanted(fixes: Carried) -> Iterator[str]:
    yield "# So that the next merge comes out right"
    yield "What a merged checkpoint is to say:"
    lines = [f"# {title}" for title in fixes.titles]
    lines += [
        f"{edit.file}: {'.'.join(edit.pointer)}: {written(edit.before)} → {written(edit.after)}"
        for edit in fixes.edits
    ]
    yield _block("text", "\n".join(lines))


def _told(merger: Merger, fixes: Carried) -> Iterator[str]:
    yield f"## {merger.name[0].upper()}{merger.name[1:]}"
    yield f"{_why(_traced(merger, fixes.writers))} {merger.advice}"
    match merger.reach:
        case Reach.FOLDER:
            yield "Before the merge, put its files right:"
            yield _block("python", script(fixes.patch.files, fixes.edits, merger.folder))
            yield "Then merge:"
            yield _block(merger.language, merger.command)
        case Reach.MODEL:
            yield from _in_memory(merger, fixes.edits)
        case Reach.NONE:
            yield _block(merger.language, merger.command)
            yield "Then put right what it wrote: the lines are at the end."
    yield f"Read in: {' '.join(merger.evidence)}"


def _in_memory(merger: Merger, edits: Sequence[Edit]) -> Iterator[str]:
    lines = [line for _, line in settings(edits)]
    if lines:
        yield "Before it is saved:"
        yield _block(merger.language, "\n".join([*lines, merger.command]))
    else:
        yield _block(merger.language, merger.command)
    if _after(merger, edits):
        rest = "The rest" if lines else "These keys"
        yield f"{rest} cannot be set before: run the lines at the end on what was saved."


def _after(merger: Merger, edits: Sequence[Edit]) -> bool:
    """Whether something is left to be done after this merge."""
    match merger.reach:
        case Reach.FOLDER:
            return False
        case Reach.MODEL:
            return len([*settings(edits)]) < len(edits)
        case Reach.NONE:
            return True


def _why(traces: Sequence[Writer]) -> str:
    writer = min(traces, key=lambda one: one.likelihood == Likelihood.POSSIBLY)
    found = " and ".join(
        f"{_code(trace.key)} in {_code(trace.file)}" if trace.key else _code(trace.file)
        for trace in writer.traces
    )
    return f"It {writer.likelihood} had a hand in this checkpoint: there is {found}."


def _unknown() -> Iterator[str]:
    yield "## Which tool merged it is not known"
    yield (
        "Nothing in its files tells, so no command can be given for sure. The lines at the end do "
        "it after any merge. If it was one of these:"
    )
    yield "\n".join(
        f"- {one.name}, {_code(one.command.splitlines()[0])}: {one.advice} {one.evidence[0]}"
        for one in MERGERS
    )


def _afterwards(fixes: Carried) -> Iterator[str]:
    yield "## After the merge"
    yield "Run this in the merged folder:"
    yield _block("python", script(fixes.patch.files, fixes.edits))
    yield "Then look whether anything is left:"
    yield _block("bash", "slowlens check .")


def _block(language: str, text: str) -> str:
    """Fence ``text``, whatever it holds: values of a checkpoint are nobody's Markdown."""
    fence = "`" * max(3, 1 + _longest(text))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _code(text: str) -> str:
    fence = "`" * (1 + _longest(text))
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"


def _longest(text: str) -> int:
    return max((len(run) for run in TICKS.findall(text)), default=0)


FORM = Form("merger", "For the next merge", ".md", "text/markdown", render)
