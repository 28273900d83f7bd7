"""Versions of what matters for speed, without importing any of it.

importlib.metadata would tell the same, and cost a gate as much time as all its other work: the
names of the ``*.dist-info`` folders hold name and version.
https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

import os
import sys
from collections.abc import Iterator

from slowlens.facts.environment import PACKAGES, Environment

_ENDINGS = (".dist-info", ".egg-info")


def read_environment() -> Environment:
    """Read the versions of Python, the platform and the installed ``PACKAGES``."""
    versions: dict[str, str] = {}
    for folder in sys.path:
        for name, version in _installed(folder or os.curdir):
            versions.setdefault(name, version)
    return Environment(
        python=sys.version.partition(" ")[0],
        platform=_platform(),
        packages={name: versions[name] for name in PACKAGES if versions.get(name)},
    )


def _installed(folder: str) -> Iterator[tuple[str, str]]:
    """Yield name and version of each distribution; Debian adds the Python to an egg's version."""
    try:
        entries = os.listdir(folder)  # noqa: PTH208, pathlib takes longer than the listing
    except OSError:
        return
    for entry in entries:
        if entry.endswith(_ENDINGS):
            name, _, version = entry.rpartition(".")[0].partition("-")
            yield name.lower().replace("_", "-"), version.partition("-py")[0]


def _platform() -> str:
    if not hasattr(os, "uname"):
        import platform

        return f"{platform.system()} {platform.release()} {platform.machine()}"
    here = os.uname()
    return f"{here.sysname} {here.release} {here.machine}"
