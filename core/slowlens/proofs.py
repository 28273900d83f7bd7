"""What a run shows of a setting that a file holds is no second cause: it proves the first."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from slowlens.diagnose import Found
from slowlens.findings import Confidence, Severity
from slowlens.frozen import replace
from slowlens.rules import RULES

_PROVES = {rule.id: rule.proves for rule in RULES}
_SLOWING = frozenset(rule.id for rule in RULES if rule.slows)


class Proved(NamedTuple):
    """A finding, and those of a run that show it at work."""

    found: Found
    proofs: tuple[Found, ...] = ()

    @property
    def severity(self) -> Severity:
        """That of the gravest: what a run proves is no milder than its proof."""
        grades = (each.finding.severity for each in (self.found, *self.proofs))
        return max(grades, key=lambda grade: grade.rank)

    @property
    def whole(self) -> Found:
        """The finding, as grave as its proofs are, at what was measured of its cost."""
        finding = replace(self.found.finding, severity=self.severity, cost=self.cost)
        return Found(self.found.rule, finding)

    @property
    def cost(self) -> str:
        """What was measured of it, else what is known of it."""
        costs = [proof.finding.cost for proof in self.proofs]
        return next(filter(None, costs), self.found.finding.cost)


def slows(found: Found) -> bool:
    """Whether what was found makes each token take longer."""
    return found.rule in _SLOWING and found.finding.slows


def together(found: Sequence[Found]) -> Iterator[Proved]:
    """Yield each finding once: proofs with what they prove, where the first of them stood."""
    heads = [_proved(each, found) or each for each in found]
    for head in dict.fromkeys(map(id, heads)):
        alike = [each for each, of in zip(found, heads, strict=True) if id(of) == head]
        first = next(each for each in found if id(each) == head)
        yield Proved(first, tuple(each for each in alike if each is not first))


def _proved(proof: Found, found: Sequence[Found]) -> Found | None:
    """Return what it proves: a note does not account for more than a note."""
    if proof.finding.confidence is not Confidence.MEASURED:
        return None
    named = proof.finding.proves or _PROVES.get(proof.rule, ())
    mild = proof.finding.severity is Severity.NOTE
    settings = (each for each in found if each.rule in named)
    return next((s for s in settings if mild or s.finding.severity is not Severity.NOTE), None)
