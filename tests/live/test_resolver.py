"""The resolver against the library: random pairs of files, and what ``generate()`` really does.

A prediction of the effective settings is right when the lengths of the inputs that a real, tiny
model sees in its first steps, the parameters that ``generate()`` prepares, and the cache that a
bare forward returns, all agree with it.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from slowlens.facts.decoding.parameters import GENERATION_KEYS
from slowlens.facts.effective import as_ids, effective_settings
from slowlens.facts.runtimes import Runtime
from slowlens.facts.settings import Settings
from slowlens.gather.checkpoint import read_checkpoint
from slowlens.gather.defaults import read_defaults

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.live

MAJOR = int(transformers.__version__.split(".")[0])
GENERATE = Runtime.TRANSFORMERS_4 if MAJOR == 4 else Runtime.TRANSFORMERS_5
DEFAULTS = {major: read_defaults(major) for major in (4, 5)}
MASKED = (4, 55) <= tuple(map(int, transformers.__version__.split(".")[:2])) < (5, 0)
"""Qwen's vision configs of these versions hide config.json's own generation parameters."""
PAIRS_PER_FAMILY = 90
PROMPT = 4

TEXT = {
    "vocab_size": 64,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 64,
}


def llama() -> Any:
    return transformers.LlamaConfig(**TEXT)


def llava() -> Any:
    vision = transformers.CLIPVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        image_size=16, patch_size=8,
    )  # fmt: skip
    return transformers.LlavaConfig(
        vision_config=vision, text_config=transformers.LlamaConfig(**TEXT), image_token_index=63
    )


def qwen2_5_vl() -> Any:
    rope = {"type": "mrope", "rope_type": "default", "mrope_section": [2, 1, 1]}
    vision = {
        "depth": 1, "hidden_size": 16, "intermediate_size": 32, "num_heads": 2,
        "out_hidden_size": 16, "fullatt_block_indexes": [0],
    }  # fmt: skip
    text = TEXT | {"rope_scaling": rope}
    nested = {"text_config": text} if MAJOR == 5 else text
    return transformers.Qwen2_5_VLConfig(
        vision_config=vision,
        image_token_id=61,
        video_token_id=62,
        vision_start_token_id=60,
        **nested,
    )


FAMILIES = {"llama": llama, "llava": llava, "qwen2_5_vl": qwen2_5_vl}


@dataclass(frozen=True)
class Weights:
    """A tiny saved model, whose config the pairs vary."""

    folder: Path
    config: dict[str, Any]
    model_class: Any


@pytest.fixture(scope="module", params=FAMILIES)
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Weights:
    torch.set_num_threads(1)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    config = FAMILIES[request.param]()
    folder = tmp_path_factory.mktemp(request.param)
    kinds = {
        "llama": "LlamaForCausalLM",
        "llava": "LlavaForConditionalGeneration",
        "qwen2_5_vl": "Qwen2_5_VLForConditionalGeneration",
    }
    model_class = getattr(transformers, kinds[request.param])
    torch.manual_seed(0)
    model_class(config).save_pretrained(folder)
    values = json.loads((folder / "config.json").read_text())
    for part in (values, values.get("text_config", {})):
        for key in ("use_cache", "eos_token_id", "bos_token_id", "pad_token_id"):
            part.pop(key, None)
    return Weights(folder, values, model_class)


def put(values: dict[str, Any], key: str, choice: Any) -> None:
    if choice != "absent":
        values[key] = choice


def pairs(weights: Weights) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Yield config.json values and the text of generation_config.json, None for no file."""
    dice = random.Random(7)
    switch = ["absent", True, False]
    odd = [*switch * 6, None, "false"]
    for _ in range(PAIRS_PER_FAMILY):
        config = json.loads(json.dumps(weights.config))
        put(config, "use_cache", dice.choice(odd))
        put(config, "eos_token_id", dice.choice(["absent", 1, [1, 2]]))
        legacy = dice.choice(
            [
                "absent",
                "absent",
                ("repetition_penalty", 1.05),
                ("num_beams", 1),
                ("no_repeat_ngram_size", 2),
            ]
        )
        if legacy != "absent" and not (MASKED and "text_config" in config):
            put(config, *legacy)
        if "text_config" in config:
            put(config["text_config"], "use_cache", dice.choice(odd))
            put(config["text_config"], "eos_token_id", dice.choice(["absent", 3]))
        written: dict[str, Any] = {}
        put(written, "use_cache", dice.choice([*switch, *([None] * (dice.random() < 0.2))]))
        put(written, "eos_token_id", dice.choice(["absent", 1, [1, 2], None]))
        put(written, "repetition_penalty", dice.choice(["absent", "absent", 1.2]))
        put(written, "_from_model_config", dice.choice(["absent", True, True, False]))
        put(written, "max_length", dice.choice(["absent", 30]))
        text = dice.choice([json.dumps(written)] * 6 + [None, None, '{"use_cache": fal'])
        yield config, text


