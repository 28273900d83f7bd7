"""Where the worker runs."""

import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

import torch

from slowlens.facts.environment import PACKAGES, Environment


def environment() -> Environment:
    """Return the versions that matter for speed."""
    packages = {"torch": torch.__version__}
    if torch.version.cuda:
        packages["cuda"] = torch.version.cuda
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            # metadata that was damaged by a broken install has no version
            packages.setdefault(name, version(name) or "")
    return Environment(
        platform.python_version(), platform.platform(), {n: v for n, v in packages.items() if v}
    )
