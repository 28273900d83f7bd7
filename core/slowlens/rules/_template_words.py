"""What a change of the chat template means, in words."""

from collections.abc import Container

from slowlens.facts.text.templatechange import Change, TemplateChange
from slowlens.findings import Severity

RUNS_ON = "not slower per token; answers may run to the limit"
_THINKS = "not slower per token, but 5 to 20 times the tokens where thinking was switched off"
_SHOWN = 60


def in_words(change: TemplateChange, added: Container[str]) -> tuple[Severity, str, str]:
    """Return severity, what the new template does, and what it costs."""
    case, before, after = change.case, _shown(change.source), _shown(change.merged)
    match change.change:
        case Change.FAILS:
            said = f"fails for {case}, as the source's does not: {change.merged}"
            return Severity.ERROR, said, "such chat calls fail"
        case Change.PROMPT_LOST:
            said = f"no longer writes the generation prompt {before}: nothing says who speaks next"
            return Severity.ERROR, said, RUNS_ON
        case Change.SWITCH_LOST:
            return Severity.WARNING, "no longer obeys enable_thinking", _THINKS
        case Change.THINKING:
            said = f"begins an answer with {after}, the source's with {before}: the model may think"
            return Severity.WARNING, f"{said} where it did not, or the other way round", _THINKS
        case Change.TURN_END:
            said = f"ends a turn with {after if change.merged else 'no known token'}, not {before}"
            plain = [token for token in change.merged.split(", ") if token and token not in added]
            what = f"; {', '.join(plain)} is no token of this tokenizer" if plain else ""
            return Severity.WARNING, said + what, RUNS_ON
        case Change.SPACES:
            said = f"differs in spaces from the source's ({case}): {after}, not {before}"
            return Severity.NOTE, said, "most answers stay the same; a few begin differently"
    said = f"writes another prompt than the source's ({case}): {after}, not {before}"
    return Severity.WARNING, said, "worse or longer answers, unless training used this template"


def _shown(text: str) -> str:
    cut = text if len(text) <= _SHOWN else f"…{text[-_SHOWN:]}"
    return repr(cut)
