"""What ``generate()`` is told for a trial, and what is left to the checkpoint."""

from typing import Any

from slowlens.facts.live.trial import Cache, Purpose, Trial

_ONE_ANSWER = {"num_beams": 1, "num_beam_groups": 1, "num_return_sequences": 1}
"""Steps can only be told apart where there is a single answer."""
_NO_TOKEN = -1


def arguments(trial: Trial, shipped: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the keywords of a trial; ``shipped`` is the model's own generation config.

    Greedy, so that all trials do the same. As shipped means that ``use_cache`` is not named.
    """
    told: dict[str, Any] = {"do_sample": False, "max_new_tokens": trial.new_tokens}
    if trial.purpose is not Purpose.PROOF:
        told |= forced(shipped)[0]
    if trial.cache is not Cache.AS_SHIPPED:
        told["use_cache"] = trial.cache is not Cache.OFF
    if trial.cache is Cache.STATIC:
        told["cache_implementation"] = "static"
    assisted = bool(getattr(shipped, "prompt_lookup_num_tokens", None))
    if assisted and trial.cache is Cache.OFF:
        told["prompt_lookup_num_tokens"] = None  # refuses to run without a cache
    if trial.purpose is not Purpose.LENGTH:
        told |= _endless(shipped, assisted=assisted)
    return told


def _endless(shipped: Any, *, assisted: bool) -> dict[str, Any]:  # noqa: ANN401
    """Let nothing but the number of tokens end a generation."""
    # The assisted loop of transformers 4 cannot do without an end token.
    told: dict[str, Any] = {"eos_token_id": _NO_TOKEN if assisted else None}
    if getattr(shipped, "stop_strings", None):
        told["stop_strings"] = None
    return told


def forced(shipped: Any) -> tuple[dict[str, Any], tuple[str, ...]]:  # noqa: ANN401
    """Return the settings that cannot stay as shipped, and a sentence about each."""
    changed = {
        name: value
        for name, value in _ONE_ANSWER.items()
        if getattr(shipped, name, None) not in (None, value)
    }
    notes = tuple(
        f"it ships {name} {getattr(shipped, name)}: measured with {value}"
        for name, value in changed.items()
    )
    return changed, notes
