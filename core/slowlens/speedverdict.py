"""What became of judging one run by another: a verdict for each kind of trial that both timed.

``comparing`` makes it. This is the performance half of the gate; ``gate`` judges findings.
"""

from enum import StrEnum

from slowlens.facts.live.likeness import NOTHING_SHARED, Unlike
from slowlens.facts.live.side import Side
from slowlens.facts.live.verdict import Outcome, Verdict
from slowlens.frozen import dataclass
from slowlens.gate import ExitCode
from slowlens.run import Run

INSTRUMENT = "instrument"


class Answer(StrEnum):
    """Of a comparison as a whole."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    INCOMPARABLE = "incomparable"
    """The sides were not measured alike, or not in the same ways."""


EXIT_CODES = {
    Answer.PASS: ExitCode.CLEAN,
    Answer.FAIL: ExitCode.FOUND,
    Answer.INCONCLUSIVE: ExitCode.UNCHECKED,
    Answer.INCOMPARABLE: ExitCode.UNCHECKED,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """One kind of trial on both sides."""

    label: str
    before: Side
    after: Side
    slower: Verdict
    """Whether ``after`` is slower."""
    faster: Verdict
    """Whether ``before`` would be slower."""
    shipped: bool = True
    """Whether it ran as the checkpoint asks for."""


@dataclass(frozen=True, slots=True)
class SpeedVerdict:
    """Two sides, what is unlike about them, and what each kind of trial says."""

    before: Run
    after: Run
    threshold: float
    judged: tuple[Judged, ...]
    unlike: tuple[Unlike, ...] = ()
    anyway: bool = False
    """Whether they are compared although they are unlike."""
    titles: tuple[str, str] = ("before", "after")
    """What the sides are called."""
    alike: str = ""
    """What to do so that both are measured alike, where somebody can."""

    @property
    def answer(self) -> Answer:
        """What merged as shipped says, where it was timed on both sides; else the worst."""
        if (self.unlike and not self.anyway) or not self.judged:
            return Answer.INCOMPARABLE
        outcomes = {each.slower.outcome for each in self.decisive}
        worst = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
        return Answer(next(outcome for outcome in worst if outcome in outcomes))

    @property
    def hopeless(self) -> bool:
        """Whether there is nothing to compare, whatever is told."""
        return any(each.what in (INSTRUMENT, NOTHING_SHARED) for each in self.unlike)

    @property
    def decisive(self) -> tuple[Judged, ...]:
        """The kinds of trial that the answer rests on."""
        return tuple(each for each in self.judged if each.shipped) or self.judged

    @property
    def exit_code(self) -> ExitCode:
        """What the shell is told."""
        return EXIT_CODES[self.answer]
