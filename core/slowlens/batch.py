"""Checkpoints that were checked side by side, and what the gate says of them together."""

from collections.abc import Iterable

from slowlens.diagnose import Status
from slowlens.findings import Severity
from slowlens.frozen import dataclass
from slowlens.gate import ExitCode, exit_code
from slowlens.run import Run
from slowlens.standing import Silence


@dataclass(frozen=True, slots=True)
class Broken:
    """What was named as a checkpoint and could not be read as one."""

    path: str
    """The whole path, or the id of a model of the hub."""
    message: str
    hint: str
    silences: tuple[Silence, ...] = ()
    """The silences that cover it: whether they silence something cannot be told."""
    source: str = ""
    """The path or id of what it was to be compared with."""
    code: ExitCode = ExitCode.UNCHECKED
    """What the shell would be told of it alone."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The results of one call, in the order in which they were asked for."""

    results: tuple[Run | Broken, ...]
    fail_on: Severity = Severity.ERROR
    root: str = ""
    """The working directory, which paths in reports are relative to."""
    silences: tuple[Silence, ...] = ()
    """Those that should have silenced something here."""
    judging: tuple[str, ...] = ()
    """The options that a command has to repeat in order to judge in the same way."""
    reading: tuple[str, ...] = ()
    """Those about what is read, which only check takes."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """The checkpoints that could be read."""
        return tuple(result for result in self.results if isinstance(result, Run))

    @property
    def broken(self) -> tuple[Broken, ...]:
        """Those that could not."""
        return tuple(result for result in self.results if isinstance(result, Broken))

    @property
    def exit_code(self) -> ExitCode:
        """What the shell is told: a finding anywhere, else what is not there, else is unchecked."""
        codes = {self.code(result) for result in self.results}
        for code in (ExitCode.FOUND, ExitCode.USAGE, ExitCode.UNCHECKED):
            if code in codes:
                return code
        return ExitCode.CLEAN

    @property
    def idle(self) -> tuple[Silence, ...]:
        """The silences that silenced nothing, as far as the rules could be asked."""
        return tuple(
            silence
            for silence in self.silences
            if not any(silence in r.silences and _may_find(r, silence.rule) for r in self.results)
        )

    def code(self, result: Run | Broken) -> ExitCode:
        """Return what the shell would be told of one result alone."""
        return result.code if isinstance(result, Broken) else exit_code(result, self.fail_on)

    def fails(self, severity: Severity) -> bool:
        """Whether a finding that is so grave fails the gate."""
        return severity.rank >= self.fail_on.rank


def _may_find(result: Run | Broken, rule: str) -> bool:
    """Whether a rule found something, or could not be asked."""
    if isinstance(result, Broken):
        return True
    return any(o.rule == rule and o.status is not Status.PASSED for o in result.outcomes)


def batch(results: "Run | Batch | Iterable[Run]") -> Batch:
    """Return what a report renders: one run alone, several, or a whole batch."""
    match results:
        case Batch():
            return results
        case Run():
            return Batch((results,))
        case _:
            return Batch(tuple(results))
