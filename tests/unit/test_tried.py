"""A fix that was tried is for the files that were tried."""

import os
from pathlib import Path

import pytest

import builders
from slowlens.checking import check
from slowlens.errors import StaleEditError
from slowlens.tried import changed_since, require_as_tried


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return builders.checkpoint(tmp_path / "merged")


def test_the_same_files_are(root: Path) -> None:
    tried = check(root).merged
    (root / "notes.txt").write_text("mine")
    assert changed_since(tried, root) == ()
    require_as_tried(tried, root)


def test_what_was_edited_made_or_removed_is_named(root: Path) -> None:
    tried = check(root).merged
    with (root / "config.json").open("ab") as file:
        file.write(b"\n")
    builders.write_json(root / "preprocessor_config.json", {})
    (root / "generation_config.json").unlink()
    os.utime(root / "model.safetensors", (1, 1))
    changed = ("config.json", "generation_config.json", "model.safetensors")
    assert changed_since(tried, root) == (*changed, "preprocessor_config.json")
    with pytest.raises(StaleEditError, match=r"^config\.json, generation_config\.json, ") as caught:
        require_as_tried(tried, root)
    assert "Try the fix again" in caught.value.hint


def test_weights_that_are_gone_or_new_are_named(root: Path) -> None:
    tried = check(root).merged
    (root / "model.safetensors").rename(root / "other.safetensors")
    assert changed_since(tried, root) == ("model.safetensors", "other.safetensors")