def write(folder: Path, weights: Weights, config: dict[str, Any], generation: str | None) -> Path:
    folder.mkdir()
    for shard in weights.folder.glob("*.safetensors"):
        (folder / shard.name).symlink_to(shard)
    (folder / "config.json").write_text(json.dumps(config))
    if generation is not None:
        (folder / "generation_config.json").write_text(generation)
    return folder


@dataclass
class Observed:
    lengths: list[int]
    prepared: Any
    forward_caches: bool
    model: Any


def observe(folder: Path, model_class: Any) -> Observed:
    model = model_class.from_pretrained(folder).eval()
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        forward_caches = getattr(model(input_ids=ids), "past_key_values", None) is not None
    lengths: list[int] = []
    prepared: list[Any] = []
    prepare = model._prepare_generation_config

    def spy(*args: Any, **kwargs: Any) -> Any:
        result = prepare(*args, **kwargs)
        prepared.append(result[0])
        return result

    model._prepare_generation_config = spy

    def count(_module: Any, args: Any, kwargs: Any) -> None:
        value = (
            kwargs.get("input_ids")
            if kwargs.get("input_ids") is not None
            else kwargs.get("inputs_embeds")
        )
        lengths.append((value if value is not None else args[0]).shape[1])

    model.register_forward_pre_hook(count, with_kwargs=True)
    model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=3, min_new_tokens=3, pad_token_id=0
    )
    return Observed(lengths, prepared[0], forward_caches, model)


def disagreements(settings: Settings, observed: Observed) -> Iterator[str]:
    cached = settings["use_cache"][GENERATE].value
    expected = [PROMPT, 1, 1] if cached else [PROMPT, PROMPT + 1, PROMPT + 2]
    if observed.lengths != expected:
        yield f"use_cache {cached}: input lengths {observed.lengths}"
    if settings["use_cache"][Runtime.FORWARD].value != observed.forward_caches:
        yield f"forward returns a cache: {observed.forward_caches}"
    ids = observed.prepared.eos_token_id
    ids = ids if isinstance(ids, (int, list, type(None))) else ids.tolist()
    if tuple(settings["eos_token_id"][GENERATE].value) != as_ids(ids):
        yield f"eos {settings['eos_token_id'][GENERATE].value}: {ids}"
    for key in set(GENERATION_KEYS) - {"max_new_tokens", "max_length"}:
        predicted, real = settings[key][GENERATE].value, getattr(observed.prepared, key, None)
        if predicted != real:
            yield f"{key} {predicted}: {real}"


def told(config: dict[str, Any], generation: str | None) -> str:
    parts = {"config": config, "text": config.get("text_config", {})}
    keys = ("use_cache", "eos_token_id", "repetition_penalty")
    said = {f"{n}.{k}": part[k] for n, part in parts.items() for k in keys if k in part}
    return f"{said}, generation_config.json {generation}"


def test_predictions_agree_with_the_library(weights: Weights, tmp_path: Path) -> None:
    wrong: list[str] = []
    outcomes: set[object] = set()
    for index, (config, generation) in enumerate(pairs(weights)):
        folder = write(tmp_path / str(index), weights, config, generation)
        settings = effective_settings(read_checkpoint(folder), DEFAULTS)
        predicted = settings["use_cache"][GENERATE]
        where = f"{index}: {told(config, generation)}"
        try:
            observed = observe(folder, weights.model_class)
        except Exception as error:  # noqa: BLE001 - that it fails is the observation
            outcomes.add("fails")
            if not predicted.fails:
                wrong.append(f"{where}: raised {type(error).__name__} {str(error)[:120]}")
            continue
        outcomes.add(predicted.value)
        if predicted.fails and not (MAJOR == 4 and observed.lengths[1] > 1):
            wrong.append(f"{where}: predicted a failure, ran {observed.lengths}")
            continue
        wrong += [f"{where}: {text}" for text in disagreements(settings, observed)]
    assert not wrong, "\n".join(wrong)
    assert {True, False} <= outcomes
