"""The rules about weights and the files that they are in."""

from slowlens.rules import (
    architectures_mismatch,
    bin_instead_of_safetensors,
    directory_bloat,
    moe_layout,
    mtp_heads_dropped,
    stale_weight_files,
    tie_head_mismatch,
    vocab_resized,
    weights_not_loaded,
)

RULES = [
    module.RULE
    for module in (
        architectures_mismatch,
        bin_instead_of_safetensors,
        directory_bloat,
        moe_layout,
        mtp_heads_dropped,
        stale_weight_files,
        tie_head_mismatch,
        vocab_resized,
        weights_not_loaded,
    )
]
