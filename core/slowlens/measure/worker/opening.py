"""A model out of its files, as they ask for or as the plan decides instead."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

from slowlens.errors import WorkerError
from slowlens.facts.live.plan import Plan
from slowlens.frozen import dataclass
from slowlens.measure.worker.sharding import check_plan
from slowlens.measure.worker.sharding import settings as divided

_WEIGHTS = ("model*.safetensors", "*.safetensors", "*.bin")
_MAJOR = int(transformers.__version__.split(".")[0])
_PARTS = 50
"""Reports of a load: every 2 %."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A model in memory, and the names that did not fit between it and its files."""

    model: Any
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    mismatched: tuple[str, ...] = ()


def size_of(path: str) -> int:
    """Return the bytes of the weights files that will be loaded."""
    sizes = (sum(f.stat().st_size for f in Path(path).glob(pattern)) for pattern in _WEIGHTS)
    return next(filter(None, sizes), 0)


def opened(
    plan: Plan, path: str, device: torch.device, progress: Callable[[float], None]
) -> Opened:
    """Load the model; ``progress`` is told the share that is where it belongs.

    ``dtype="auto"`` is named although transformers 5 defaults to it: version 4 would load
    everything as float32, and both checkpoints are to be compared alike.
    """
    config = AutoConfig.from_pretrained(path, trust_remote_code=False)
    if plan.tensor_parallel > 1:
        check_plan(config, plan.tensor_parallel)
    settings = _settings(plan, device)
    for kind in _classes(config):
        try:
            with _watched(progress):
                model, info = kind.from_pretrained(
                    path,
                    trust_remote_code=False,
                    output_loading_info=True,
                    ignore_mismatched_sizes=True,
                    **settings,
                )
        except ValueError as error:
            if "Unrecognized configuration class" in str(error):
                continue
            raise
        return Opened(model.eval(), *_told(info))
    raise WorkerError(
        f"no class of transformers {transformers.__version__} generates text with {path}",
        hint="Check model_type and architectures in its config.json.",
    )


def _settings(plan: Plan, device: torch.device) -> dict[str, Any]:
    settings: dict[str, Any] = {"dtype" if _MAJOR > 4 else "torch_dtype": plan.dtype or "auto"}
    if plan.attention:
        settings["attn_implementation"] = plan.attention
    if plan.tensor_parallel > 1:
        settings |= divided(plan.tensor_parallel)
    elif plan.device_map:
        settings["device_map"] = plan.device_map
    elif device.type != "cpu":
        settings["device_map"] = {"": device}
    return settings


def _classes(config: Any) -> list[Any]:  # noqa: ANN401
    """Return the classes to try: text first, then composite, then what config.json names."""
    named = (getattr(transformers, name, None) for name in config.architectures or ())
    generating = (kind for kind in named if kind is not None and kind.can_generate())
    return [AutoModelForCausalLM, AutoModelForImageTextToText, *generating]


def _told(info: Mapping[str, Collection[Any]]) -> tuple[tuple[str, ...], ...]:
    """Return the names that did not fit; of a mismatch the shapes come along with the name."""
    mismatched = (key if isinstance(key, str) else key[0] for key in info["mismatched_keys"])
    return (
        tuple(sorted(map(str, info["missing_keys"]))),
        tuple(sorted(map(str, info["unexpected_keys"]))),
        tuple(sorted(map(str, mismatched))),
    )


@contextmanager
def _watched(progress: Callable[[float], None]) -> Iterator[None]:
    """Hear of each weight through the progress bar that transformers 5 would draw."""
    hook = getattr(transformers.utils.logging, "set_tqdm_hook", None)
    if hook is None:  # transformers 4 tells nobody
        yield
        return

    def counted(factory: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        items = kwargs.get("total") or (len(args[0]) if args and isinstance(args[0], Sized) else 0)
        return _Counted(factory(*args, **kwargs), items, progress)

    before = hook(counted)
    try:
        yield
    finally:
        hook(before)


class _Counted:
    """A progress bar that tells how far it is."""

    def __init__(self, bar: Any, items: int, progress: Callable[[float], None]) -> None:  # noqa: ANN401
        self._bar, self._all, self._progress = bar, items, progress
        self._seen = self._said = 0

    def __iter__(self) -> Iterator[Any]:
        for item in self._bar:
            yield item
            self._count(1)

    def __enter__(self) -> Any:  # noqa: ANN401
        self._bar.__enter__()
        return self

    def __exit__(self, *error: object) -> Any:  # noqa: ANN401
        return self._bar.__exit__(*error)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._bar, name)

    def update(self, count: int = 1) -> Any:  # noqa: ANN401
        """Move on."""
        self._count(count)
        return self._bar.update(count)

    def _count(self, count: int) -> None:
        self._seen += count
        part = self._seen * _PARTS // self._all if self._all else 0
        if part > self._said:
            self._said = part
            self._progress(part / _PARTS)
