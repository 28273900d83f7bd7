"""What a long run without the cache does to its process, done before it is timed."""

from functools import cache

import torch

PRODUCTS = 3000
"""They slow a step as 500 steps without the cache do: 1,500 hardly did, 2,100 by half of it."""
_WIDTH = 32


@cache
def wear_in(dtype: torch.dtype) -> None:
    """Make small matrix products of so many sizes, once, that oneDNN throws old ones away.

    oneDNN makes code for each new size and keeps 1,024 of them
    (https://uxlfoundation.github.io/oneDNN/dev_guide_primitive_cache.html). A run without the cache
    meets new sizes in each step. Once the room is used up a step takes some 10 % longer in bfloat16
    on a processor with AMX, and so in a process that has served for a while; probes of a fresh one
    would not tell. In float32 neither slowed a step.
    """
    if dtype == torch.float32:
        return
    weight = torch.zeros(_WIDTH, _WIDTH, dtype=dtype)
    with torch.inference_mode():
        for rows in range(1, PRODUCTS + 1):
            torch.nn.functional.linear(torch.zeros(rows, _WIDTH, dtype=dtype), weight)
