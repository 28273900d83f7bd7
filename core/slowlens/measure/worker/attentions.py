"""Which attention a plan may ask for: one that is unknown is told before weights are loaded."""

import transformers
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from slowlens.errors import WorkerError
from slowlens.facts.live.plan import Plan

_PAGED = "paged|"
"""For continuous batching, which ``generate()`` is not."""


def require_attention(plan: Plan) -> None:
    """Raise WorkerError for an attention that transformers does not know by name.

    Whether a model supports one that exists, and whether what it takes is installed, transformers
    tells when it makes the model, before it reads weights; of kernels from the hub
    (``organisation/name``) it alone knows which there are.
    """
    known = ("eager", *sorted(ALL_ATTENTION_FUNCTIONS.valid_keys(), key=_usual_first))
    if not plan.attention or plan.attention in known or "/" in plan.attention:
        return
    names = ", ".join(name for name in known if not name.startswith(_PAGED))
    raise WorkerError(
        f"transformers {transformers.__version__} knows no attention called {plan.attention}",
        hint=f"It knows {names}, and kernels of the hub as organisation/name.",
    )


def _usual_first(name: str) -> tuple[bool, str]:
    return name != "sdpa", name
