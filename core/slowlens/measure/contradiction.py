"""What a plan may not ask for at once, whoever made it."""

from slowlens.errors import UsageError
from slowlens.facts.live.plan import Plan


def require_one_way(plan: Plan, parallel: str, placed: str) -> None:
    """Raise UsageError for layers that are to be divided and placed whole.

    ``parallel`` and ``placed`` are what the user knows the two settings by.
    """
    if plan.tensor_parallel > 1 and plan.device_map:
        hint = "Leave one of them out: the first divides every layer, the second places whole ones."
        raise UsageError(f"{parallel} and {placed} exclude each other.", hint=hint)
