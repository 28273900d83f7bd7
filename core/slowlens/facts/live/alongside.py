"""The circumstances of any number of results beside each other, and which of them differ."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from slowlens.facts.environment import PACKAGES, Environment
from slowlens.facts.live.circumstances import MACHINE, TASK, Tell, of_model, of_trial
from slowlens.facts.live.imported import Imported
from slowlens.facts.live.likeness import told_by
from slowlens.facts.live.measurement import Measurement
from slowlens.facts.live.trial import Kind
from slowlens.frozen import dataclass

Result: TypeAlias = Measurement | Imported | None
"""Of a run; None where it was only checked."""


@dataclass(frozen=True, slots=True)
class Circumstance:
    """One of them."""

    what: str
    told: tuple[str | None, ...]
    """In words, of each result; None is "not known", which is no difference."""
    decides: bool = True
    """Whether results that differ in it have no verdict."""

    @property
    def differs(self) -> bool:
        """Whether two results tell two things."""
        return len({told for told in self.told if told is not None}) > 1


def circumstances(results: Sequence[Result], kinds: Iterable[Kind]) -> tuple[Circumstance, ...]:
    """Return what at least one result tells: first what a verdict on ``kinds`` of trial minds."""
    names = dict.fromkeys(name for told in map(_imported, results) for name in told)
    found = (
        *(Circumstance(n, _of_measurements(results, tell)) for n, tell in _decisive(kinds).items()),
        *(Circumstance(n, tuple(_imported(r).get(n) or None for r in results)) for n in names),
        *_beside(results),
    )
    return tuple(each for each in found if any(told is not None for told in each.told))


def _decisive(kinds: Iterable[Kind]) -> Mapping[str, Tell]:
    tells: dict[str, Tell] = {**MACHINE, **TASK}
    for subject, cache in kinds:
        tells |= {**of_model(subject), **of_trial(subject, cache), **tells}
    return tells


def _of_measurements(results: Sequence[Result], tell: Tell) -> tuple[str | None, ...]:
    return tuple(tell(each) if isinstance(each, Measurement) else None for each in results)


def _imported(result: Result) -> Mapping[str, str]:
    return told_by(result) if isinstance(result, Imported) else {}


def _beside(results: Sequence[Result]) -> Iterator[Circumstance]:
    """Yield what is told beyond what decides; a package may be left out."""
    limits = (
        each.plan.answer_tokens if isinstance(each, Measurement) else None for each in results
    )
    told = tuple(f"{limit} tokens" if limit else None for limit in limits)
    yield Circumstance("answer limit", told, decides=False)
    here = [each.environment if isinstance(each, Measurement) else None for each in results]
    yield Circumstance("Python", tuple(e.python if e else None for e in here), decides=False)
    yield Circumstance("platform", tuple(e.platform if e else None for e in here), decides=False)
    for name in (name for name in PACKAGES if name not in MACHINE):
        if any(e and name in e.packages for e in here):
            told = tuple(_version(e, name) if e else None for e in here)
            yield Circumstance(name, told, decides=False)


def _version(environment: Environment, package: str) -> str:
    return environment.packages.get(package, "not installed")
