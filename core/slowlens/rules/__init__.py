"""The catalogue. To add a rule: add its module, then add it to ``RULES``."""

from slowlens.findings import Rule
from slowlens.rules import (
    config_use_cache_false_latent,
    endless_answer,
    eos_lost_or_wrong,
    gen_use_cache_false,
    generation_config_regenerated,
    kwargs_leaked_into_generation_config,
    recomputed_steps,
)

RULES: tuple[Rule, ...] = (
    recomputed_steps.RULE,
    gen_use_cache_false.RULE,
    kwargs_leaked_into_generation_config.RULE,
    generation_config_regenerated.RULE,
    eos_lost_or_wrong.RULE,
    endless_answer.RULE,
    config_use_cache_false_latent.RULE,
)
