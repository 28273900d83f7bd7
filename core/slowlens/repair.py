"""Which fixes of a run to apply together."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from slowlens.findings import Applicability, Edit, Finding, Fix
from slowlens.frozen import dataclass, replace
from slowlens.jsonvalue import same
from slowlens.run import Run
from slowlens.standing import Standing, elsewhere


class Chosen(NamedTuple):
    """A fix to apply, and the rule that offers it."""

    rule: str
    fix: Fix


class LeftOut(NamedTuple):
    """A fix that is not applied: one sentence that names it and says why."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Repair:
    """The fixes of a run that go together, and those that were left out."""

    chosen: tuple[Chosen, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def titles(self) -> tuple[str, ...]:
        """Titles of the chosen fixes, each once."""
        return tuple(dict.fromkeys(fix.title for _, fix in self.chosen))

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Edits of the chosen fixes, each once."""
        edits: list[Edit] = []
        for _, fix in self.chosen:
            edits += [edit for edit in fix.edits if not any(_equal(edit, e) for e in edits)]
        return tuple(edits)


def fixes(
    run: Run, *, unsafe: bool, rules: Collection[str] | None = None, others: bool = True
) -> Repair:
    """Choose the fixes of ``rules``, or of all; of two that disagree the first one wins.

    Without ``others``, what concerns only runtimes that are not judged is left out.
    """
    chosen: list[Chosen] = []
    left_out: list[tuple[LeftOut, Fix]] = []
    silenced = {silence.rule: silence.reason for silence in run.silences}
    foreign = {} if others else _foreign(run)
    for rule, finding, fix in _offered(run, rules):
        reason = f"this is silenced. {silenced[rule]}" if rule in silenced else ""
        reason = reason or foreign.get(id(finding), "")
        reason = reason or _objection(fix, unsafe=unsafe) or _conflict(fix, chosen)
        if reason:
            left_out.append((LeftOut(rule, f"{fix.title}: {reason}"), fix))
        elif (one := Chosen(rule, fix)) not in chosen:
            chosen.append(one)
    done = [fix for _, fix in chosen]
    without = dict.fromkeys(left for left, fix in left_out if fix not in done)
    return Repair(tuple(chosen), tuple(without))


def _offered(run: Run, rules: Collection[str] | None) -> Iterator[tuple[str, Finding, Fix]]:
    for outcome in run.outcomes:
        if rules is None or outcome.rule in rules:
            for finding in outcome.findings:
                if finding.fix is not None:
                    yield outcome.rule, finding, finding.fix


def _foreign(run: Run) -> Mapping[int, str]:
    """Say of findings, by their ``id()``, that they concern only runtimes that are not judged.

    Those of one rule with the same fix are told alike: all their runtimes at once.
    """
    there = run.standings[Standing.ELSEWHERE]
    told: dict[int, str] = {}
    for rule, finding in there:
        alike = [f.affects for r, f in there if (r, f.fix) == (rule, finding.fix)]
        names = tuple(dict.fromkeys(name for names in alike for name in names))
        flags = " or ".join(f"--runtime {name}" for name in names)
        where = elsewhere(replace(finding, affects=names), run.judged)
        told[id(finding)] = f"it concerns only {where}. For that, add {flags}."
    return told


def _objection(fix: Fix, *, unsafe: bool) -> str:
    if fix.applicability is Applicability.MANUAL:
        objection = "this is to be done by hand."
    elif fix.applicability is Applicability.UNSAFE and not unsafe:
        objection = "this changes what the model writes."
    elif not fix.edits:
        objection = "no edit of a JSON file does this."
    else:
        return ""
    return f"{objection} {fix.reason}".rstrip()


def _conflict(fix: Fix, chosen: Iterable[Chosen]) -> str:
    for rule, other in chosen:
        for mine in fix.edits:
            for theirs in other.edits:
                if _overlap(mine, theirs) and not _equal(mine, theirs):
                    key = ".".join(theirs.pointer)
                    return f"{rule} wants {key} of {mine.file} otherwise, and comes first."
    return ""


def _overlap(one: Edit, other: Edit) -> bool:
    shared = min(len(one.pointer), len(other.pointer))
    return one.file == other.file and one.pointer[:shared] == other.pointer[:shared]


def _equal(one: Edit, other: Edit) -> bool:
    there = one.file == other.file and one.pointer == other.pointer
    return there and same(one.after, other.after)
