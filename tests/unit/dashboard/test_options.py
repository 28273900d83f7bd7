from pathlib import Path

import pytest

from slowlens.errors import CheckpointError
from slowlens.places import demo_folder
from slowlens_dashboard.access.options import Options, options_from


def test_a_folder_below_a_root_is_allowed(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "m"
    folder.mkdir(parents=True)
    assert Options((tmp_path,)).allow(f" {folder} ") == folder


@pytest.mark.parametrize("text", ["{root}/../outside", "/etc", "{root}/link"])
def test_a_folder_elsewhere_is_refused_with_the_way_to_allow_it(tmp_path: Path, text: str) -> None:
    root = tmp_path / "root"
    (tmp_path / "outside").mkdir()
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(CheckpointError, match="outside the folders") as refused:
        Options((root,)).allow(text.format(root=root))
    assert "slowlens ui --root" in refused.value.hint


def test_a_folder_that_is_not_there_and_an_empty_text_are_explained(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="There is no folder"):
        Options((tmp_path,)).allow(str(tmp_path / "no"))
    with pytest.raises(CheckpointError, match="There is no folder") as refused:
        Options((tmp_path / "root",)).allow(str(tmp_path / "no"))
    assert "--root" not in refused.value.hint, "what is not there needs no permission"
    with pytest.raises(CheckpointError, match="outside the folders"):
        Options((tmp_path / "root",), confined=True).allow(str(tmp_path / "no"))
    with pytest.raises(CheckpointError, match="No checkpoint is chosen"):
        Options((tmp_path,)).allow("  ")


def test_a_misspelt_folder_is_recognised_and_none_outside_is_told_of(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    (root / "merged").mkdir(parents=True)
    with pytest.raises(CheckpointError) as refused:
        Options((root,)).allow(str(root / "mergd"))
    assert f"Did you mean {root / 'merged'}?" in refused.value.hint
    with pytest.raises(CheckpointError) as refused:
        Options((tmp_path / "run",)).allow(str(tmp_path / "run"))
    assert refused.value.hint.startswith("Check the spelling. ")


@pytest.mark.parametrize("text", ["~nosuchuser/x", "a\0b"])
def test_odd_text_is_no_path(tmp_path: Path, text: str) -> None:
    with pytest.raises(CheckpointError):
        Options((tmp_path,)).allow(text)


def test_options_cross_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = Options((Path("a"), Path("b")), merged=Path("elsewhere/m"), read_only=True)
    read = options_from(given.environment())
    assert read.read_only
    assert not options_from(Options(()).environment()).read_only
    assert read.merged == tmp_path / "elsewhere/m"
    assert read.source is None
    assert set(read.roots) == {tmp_path / "a", tmp_path / "b", tmp_path / "elsewhere/m"}
    assert options_from({}).roots == (tmp_path, demo_folder().resolve())


def test_a_model_of_the_hub_is_told_apart_from_a_misspelt_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match="org/name@v1 may be a model of the hub") as refused:
        Options((tmp_path,)).allow("org/name@v1")
    assert "slowlens check org/name@v1" in refused.value.hint
    assert "hf download org/name --revision v1 --local-dir name" in refused.value.hint
