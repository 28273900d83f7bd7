"""Where the worker runs."""

import platform
from importlib.metadata import PackageNotFoundError, version

import torch

from slowlens.facts.environment import Environment

_PACKAGES = (
    "transformers",
    "accelerate",
    "tokenizers",
    "safetensors",
    "triton",
    "kernels",
    "flash-attn",
    "flash-linear-attention",
    "causal-conv1d",
    "mamba-ssm",
    "liger-kernel",
    "bitsandbytes",
    "compressed-tensors",
    "torchao",
)


def environment() -> Environment:
    """Return the versions that matter for speed."""
    packages = {"torch": torch.__version__}
    if torch.version.cuda:
        packages["cuda"] = torch.version.cuda
    for name in _PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            continue
    return Environment(platform.python_version(), platform.platform(), packages)
