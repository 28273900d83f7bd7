"""A checkpoint into memory, exactly as its files ask for."""

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

from slowlens.errors import WorkerError
from slowlens.facts.live.measurement import LoadedModel
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Subject
from slowlens.frozen import dataclass
from slowlens.measure.plan import DEFAULT_PROMPT
from slowlens.measure.worker.arguments import forced
from slowlens.measure.worker.device import describe
from slowlens.measure.worker.meter import Meter, metered
from slowlens.measure.worker.prompt import Prompt, encode

_WEIGHTS = ("model*.safetensors", "*.safetensors", "*.bin")
_MAJOR = int(transformers.__version__.split(".")[0])


@dataclass(frozen=True, slots=True)
class Ready:
    """A model that can generate, its prompt, and what to report about both."""

    model: Any
    prompt: Prompt
    meter: Meter
    device: torch.device
    card: LoadedModel


def path_of(plan: Plan, subject: str) -> str:
    """Return the folder of ``subject``; WorkerError when it is none."""
    path = plan.source if subject is Subject.SOURCE else plan.merged
    if not path or not Path(path).is_dir():
        raise WorkerError(f"{subject}: {path} is not a folder", hint="Check the path.")
    return path


def size_of(path: str) -> int:
    """Return the bytes of the weights files that will be loaded."""
    sizes = (sum(f.stat().st_size for f in Path(path).glob(pattern)) for pattern in _WEIGHTS)
    return next(filter(None, sizes), 0)


def load(plan: Plan, subject: str, device: torch.device, notes: tuple[str, ...]) -> Ready:
    """Load the model and tokenize the prompt; ``notes`` go first into what is reported.

    ``dtype="auto"`` is named although transformers 5 defaults to it: version 4 would load
    everything as float32, and both checkpoints are to be compared alike.
    """
    path = path_of(plan, subject)
    began = time.perf_counter()
    model, missing = _model(path, device)
    seconds = time.perf_counter() - began
    vocabulary = model.get_input_embeddings().weight.shape[0]
    prompt = encode(path, plan.prompt or DEFAULT_PROMPT, vocabulary)
    card = LoadedModel(
        subject,
        path,
        seconds,
        describe(device),
        str(model.dtype).removeprefix("torch."),
        attention(model),
        sum(parameter.numel() for parameter in model.parameters()),
        len(missing),
        notes + prompt.notes + forced(model.generation_config)[1],
    )
    return Ready(model, prompt, metered(model), device, card)


def attention(model: Any) -> str:  # noqa: ANN401
    """Return the attention that the text layers really use; the top config may say otherwise."""
    text = model.config.get_text_config()
    configs = [
        module.config
        for module in model.modules()
        if "Attention" in type(module).__name__ and hasattr(module, "config")
    ]
    of_text = [config for config in configs if config.model_type == text.model_type]
    config = next(iter(of_text + configs), text)
    return str(getattr(config, "_attn_implementation", None) or "")


def _model(path: str, device: torch.device) -> tuple[Any, Collection[str]]:
    settings: dict[str, Any] = {"dtype" if _MAJOR > 4 else "torch_dtype": "auto"}
    if device.type != "cpu":
        settings["device_map"] = {"": device}
    for kind in _classes(path):
        try:
            model, info = kind.from_pretrained(
                path, trust_remote_code=False, output_loading_info=True, **settings
            )
        except ValueError as error:
            if "Unrecognized configuration class" in str(error):
                continue
            raise
        return model.eval(), _missing(info)
    raise WorkerError(
        f"no class of transformers {transformers.__version__} generates text with {path}",
        hint="Check model_type and architectures in its config.json.",
    )


def _classes(path: str) -> list[Any]:
    """Return the classes to try: text first, then composite, then what config.json names."""
    config = AutoConfig.from_pretrained(path, trust_remote_code=False)
    named = (getattr(transformers, name, None) for name in config.architectures or ())
    generating = (kind for kind in named if kind is not None and kind.can_generate())
    return [AutoModelForCausalLM, AutoModelForImageTextToText, *generating]


def _missing(info: Mapping[str, Collection[str]]) -> Collection[str]:
    return info["missing_keys"]
