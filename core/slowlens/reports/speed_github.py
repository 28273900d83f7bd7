"""A verdict on speed for GitHub Actions: one annotation, and the figures in the job's summary."""

from slowlens.reports.github import annotation
from slowlens.reports.speed_md import render as summary
from slowlens.reports.speed_words import cause, failures, headline, unlikes
from slowlens.speedverdict import Answer, SpeedVerdict

__all__ = ["render", "summary"]

COMMANDS = {Answer.PASS: "notice", Answer.FAIL: "error"}


def render(verdict: SpeedVerdict) -> str:
    """Render one workflow command; what is undecided warns."""
    parts = (headline(verdict), cause(verdict), *unlikes(verdict), *failures(verdict))
    text = "\n".join(part for part in parts if part)
    name = COMMANDS.get(verdict.answer, "warning")
    return annotation(name, text, title="slowlens gate") + "\n"
