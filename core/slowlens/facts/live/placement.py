"""Where the weights of a model that runs on a GPU really are."""

from collections.abc import Mapping

from slowlens.facts.live.measurement import LoadedModel

GPU = "cuda"


def off_gpu(model: LoadedModel) -> Mapping[str, int]:
    """Return the bytes of weights by place, of places other than the GPUs.

    Empty for a model that runs on another device, where the CPU is its place.
    """
    if model.device.kind != GPU:
        return {}
    return {place: size for place, size in model.placed.items() if size and place[:4] != GPU}


def share_off_gpu(model: LoadedModel) -> float:
    """Return their share of all weights, from 0 to 1."""
    return sum(off_gpu(model).values()) / (sum(model.placed.values()) or 1)
