"""Facts made by hand, without files."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from slowlens.facts.checkpoint import (
    CONFIG,
    GENERATION_CONFIG,
    Adapter,
    Checkpoint,
    ConfigFile,
    Tensor,
    Tokenizer,
)
from slowlens.facts.environment import Device, Environment
from slowlens.facts.live.equality import Agreement, Equality
from slowlens.facts.live.measurement import LoadedModel, Measurement, Status
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.timing import Generation, Step
from slowlens.facts.live.trial import Cache, Finish, Purpose, Subject, Trial
from slowlens.facts.reading import Merged, Source, reading
from slowlens.gather.defaults import read_defaults

DEFAULTS = {4: read_defaults(4), 5: read_defaults(5)}
CHAT = Tokenizer({"<|im_end|>": 2, "<|endoftext|>": 0}, "<|im_end|>", "{{ m }}<|im_end|>")

NO_TOKENIZER = Tokenizer()

Values = Mapping[str, Any]


def checkpoint(
    config: Values | None, generation: Values | None = None, tokenizer: Tokenizer = NO_TOKENIZER
) -> Checkpoint:
    """A llama checkpoint with these files; None leaves a file out."""
    files = {CONFIG: config, GENERATION_CONFIG: generation}
    configs = {
        name: ConfigFile(name, {"model_type": "llama", **values} if name == CONFIG else values, "")
        for name, values in files.items()
        if values is not None
    }
    return Checkpoint(Path("x"), dict.fromkeys(configs, 1), configs=configs, tokenizer=tokenizer)


def merged(*args: Any, **kwargs: Any) -> Merged:
    return reading(Merged, checkpoint(*args, **kwargs), DEFAULTS)


def source(*args: Any, **kwargs: Any) -> Source:
    return reading(Source, checkpoint(*args, **kwargs), DEFAULTS)


def generation(
    *seconds: float,
    subject: Subject = Subject.MERGED,
    cache: Cache = Cache.AS_SHIPPED,
    purpose: Purpose = Purpose.SPEED,
    cached: bool = True,
    finish: Finish = Finish.LENGTH,
) -> Generation:
    """A generation from a prompt of ten tokens whose steps took these seconds."""
    steps = tuple(
        Step(i, s, 10 if i == 0 else 1 if cached else 10 + i, 7) for i, s in enumerate(seconds)
    )
    trial = Trial(subject, cache, purpose, len(seconds))
    return Generation(trial, 10, steps, sum(seconds), finish, "text")


def probe(
    ahead: int,
    *seconds: float,
    prompt: int = 10,
    cache: Cache = Cache.AS_SHIPPED,
    number: int = 0,
    finish: Finish = Finish.LENGTH,
) -> Generation:
    """A run that recomputes, ``ahead`` tokens into its answer: steps of 0.2 s, or as given."""
    taken = seconds or (0.2, 0.2)
    found = generation(*taken, cache=cache, purpose=Purpose.CURVE, cached=False, finish=finish)
    steps = tuple(replace(step, tokens_in=prompt + ahead + step.index) for step in found.steps)
    trial = replace(found.trial, ahead=ahead, round=number)
    return replace(found, trial=trial, steps=steps, prompt_tokens=prompt + ahead)


def measurement(*generations: Generation, status: Status = Status.DONE) -> Measurement:
    device = Device("cpu", "a processor", threads=1)
    model = LoadedModel(Subject.MERGED, "/m", 1.0, device, "bfloat16", "sdpa", 1000)
    environment = Environment("3.12", "Linux", {"transformers": "5.23.0", "torch": "2.13.0"})
    plan = Plan("/m", prompt="hello", new_tokens=4)
    return Measurement(plan, status, (model,), generations, environment)


def equality(
    cached: float = 0.0,
    floor: float = 0.0,
    prefill: float = 0.0,
    dtype: str = "float32",
    subject: str = Subject.MERGED,
) -> Equality:
    """A comparison over 32 tokens with the same divergence, in nats, at each position."""
    one, two, three = (Agreement(kl, kl, 0, 0.0, kl, kl) for kl in (cached, floor, prefill))
    return Equality(subject, "llama", dtype, 32, one, two, three)


LORA: Values = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "base_model_name_or_path": "org/base"}
LORA_TENSORS = {
    "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight": (4, 8),
    "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight": (8, 4),
}


def adapter(
    config: Values | None = LORA,
    tensors: Mapping[str, tuple[int, ...]] = LORA_TENSORS,
    folder: str = "",
    files: tuple[str, ...] = ("adapter_config.json", "adapter_model.safetensors"),
) -> Adapter:
    """A LoRA adapter for one projection of eight rows and columns."""
    paths = tuple(f"{folder}/{file}".removeprefix("/") for file in files)
    found = tuple(Tensor(name, "F32", shape, 0, paths[-1]) for name, shape in tensors.items())
    return Adapter(folder, paths, config, found)


def loaded(subject: str = Subject.MERGED, **changes: Any) -> LoadedModel:
    """A model in memory, by default like that of ``measurement``, with a tokenizer."""
    kind = changes.pop("device", "cpu")
    given = {"dtype": "bfloat16", "attention": "sdpa", "parameters": 1000, "thinks": False}
    return LoadedModel(subject, f"/{subject[0]}", 1.0, Device(kind, "a device"), **given | changes)
