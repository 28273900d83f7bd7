"""A model of random weights, made on the device from a config.json alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers
from torch.overrides import TorchFunctionMode
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoModelForSeq2SeqLM,
    GenerationConfig,
)

from slowlens.errors import WorkerError

SPREAD = 0.02
"""Standard deviation of the weights, as most families initialise theirs."""
SEED = 0
_PERIOD = 4_194_301
"""Numbers that are drawn; they repeat. A prime, so that no two rows of a matrix are alike."""
_RANDOM = (
    "normal_",
    "uniform_",
    "trunc_normal_",
    "kaiming_uniform_",
    "kaiming_normal_",
    "xavier_uniform_",
    "xavier_normal_",
    "orthogonal_",
)
_AUTO = (AutoModelForCausalLM, AutoModelForImageTextToText, AutoModelForSeq2SeqLM)
_DTYPE = "torch_dtype" if transformers.__version__.startswith("4.") else "dtype"


def make(folder: Path, dtype: str, device: torch.device, attention: str = "") -> Any:  # noqa: ANN401
    """Build the model that ``folder`` describes; its answers mean nothing, and never end early.

    ``dtype`` and ``attention`` decide only where they are not empty. Matrices are the same on
    every device. Takes about as long as writing the weights once. Raises WorkerError when
    transformers has no class for it, ValueError for a config.json that makes no sense.
    """
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    settings: dict[str, Any] = {_DTYPE: dtype_of(config, dtype)}
    for part in _parts(config):  # transformers 4 asks each of them for its own
        setattr(part, _DTYPE, settings[_DTYPE])
    if attention:
        settings["attn_implementation"] = attention
    kind = _class(config)
    torch.manual_seed(SEED)
    with torch.device(device), torch.no_grad(), _Noise():
        model = kind._from_config(config, **settings)
    model.generation_config = _generation_config(folder, model)
    return model.eval()


def dtype_of(config: Any, dtype: str = "") -> torch.dtype:  # noqa: ANN401
    """Return the type of the weights: as asked for, else as the config says, else float32."""
    text = config.get_text_config()
    named = dtype if dtype not in ("", "auto") else None
    found = named or _said(config) or _said(text) or torch.float32
    return found if isinstance(found, torch.dtype) else getattr(torch, found)


def _said(config: Any) -> torch.dtype | str | None:  # noqa: ANN401
    said: torch.dtype | str | None = getattr(config, _DTYPE, None)
    return said


def _parts(config: Any) -> list[Any]:  # noqa: ANN401
    """Return the config and those within it."""
    inner = (getattr(config, name, None) for name in config.sub_configs)
    return [config, *(part for one in inner if one is not None for part in _parts(one))]


def _class(config: Any) -> Any:  # noqa: ANN401
    """Return the class that config.json names, else the one that transformers has for its type."""
    named = (getattr(transformers, name, None) for name in config.architectures or ())
    if found := next((kind for kind in named if kind is not None and kind.can_generate()), None):
        return found
    for auto in _AUTO:
        if type(config) in auto._model_mapping:
            return auto._model_mapping[type(config)]
    raise WorkerError(
        f"transformers {transformers.__version__} has no class that generates text with "
        f"model_type {config.model_type}",
        hint="Name its class in architectures in config.json, or use another transformers.",
    )


def _generation_config(folder: Path, model: Any) -> Any:  # noqa: ANN401
    settings = model.generation_config
    if (folder / "generation_config.json").exists():
        settings = GenerationConfig.from_pretrained(folder)
    settings.eos_token_id = None  # random weights would end answers at random
    return settings


class _Noise(TorchFunctionMode):  # type: ignore[misc]  # its types are not read
    """Fills what a class fills at random with copies of one short sequence.

    Drawing each number would take minutes for billions. All else keeps its initial value: norms,
    decays, positions, most biases.
    """

    def __init__(self) -> None:
        super().__init__()
        drawn = torch.empty(_PERIOD, device="cpu").normal_(0, SPREAD, generator=_generator())
        self._drawn: dict[tuple[torch.device, torch.dtype], torch.Tensor] = {}
        self._drawn[drawn.device, drawn.dtype] = self._first = drawn
        self._at = 0

    def __torch_function__(  # torch's own signature
        self,
        func: Any,  # noqa: ANN401
        types: Any,  # noqa: ANN401
        args: Sequence[Any] = (),
        kwargs: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Take the place of a random fill; hand on everything else."""
        tensor = args[0] if args else (kwargs or {}).get("tensor")
        if getattr(func, "__name__", "") in _RANDOM:
            return self._fill(tensor)
        return func(*args, **(kwargs or {}))

    def _fill(self, tensor: torch.Tensor) -> torch.Tensor:
        if tensor.device.type == "meta":
            return tensor
        noise, rest = self._noise(tensor), tensor.detach().view(-1)
        while rest.numel():
            piece = noise[self._at : self._at + rest.numel()]
            rest[: piece.numel()].copy_(piece)
            rest = rest[piece.numel() :]
            self._at = (self._at + piece.numel()) % _PERIOD
        return tensor

    def _noise(self, tensor: torch.Tensor) -> torch.Tensor:
        key = tensor.device, tensor.dtype
        if key not in self._drawn:
            self._drawn[key] = self._first.to(*key)
        return self._drawn[key]


def _generator() -> torch.Generator:
    return torch.Generator("cpu").manual_seed(SEED)
