"""The worker on checkpoints, settings and devices that do not work."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from slowlens.errors import WorkerError
from slowlens.facts.live.trial import Cache, Purpose

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from live import tiny  # noqa: E402
from live.measuring import events_of, find, measured, plan  # noqa: E402

V4 = transformers.__version__.startswith("4.")


def test_without_a_tokenizer_tokens_are_made_up(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    (folder / "tokenizer.json").unlink()
    found = measured(plan(folder))
    timed = find(found, Cache.ON)
    assert timed.prompt_tokens == 200
    assert timed.text == ""
    assert "made-up tokens" in found.models[0].notes[0]


def test_a_tokenizer_that_is_too_large_is_not_used(tmp_path: Path) -> None:
    found = measured(plan(tiny.llama(tmp_path, {}, vocab_size=100, pad_token_id=0)))
    assert "more tokens than the model" in found.models[0].notes[0]


def test_missing_tensors_are_counted(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    safetensors = pytest.importorskip("safetensors.torch")
    file = folder / "model.safetensors"
    tensors = safetensors.load_file(file)
    renamed = {f"base_model.model.{name}": tensor for name, tensor in tensors.items()}
    safetensors.save_file(renamed, file, {"format": "pt"})
    (model,) = measured(plan(folder)).models
    assert model.missing == len(tensors)


def edit(folder: Path, file: str, **values: Any) -> None:
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def truncated_weights(folder: Path) -> None:
    os.truncate(folder / "model.safetensors", 5)


def no_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def unknown_type(folder: Path) -> None:
    edit(folder, "config.json", model_type="unheard_of")


def own_code(folder: Path) -> None:
    edit(
        folder,
        "config.json",
        model_type="theirs",
        auto_map={"AutoConfig": "theirs.C", "AutoModelForCausalLM": "theirs.M"},
    )


def no_text_model(folder: Path) -> None:
    edit(folder, "config.json", model_type="vit", architectures=["ViTModel"])


def refused_setting(folder: Path) -> None:
    edit(folder, "generation_config.json", cache_implementation="offloaded")


@pytest.mark.parametrize(
    ("spoil", "message", "hint"),
    [
        (no_weights, "loading merged .*no file named", "no weights"),
        (truncated_weights, "loading merged", "damaged"),
        (no_config, "loading merged", ""),
        (unknown_type, "unheard_of", "model_type"),
        (own_code, "loading merged", "own code"),
        (no_text_model, "no class of transformers .* generates text", "config.json"),
    ],
)
def test_a_broken_checkpoint(spoil: Any, message: str, hint: str, tmp_path: Path) -> None:
    spoil(tiny.llama(tmp_path, {}))
    with pytest.raises(WorkerError, match=message) as caught:
        events_of(plan(tmp_path))
    assert "\n" not in str(caught.value)
    assert hint in caught.value.hint
    assert caught.value.hint


@pytest.mark.skipif(V4, reason="transformers 4 does not validate types")
def test_a_value_of_the_wrong_type(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    edit(folder, "config.json", use_cache="false")
    with pytest.raises(WorkerError, match="use_cache") as caught:
        events_of(plan(folder))
    assert "wrong type" in caught.value.hint


@pytest.mark.skipif(not V4, reason="transformers 5 reads null as the default")
def test_a_null_cache_breaks_transformers_4(tmp_path: Path) -> None:
    found = measured(plan(tiny.llama(tmp_path, {"use_cache": None})))
    assert {f.trial.cache for f in found.failures} == {Cache.AS_SHIPPED}
    assert find(found, Cache.ON).cached


def test_settings_that_are_refused_fail_their_trials_and_no_others(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    refused_setting(folder)
    found = measured(plan(folder))
    assert find(found, Cache.OFF).recomputes
    assert {f.trial.cache for f in found.failures} >= {Cache.AS_SHIPPED, Cache.ON}
    timed = [f for f in found.failures if f.trial.purpose is Purpose.SPEED]
    assert len(timed) == 2
    assert all("generation_config.json" in f.hint for f in timed)
    assert all("generating with merged" in f.message for f in timed)


def test_an_impossible_device(tmp_path: Path) -> None:
    folder = tiny.llama(tmp_path, {})
    for device in ("cuda:77", "no-such-device"):
        with pytest.raises(WorkerError, match=device) as caught:
            events_of(plan(folder, device=device))
        assert "--device cpu" in caught.value.hint
