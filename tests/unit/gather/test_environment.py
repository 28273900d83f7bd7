import platform
from importlib import metadata

import pytest

from slowlens.gather import environment
from slowlens.gather.environment import installed_transformers_major, read_environment


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


@pytest.mark.parametrize(
    ("version", "major"),
    [("4.51.3", 4), ("5.0.0rc1", 5), ("5.23.0.dev0", 5), ("", None), (None, None)],
)
def test_major(installed: dict[str, str | None], version: str | None, major: int | None) -> None:
    installed["transformers"] = version
    assert installed_transformers_major() == major


def test_no_transformers(installed: dict[str, str | None]) -> None:
    assert installed_transformers_major() is None


def test_names_are_spelled_once() -> None:
    assert len(set(environment.PACKAGES)) == len(environment.PACKAGES)
    assert all(name == name.lower().replace("_", "-") for name in environment.PACKAGES)
