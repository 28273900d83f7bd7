"""How a child process can fail, told to a person."""

from slowlens.errors import WorkerError

_KILLED = -9
_LAST_LINES = 3


def unstartable(name: str, error: OSError, program: str) -> WorkerError:
    """Return the error of a child that never ran."""
    return WorkerError(
        f"{name} could not be started: {error}", hint=f"Check that {program} can be run."
    )


def hung(name: str, silence: float) -> WorkerError:
    """Return the error of a child without a line for ``silence`` seconds."""
    return WorkerError(
        f"{name} said nothing for {silence:g} seconds and was stopped",
        hint="Look for what keeps the device or the disk busy, or ask for less: "
        "a shorter prompt, fewer tokens, a smaller checkpoint.",
    )


def died(name: str, code: int, stderr: bytes, program: str) -> WorkerError:
    """Return the error of a child that ended with ``code``, negative for a signal."""
    if code == _KILLED:
        return WorkerError(
            f"{name} was killed (signal 9): most likely the system ran out of memory",
            hint="Close other programs, take a machine with more memory, or a smaller checkpoint.",
        )
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return WorkerError(
        f"{name} ended with {how}{_last_words(stderr)}",
        hint=f"Check that what it needs can be imported by {program}.",
    )


def _last_words(stderr: bytes) -> str:
    """Return the last lines; those of a progress bar count as lines."""
    text = stderr.decode(errors="replace").replace("\r", "\n")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return ": " + " / ".join(lines[-_LAST_LINES:]) if lines else ""
