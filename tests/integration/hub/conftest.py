"""A model on a hub of this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import builders
from hub import ID, Hub, point, serving
from slowlens.gather.hub import client

SLOW = {"use_cache": False, "_from_model_config": True, "eos_token_id": 2}
BIG = {f"model.layers.{n}.weight": ("BF16", (1000, 1000)) for n in range(100)}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return builders.checkpoint(tmp_path / "served", {"use_cache": False}, SLOW, tensors=BIG)


@pytest.fixture
def hub(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.chdir(tmp_path)
    with serving(Hub({ID: model})) as served:
        point(monkeypatch, served.url)
        monkeypatch.setenv("SLOWLENS_HOME", str(tmp_path / "slowlens"))
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 2)
        monkeypatch.setattr(client, "_WAITS", (0.0,))
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield served
