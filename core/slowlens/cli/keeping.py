"""A run is kept: in the store, and in a file where one is named."""

from pathlib import Path

from slowlens.cli.output import write
from slowlens.cli.saying import tell
from slowlens.codec import encode
from slowlens.errors import RunFileError, SlowlensError
from slowlens.run import Run
from slowlens.store import default_store


def keep(result: Run, output: Path | None, *, shown: bool) -> None:
    """Write the run to ``output`` and into the store: what fails does not hinder the other."""
    try:
        if output is not None:
            write(encode(result), output)
            tell(f"run kept in {output}")
    finally:
        try:
            path = default_store().save(result)
            too = "" if output is None else ", too"
            tell(f"run kept in {path}{too}")
        except RunFileError as error:
            if output is None and not shown:
                raise
            warn(error)


def warn(error: SlowlensError) -> None:
    """Tell an error after which the command goes on."""
    tell(f"slowlens: warning: {error}")
    if error.hint:
        tell(f"  {error.hint}")
