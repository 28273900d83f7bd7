"""Questions to the NVIDIA driver; what it does not answer is None."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from slowlens.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Driver:
    """An open connection; made by ``connect``."""

    nvml: ModuleType

    def ask(self, name: str, *arguments: object) -> Any:  # noqa: ANN401 - one type a question
        """Return the answer, or None: old cards, MIG slices and containers hide some."""
        if None in arguments:
            return None
        try:
            question: Callable[..., object] = getattr(self.nvml, name)
            return question(*arguments)
        except (self.nvml.NVMLError, AttributeError):  # older bindings lack newer questions
            return None

    def close(self) -> None:
        """End the connection."""
        self.ask("nvmlShutdown")


def connect() -> Driver | None:
    """Connect to the driver; None without one, or without pynvml."""
    try:
        nvml = import_module("pynvml")
    except ImportError:
        return None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return None
    return Driver(nvml)
