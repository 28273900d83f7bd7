"""A verdict on speed for GitHub Actions: one annotation, and the figures in the job's summary."""

from slowlens.reports.github import annotation
from slowlens.reports.speed_md import render as summary
from slowlens.reports.speed_words import headline, notes
from slowlens.speedverdict import Answer, SpeedVerdict

__all__ = ["render", "summary"]

COMMANDS = {Answer.PASS: "notice", Answer.FAIL: "error"}


def render(verdict: SpeedVerdict) -> str:
    """Render one workflow command; what is undecided warns."""
    text = "\n".join((headline(verdict), *notes(verdict)))
    name = COMMANDS.get(verdict.answer, "warning")
    return annotation(name, text, title="slowlens gate") + "\n"
