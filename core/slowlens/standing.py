"""Which findings count: those of a judged runtime, unless somebody decided to live with them."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from slowlens.diagnose import Found, Outcome, ranked
from slowlens.errors import UsageError
from slowlens.facts.environment import Environment
from slowlens.facts.runtimes import GENERATE, Runtime
from slowlens.findings import Finding, Severity
from slowlens.frozen import dataclass, replace
from slowlens.rulenames import rule_named
from slowlens.spelling import chosen


@dataclass(frozen=True, slots=True)
class Silence:
    """A decision to live with what a rule finds, and why."""

    rule: str
    reason: str
    checkpoint: str = ""
    """Glob of the folders that it was meant for, empty for all."""


class Standing(StrEnum):
    """What a finding means for the verdict."""

    COUNTED = "counted"
    ELSEWHERE = "elsewhere"
    """It concerns only runtimes that are not judged."""
    SILENCED = "silenced"


def standing(found: Found, judged: Collection[Runtime], silenced: Collection[str]) -> Standing:
    """Decide what one finding means; no runtime in ``judged`` stands for all of them."""
    if found.rule in silenced:
        return Standing.SILENCED
    affects = found.finding.affects
    if judged and affects and set(affects).isdisjoint(judged):
        return Standing.ELSEWHERE
    return Standing.COUNTED


def standings(
    outcomes: Iterable[Outcome], judged: Collection[Runtime] = (), silenced: Collection[str] = ()
) -> Mapping[Standing, tuple[Found, ...]]:
    """Sort all findings by what they mean; each kind is ranked, the gravest first."""
    by_kind: dict[Standing, list[Found]] = {kind: [] for kind in Standing}
    for found in ranked(_weighed(outcome, judged) for outcome in outcomes):
        by_kind[standing(found, judged, silenced)].append(found)
    return {kind: tuple(found) for kind, found in by_kind.items()}


def only_noted(found: Collection[Found]) -> frozenset[str]:
    """Return the rules that found nothing graver than a note."""
    graver = {rule for rule, finding in found if finding.severity is not Severity.NOTE}
    return frozenset(rule for rule, _ in found) - graver


def _weighed(outcome: Outcome, judged: Collection[Runtime]) -> Outcome:
    """Return it with the severities that its findings have for who judges these runtimes."""

    def weighed(finding: Finding) -> Finding:
        only = judged and set(judged) <= set(finding.affects)
        return replace(finding, severity=finding.alone) if only and finding.alone else finding

    return replace(outcome, findings=tuple(map(weighed, outcome.findings)))


class Judging(NamedTuple):
    """The runtimes that are judged, and why where nobody named them and none is installed."""

    runtimes: tuple[Runtime, ...]
    reason: str = ""


def usual_runtimes(environment: Environment, saved_by: object = None) -> Judging:
    """Return what is judged unless told otherwise: the installed transformers, and bare loops.

    Where none is installed it is the one that saved the checkpoint, ``saved_by``, if it says so.
    """
    installed = environment.packages.get("transformers", "")
    if installed:
        return Judging((*_generate(installed), Runtime.FORWARD))
    generate = _generate(saved_by) if isinstance(saved_by, str) else GENERATE
    why = "both versions" if generate == GENERATE else "the version that saved it"
    reason = f"no transformers is installed here: judged for {why}"
    return Judging((*generate, Runtime.FORWARD), reason)


def _generate(version: str) -> tuple[Runtime, ...]:
    major, _, _ = version.partition(".")
    return {"4": GENERATE[:1], "5": GENERATE[1:]}.get(major, GENERATE)


def runtimes_named(names: Iterable[Runtime | str] | Runtime | str) -> tuple[Runtime, ...]:
    """Return the runtimes of ``names``, or of the only one; UsageError for what is none."""
    several = (names,) if isinstance(names, str) else tuple(names)
    return tuple(dict.fromkeys(Runtime(chosen(name, list(Runtime), "runtime")) for name in several))


def decided(silences: Iterable[Silence]) -> tuple[Silence, ...]:
    """Return ``silences``; UsageError for one of an unknown rule, or without a reason."""
    return tuple(map(_decided, silences))


def _decided(silence: Silence) -> Silence:
    try:
        rule = rule_named(silence.rule).id
    except UsageError as error:  # of which Python shows no hint
        raise UsageError(f"{error}. {error.hint}") from None
    if not silence.reason.strip():
        raise UsageError(f"{rule} is silenced without a reason")
    return replace(silence, rule=rule)


def elsewhere(finding: Finding, judged: Collection[Runtime]) -> str:
    """Name the runtimes of a finding that are not judged."""
    return ", ".join(runtime.label for runtime in finding.affects if runtime not in judged)
