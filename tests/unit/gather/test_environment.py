import platform
from importlib import metadata

import pytest

from slowlens.facts.environment import PACKAGES
from slowlens.gather.environment import read_environment


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    versions: dict[str, str | None] = {}

    def version(name: str) -> str | None:
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(metadata, "version", version)
    return versions


def test_only_what_is_installed(installed: dict[str, str | None]) -> None:
    installed |= {"torch": "2.13.0+cpu", "numpy": "2.0", "transformers": None}
    found = read_environment()
    assert found.packages == {"torch": "2.13.0+cpu"}
    assert found.python == platform.python_version()
    assert platform.machine() in found.platform


def test_names_are_spelled_once() -> None:
    assert len(set(PACKAGES)) == len(PACKAGES)
    assert all(name == name.lower().replace("_", "-") for name in PACKAGES)
