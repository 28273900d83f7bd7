"""Versions of what matters for speed, without importing any of it."""

import platform
from importlib import metadata

from slowlens.facts.environment import PACKAGES, Environment


def read_environment() -> Environment:
    """Read the versions of Python, the platform and the installed ``PACKAGES``."""
    versions = {name: _version(name) for name in PACKAGES}
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        packages={name: version for name, version in versions.items() if version},
    )


def _version(name: str) -> str:
    try:
        # metadata that was damaged by a broken install has no version
        return metadata.version(name) or ""
    except metadata.PackageNotFoundError:
        return ""
