"""A checkpoint into memory, ready to generate, with what there is to say of it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from slowlens.errors import WorkerError
from slowlens.facts.live.measurement import LoadedModel
from slowlens.facts.live.plan import Plan
from slowlens.facts.live.trial import Subject
from slowlens.frozen import dataclass, replace
from slowlens.measure.worker.arguments import forced
from slowlens.measure.worker.device import describe, memory_by_device
from slowlens.measure.worker.meter import Meter
from slowlens.measure.worker.metered import metered
from slowlens.measure.worker.opening import Opened, opened
from slowlens.measure.worker.prompt import Prompt, prompt_of
from slowlens.measure.worker.weighing import placed, weight

_NAMES = 5
"""Names of tensors that are reported of each kind."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A model that can generate, its prompt, and what to report about both."""

    model: Any
    prompt: Prompt
    meter: Meter
    device: torch.device
    """Of its inputs."""
    card: LoadedModel
    generation_config: Any
    """Its own; several subjects may share the model."""

    @property
    def vocabulary(self) -> int:
        """Number of tokens that it knows."""
        return int(self.model.get_input_embeddings().weight.shape[0])


def path_of(plan: Plan, subject: str) -> str:
    """Return the folder of ``subject``; WorkerError when it is none."""
    folders = {Subject.MERGED: plan.merged, Subject.SOURCE: plan.source or ""}
    path = folders.get(Subject(subject)) if subject in list(Subject) else None
    path = path or next((o.path for o in plan.overlays if o.name == subject), "")
    if not path or not Path(path).is_dir():
        raise WorkerError(f"{subject}: {path} is not a folder", hint="Check the path.")
    return path


def load(
    plan: Plan,
    subject: str,
    device: torch.device,
    notes: tuple[str, ...],
    progress: Callable[[float], None],
) -> Ready:
    """Load the model and tokenize the prompt; ``notes`` go first into what is reported."""
    path = path_of(plan, subject)
    began = time.perf_counter()
    found = _opened(plan, path, device, progress)
    seconds = time.perf_counter() - began
    model = found.model
    inputs = model.get_input_embeddings().weight.device
    inputs = device if inputs.type == "meta" else inputs  # accelerate fetches them when needed
    prompt = prompt_of(plan, path, model, inputs)
    card = replace(_card(found, device), seconds=seconds)
    ready = Ready(model, prompt, metered(model, inputs), inputs, card, model.generation_config)
    return _named(ready, subject, path, notes)


def sharing(plan: Plan, subject: str, path: str, other: Ready, generation_config: Any) -> Ready:  # noqa: ANN401
    """Return what ``path`` makes of a model in memory: its prompt and how it generates."""
    prompt = prompt_of(plan, path, other.model, other.device)
    card = replace(other.card, seconds=0.0)
    ready = replace(other, prompt=prompt, card=card, generation_config=generation_config)
    return _named(ready, subject, path, ())


def _named(ready: Ready, subject: str, path: str, notes: tuple[str, ...]) -> Ready:
    """Fill in what depends on the folder and not on the model."""
    shipped = ready.generation_config
    card = replace(
        ready.card,
        subject=subject,
        path=path,
        notes=notes + ready.prompt.notes + forced(shipped)[1],
        thinks=ready.prompt.thinks,
        beams=getattr(shipped, "num_beams", None) or 1,
        sequences=getattr(shipped, "num_return_sequences", None) or 1,
        cache_implementation=str(getattr(shipped, "cache_implementation", None) or ""),
    )
    return replace(ready, card=card)


def _opened(
    plan: Plan, path: str, device: torch.device, progress: Callable[[float], None]
) -> Opened:
    if not plan.random_weights:
        return opened(plan, path, device, progress)
    from slowlens.measure.worker.made_up import make

    return Opened(make(Path(path), plan.dtype, device, plan.attention))


def _card(found: Opened, device: torch.device) -> LoadedModel:
    """Describe a model but for what only its caller knows."""
    model, weighed = found.model, weight(found.model)
    where = placed(model)
    gpus = [name for name in where if name.startswith("cuda")]
    return LoadedModel(
        subject="",
        path="",
        seconds=0,
        device=describe(device),
        dtype=str(model.dtype).removeprefix("torch."),
        attention=attention(model),
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        missing=len(found.missing),
        missing_names=found.missing[:_NAMES],
        unexpected=len(found.unexpected),
        unexpected_names=found.unexpected[:_NAMES],
        mismatched=len(found.mismatched),
        mismatched_names=found.mismatched[:_NAMES],
        model_type=str(model.config.model_type),
        placed=where,
        gpus=tuple(describe(torch.device(name)).uuid for name in gpus) if len(gpus) > 1 else (),
        memory=memory_by_device(),
        weights_read=weighed.read,
        active_parameters=weighed.parameters,
        head_parameters=weighed.head,
    )


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
