"""Where a run took place."""

from collections.abc import Mapping

from slowlens.frozen import dataclass, field

PACKAGES = (
    "torch",
    "transformers",
    "torchvision",
    "accelerate",
    "safetensors",
    "tokenizers",
    "huggingface-hub",
    "peft",
    "flash-attn",
    "flash-attn-3",
    "xformers",
    "kernels",
    "triton",
    "flash-linear-attention",
    "causal-conv1d",
    "mamba-ssm",
    "liger-kernel",
    "bitsandbytes",
    "torchao",
    "compressed-tensors",
    "autoawq",
    "gptqmodel",
    "optimum",
    "vllm",
    "sglang",
    "nvidia-ml-py",
)
"""Distributions that matter for speed, as package indexes spell them."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Versions of what matters for speed; a package that is not installed is left out."""

    python: str
    platform: str
    packages: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Device:
    """What the model ran on, told by the measuring process."""

    kind: str
    """``cuda``, ``cpu``, ``mps``."""
    name: str
    uuid: str = ""
    memory: int = 0
    """Bytes, 0 when not known."""
    threads: int = 0
    """Torch's CPU threads."""
    driver: str = ""
    """Version of the NVIDIA driver; empty where there is none, or none that tells."""
    power_limit: float | None = None
    """Watts that the GPU may draw."""


@dataclass(frozen=True, slots=True)
class Hardware:
    """The GPUs of this machine, and what is in use of them right now."""

    devices: tuple[Device, ...]
    used: Mapping[str, int] = field(default_factory=dict[str, int])
    """Bytes by ``uuid``."""

    @property
    def largest(self) -> Device | None:
        """The GPU with the most memory; None where no driver tells how much there is."""
        return max((d for d in self.devices if d.memory), key=lambda d: d.memory, default=None)

    @property
    def memory(self) -> int:
        """Bytes of all GPUs together."""
        return sum(device.memory for device in self.devices)
