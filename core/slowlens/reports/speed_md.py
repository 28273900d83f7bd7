"""A verdict on speed as Markdown, for a pull request, an issue or the summary of a job."""

from collections.abc import Iterable, Iterator

from slowlens.reports.md import escaped, table
from slowlens.reports.speed_figures import head, rows
from slowlens.reports.speed_words import VERDICTS, headline, notes, sentence, sides
from slowlens.speedverdict import Answer, SpeedVerdict


def render(verdict: SpeedVerdict) -> str:
    """Render the verdict, then a table for each kind of trial."""
    return "\n\n".join(_blocks(verdict)) + "\n"


def render_all(verdicts: Iterable[SpeedVerdict]) -> str:
    """Render several, one below the other."""
    return "\n".join(map(render, verdicts))


def _blocks(verdict: SpeedVerdict) -> Iterator[str]:
    yield f"## Slowlens, speed: {VERDICTS[verdict.answer]}"
    yield escaped(headline(verdict))
    told = (*notes(verdict), *(f"{title}: {run}" for title, run in sides(verdict)))
    yield "\n".join(f"- {escaped(line)}" for line in told)
    if verdict.answer is Answer.INCOMPARABLE:
        return
    for judged in verdict.judged:
        if len(verdict.judged) > 1:
            yield escaped(sentence(judged))
        yield table(head(verdict), rows(judged))
