"""``slowlens export``: fixes leave the checkpoint as it is, and come in a form to carry away."""

import json
import zipfile
from pathlib import Path

import pytest

import builders
from slowlens.cli import main


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    generation = {"use_cache": False, "eos_token_id": 2}
    return builders.checkpoint(tmp_path / "merged", {"use_cache": False}, generation)


def slowlens(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_patched_copy(slow: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(slow)
    to = tmp_path / "fixed"
    assert slowlens("export", slow, "--to", to) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"Made {to}: Turn the key-value cache on; its weights are links to ")
    assert text.endswith(f"To check it: slowlens check {to}\n")
    assert (to / "model.safetensors").is_symlink()
    assert contents(slow) == before
    assert slowlens("export", to, "--as", "diff") == 2
    assert "There is no fix to export." in capsys.readouterr().err


def test_a_copy_that_stands_alone(
    slow: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert slowlens("export", slow, "--to", tmp_path / "fixed", "--copy") == 0
    told = capsys.readouterr()
    assert "its weights are copied" in told.out
    assert "fixed: copied " in told.err
    assert not any(path.is_symlink() for path in (tmp_path / "fixed").iterdir())
    assert slowlens("export", slow, "--to", tmp_path / "fixed") == 2


def test_files(slow: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for name in ("diff", "json-patch", "python", "zip"):
        file = tmp_path / name
        assert slowlens("export", slow, "--as", name, "-o", file) == 0
        assert capfdbinary.readouterr().out.startswith(b"Wrote ")
        assert slowlens("export", slow, "--as", name) == 0
        assert capfdbinary.readouterr().out == file.read_bytes()
    assert b"generation_config.json" in (tmp_path / "diff").read_bytes()
    assert "config.json" in json.loads((tmp_path / "json-patch").read_bytes())
    assert "config.json" in zipfile.ZipFile(tmp_path / "zip").namelist()


def test_only_some_fixes(slow: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert slowlens("export", slow, "--as", "json-patch", "--rule", "gen-use-cache-false") == 0
    patches = json.loads(capfdbinary.readouterr().out)
    assert all(one["path"] == "/use_cache" for ops in patches.values() for one in ops)
    assert slowlens("export", slow, "--as", "diff", "--rule", "nosuch") == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--to", "x", "-o", "y"), "-o is for --as."),
        (("--as", "diff", "--copy"), "--link and --copy are for --to."),
        (("--pull-request", "-o", "y"), "-o is for --as."),
        (("--as", "diff", "--send"), "--send is for --pull-request."),
    ],
)
def test_contradictions(
    slow: Path, options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert slowlens("export", slow, *options) == 3
    assert message in capsys.readouterr().err


def test_a_link_is_refused_and_the_offer_works(
    slow: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    for blob in slow.iterdir():
        (snapshot / blob.name).symlink_to(blob)
    before = contents(slow)
    assert slowlens("fix", snapshot, "--apply") == 2
    error = capsys.readouterr().err
    assert "is a link to" in error
    command = error.split("slowlens export ")[1].split()
    command[command.index("FOLDER")] = str(tmp_path / "fixed")
    assert slowlens("export", *command) == 0
    assert slowlens("check", tmp_path / "fixed") == 0
    assert contents(slow) == contents(snapshot) == before
