"""One model in memory stands for several folders: against a real ``from_pretrained`` of each."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from live.tiny import llama, llava  # noqa: E402
from slowlens.measure.sharing import shares_weights  # noqa: E402
from slowlens.measure.worker.settings_swap import generation_config_of  # noqa: E402

pytestmark = pytest.mark.live

MAJOR = int(transformers.__version__.split(".")[0])
SAMPLED = {"do_sample": True, "temperature": 0.6, "top_p": 0.9, "eos_token_id": [258, 256]}
OLD: dict[str, Any] = {"use_cache": False, "eos_token_id": 258, "repetition_penalty": 1.3}
"""What the model was loaded with: none of it may show through."""

GENERATION: dict[str, dict[str, Any] | None] = {
    "none": None,
    "cache off": {"use_cache": False},
    "cache on": {"use_cache": True, "eos_token_id": 258},
    "empty": {},
    "sampling": SAMPLED,
    "static": {"cache_implementation": "static"},
    "marked": {"_from_model_config": True, "use_cache": False, "transformers_version": "4.52.4"},
}
CONFIG: dict[str, dict[str, Any]] = {
    "as it was": {},
    "cache off": {"use_cache": False},
    "eos": {"eos_token_id": 256},
    "parameter": {"repetition_penalty": 1.05},
}


@pytest.fixture(scope="module", params=[llama, llava], ids=["text", "nested"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    folder = request.param(tmp_path_factory.mktemp("shared") / "model", OLD)
    config = json.loads((folder / "config.json").read_text())
    config["repetition_penalty"] = 1.2  # transformers 4 goes by the model's own config
    (folder / "config.json").write_text(json.dumps(config))
    return folder, load(folder)


def load(folder: Path) -> Any:
    config = json.loads((folder / "config.json").read_text())
    kind = getattr(transformers, config["architectures"][0])
    return kind.from_pretrained(folder)


def double(shared: Path, into: Path, config: dict[str, Any], generation: Any) -> Path:
    """Link the weights; ``config`` goes to the top and, but for parameters, into its text part."""
    into.mkdir()
    (into / "model.safetensors").symlink_to(shared / "model.safetensors")
    written = json.loads((shared / "config.json").read_text())
    del written["repetition_penalty"]
    nested = written.get("text_config")
    written |= {} if nested and "use_cache" in config else config
    if nested and "repetition_penalty" not in config:
        nested |= config
    (into / "config.json").write_text(json.dumps(written))
    if generation is not None:
        (into / "generation_config.json").write_text(json.dumps(generation))
    return into


def prepared(model: Any) -> dict[str, Any]:
    """Return what ``generate()`` goes by in the end; the marks say only how it came about."""
    values: dict[str, Any] = model._prepare_generation_config(None)[0].to_dict()
    return {key: value for key, value in values.items() if key != "_from_model_config"}


@pytest.mark.parametrize("config", CONFIG)
@pytest.mark.parametrize("generation", GENERATION)
def test_settings_are_those_of_a_real_load(
    shared: Any, tmp_path: Path, config: str, generation: str
) -> None:
    folder, model = shared
    own = model.generation_config
    other = double(folder, tmp_path / "double", CONFIG[config], GENERATION[generation])
    assert shares_weights(folder, other)
    found = generation_config_of(model, str(other))
    assert model.generation_config is own
    real = load(other)
    loaded = real.generation_config.to_dict()
    if not loaded.get("_from_model_config"):
        assert found.to_dict() == loaded
    model.generation_config = found
    try:
        assert prepared(model) == prepared(real)
    finally:
        model.generation_config = own
    assert model.generation_config.repetition_penalty == 1.3


def answers(model: Any, **told: Any) -> Iterator[list[int]]:
    ids = torch.arange(1, 9)[None]
    for length in (4, 6):
        yield model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=length, **told
        )[0].tolist()


def test_a_shared_model_caches_as_the_other_folder_asks(shared: Any, tmp_path: Path) -> None:
    folder, model = shared
    other = double(folder, tmp_path / "double", {}, {"use_cache": True})
    lengths: list[int] = []
    prepare = model.prepare_inputs_for_generation
    own = model.generation_config

    def counted(*args: Any, **kwargs: Any) -> Any:
        inputs = prepare(*args, **kwargs)
        lengths.append(inputs["input_ids"].shape[1])
        return inputs

    model.prepare_inputs_for_generation = counted
    try:
        list(answers(model, eos_token_id=None))
        uncached, lengths[:] = list(lengths), []
        model.generation_config = generation_config_of(model, str(other))
        list(answers(model, eos_token_id=None))
    finally:
        model.generation_config, model.prepare_inputs_for_generation = own, prepare
    assert uncached == [8, 9, 10, 11, 8, 9, 10, 11, 12, 13]
    assert lengths == [8, 1, 1, 1, 8, 1, 1, 1, 1, 1]
