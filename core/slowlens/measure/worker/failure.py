"""What went wrong in torch or transformers, in words that help."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import transformers

from slowlens.errors import WorkerError
from slowlens.measure.worker.device import free_memory
from slowlens.measure.worker.oneline import one_line, whole

_LONGEST = 400
_UNDIVIDED = (
    f"transformers {transformers.__version__} cannot divide this model so: try another number of "
    "processes, or another transformers, or leave --tensor-parallel out."
)
_HINTS = {
    "does not recognize this architecture": f"transformers {transformers.__version__} does not "
    "know this model_type: update transformers, or correct model_type in config.json.",
    "Unrecognized model": "config.json names no model_type that transformers knows: restore it "
    "from the source.",
    "trust_remote_code": "The checkpoint brings its own code (auto_map in config.json), which "
    "Slowlens does not run.",
    "no file named": "The folder has no weights: copy the safetensors files and their index "
    "into it.",
    "SafetensorError": "A weights file is damaged or only a Git LFS pointer: fetch it again.",
    "module 'torch' has no attribute": "--dtype takes a type of torch, such as bfloat16, float16 "
    "or float32.",
    "FlashAttention2 has been toggled on": "Install the package flash-attn, or say "
    "--attn-implementation sdpa, which needs nothing more.",
    "requires `accelerate`": "Install it: pip install 'slowlens[live]'.",
    "mixed torch.Tensor and DTensor": _UNDIVIDED,
    "divisible by the tensor parallel size": _UNDIVIDED,
    "Validation": "A value in its JSON files has the wrong type: `slowlens check` shows which.",
}
"""What the message says, and what to do then."""


class OutOfMemoryError(WorkerError):
    """No memory was left; bytes that one allocation ``needed``, and that were ``free``."""

    def __init__(self, message: str, hint: str, needed: int | None, free: int | None) -> None:
        super().__init__(message, hint=hint)
        self.needed, self.free = needed, free


def forgetting(error: WorkerError) -> WorkerError:
    """Return ``error`` without where it happened: those frames hold models, caches and logits."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device or the host had no memory left."""
    words = ("out of memory", "can't allocate memory")
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and any(word in str(error) for word in words)
    )


@contextmanager
def during(what: str, device: torch.device, hint: str) -> Iterator[None]:
    """Turn every error into a WorkerError that says ``what`` failed; ``hint`` if nobody knows."""
    try:
        yield
    except (WorkerError, BrokenPipeError):
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise _out_of_memory(what, device, error) from error
        known = next((text for words, text in _HINTS.items() if words in whole(error)), hint)
        raise WorkerError(f"{what} failed: {one_line(error, _LONGEST)}", hint=known) from error


def _out_of_memory(what: str, device: torch.device, error: Exception) -> OutOfMemoryError:
    needed = _bytes(r"[Tt]ried to allocate ([\d.]+) ?(bytes|[KMGT]iB)?", error)
    left = _bytes(r"of which ([\d.]+) ?(bytes|[KMGT]iB) is free", error)
    more = f"{needed / 1e9:.3g} GB more were needed and " if needed else ""
    free = free_memory(device) if left is None else left
    when = "are" if left is None else "were"
    return OutOfMemoryError(
        f"out of memory while {what}: {more}{free / 1e9:.3g} GB {when} free on {device}",
        "End what else uses this memory, ask for a shorter prompt and fewer tokens, or "
        "measure on a larger device (--device cpu needs none of the GPU's memory).",
        needed,
        free,
    )


def _bytes(pattern: str, error: Exception) -> int | None:
    """Return the bytes that torch's message tells; what was given back since was not free then."""
    found = re.search(pattern, str(error))
    if found is None:
        return None
    power = {"KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}.get(found[2], 0)
    return int(float(found[1]) * (1 << power))
