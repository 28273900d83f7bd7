"""The catalogue. To add a rule: add its module, then add it to ``RULES``."""

from slowlens.findings import Rule
from slowlens.rules import (
    adapter_mismatch,
    config_use_cache_false_latent,
    dtype_keys_conflict,
    endless_answer,
    eos_lost_or_wrong,
    fp32_saved_or_loaded,
    gen_use_cache_false,
    generation_config_regenerated,
    kwargs_leaked_into_generation_config,
    leftover_adapter_files,
    merge_dtype_drift,
    merged_into_4bit,
    quantization_config_leftover,
    quantization_lost,
    recomputed_steps,
    tie_head_mismatch,
    unmerged_adapter,
)

RULES: tuple[Rule, ...] = (
    recomputed_steps.RULE,
    gen_use_cache_false.RULE,
    kwargs_leaked_into_generation_config.RULE,
    generation_config_regenerated.RULE,
    eos_lost_or_wrong.RULE,
    endless_answer.RULE,
    config_use_cache_false_latent.RULE,
    fp32_saved_or_loaded.RULE,
    merge_dtype_drift.RULE,
    dtype_keys_conflict.RULE,
    tie_head_mismatch.RULE,
    unmerged_adapter.RULE,
    leftover_adapter_files.RULE,
    adapter_mismatch.RULE,
    merged_into_4bit.RULE,
    quantization_lost.RULE,
    quantization_config_leftover.RULE,
)
