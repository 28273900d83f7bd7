"""Names of findings in addresses, and what became of the one that an address names.

A name is that of the rule: ``attn-eager``; the second finding of one rule is ``attn-eager.2``.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from slowlens.diagnose import Found, Outcome, Status
from slowlens.run import Run
from slowlens.standing import Standing
from slowlens_dashboard.pair import Pair

QUERY, FIX = "finding", "fix"
"""Parts of an address: a finding's name, and that of one that a fix removes."""
LONGEST = 100
"""Characters of a name that somebody may have made up."""


class Gone(NamedTuple):
    """Why an address leads to no finding. Plain text."""

    title: str
    told: str


def name_of(found: Found, run: Run) -> str:
    """Return the name of a finding of ``run``, whatever is judged or silenced."""
    alike = [f for o in run.outcomes if o.rule == found.rule for f in o.findings]
    number = next((n for n, f in enumerate(alike, 1) if f is found.finding), 1)
    return found.rule if number == 1 else f"{found.rule}.{number}"


def finding_of(name: str, run: Run) -> Found | None:
    """Return the finding of that name, None without one."""
    return next((found for found in _all(run) if name_of(found, run) == name), None)


def gone(name: str, run: Run, titles: Mapping[str, str]) -> Gone:
    """Say why ``run`` has no finding of that name; ``titles`` of rules by their ids."""
    rule, _, number = name[:LONGEST].partition(".")
    outcome = next((o for o in run.outcomes if o.rule == rule), None)
    if rule not in titles:
        return Gone(
            f"The link names a rule that this Slowlens does not know: {name[:LONGEST]}.",
            "It may have been cut, or made by another version. All findings are below.",
        )
    title = titles[rule]
    if outcome is None or outcome.status in (Status.SKIPPED, Status.CRASHED):
        return Gone(
            f"The link leads to “{title}”, which was not checked here.",
            _unchecked(outcome),
        )
    if outcome.findings:
        times = len(outcome.findings)
        return Gone(
            f"The link leads to number {number} of “{title}”, which is no longer there.",
            f"The rule finds {times} now: the files have changed since, or it was fixed.",
        )
    return Gone(
        f"The link leads to “{title}”, which is no longer found here.",
        "The files have changed since the link was made, or it was fixed. A link that was made on"
        " the page of a run still opens what that run found.",
    )


def of_pair(name: str, pair: Pair, judged: str) -> dict[str, str]:
    """Return the query of a finding of the files of ``pair``."""
    return pair.query | ({"runtime": judged} if judged else {}) | {QUERY: name}


def of_run(name: str, run: Run) -> dict[str, str]:
    """Return the query of a finding of a kept run, whatever became of the files."""
    return {"run": run.id, QUERY: name}


def _all(run: Run) -> Iterator[Found]:
    for kind in Standing:
        yield from run.standings[kind]


def _unchecked(outcome: Outcome | None) -> str:
    if outcome is None:
        return "This run is older than the rule."
    if outcome.status is Status.CRASHED:
        return f"The rule failed: {outcome.reason}."
    return f"Not checked: {outcome.reason}."
