"""Errors a person can act on. The message says what happened, the hint what to do next."""


class SlowlensError(Exception):
    """Something the user can fix."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class CheckpointError(SlowlensError):
    """A folder is not a readable checkpoint."""


class NoFolderError(CheckpointError):
    """There is no folder of the name that was given: its spelling is what to look at."""

    exit_code = 3


class JsonError(SlowlensError):
    """A JSON file cannot be read as what it should be."""


class StaleEditError(SlowlensError):
    """A file changed after it was read."""


class PatchError(SlowlensError):
    """A patch could not be written, or there is nothing to undo."""


class WorkerError(SlowlensError):
    """The measuring process failed, died or was out of memory."""


class RunFileError(SlowlensError):
    """A stored run cannot be read, or a run cannot be stored."""


class NoRunError(RunFileError):
    """No run, run file or baseline is named so, or several are: the name is what to look at."""

    exit_code = 3


class ResultFileError(SlowlensError):
    """The result file of a benchmark cannot be read, or is none."""


class NoResultFileError(ResultFileError):
    """There is no file of the name that was given: its spelling is what to look at."""

    exit_code = 3


class UsageError(SlowlensError, ValueError):
    """The command, or a function, was called wrongly."""

    exit_code = 3
