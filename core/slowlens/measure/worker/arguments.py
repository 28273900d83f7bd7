"""What ``generate()`` is told for a trial, and what is left to the checkpoint."""

from typing import Any

from slowlens.facts.live.trial import Cache, Purpose, Trial

_ONE_ANSWER = {"num_beams": 1, "num_beam_groups": 1, "num_return_sequences": 1, "penalty_alpha": 0}
"""Steps can only be told apart where there is a single answer, and a single choice in each."""
_NO_TOKEN = -1
_GUESSING = ("prompt_lookup_num_tokens", "use_mtp", "assistant_early_exit")
"""Settings of assisted decoding without a second checkpoint."""
_CACHE_ONLY = (*_GUESSING, "prefill_chunk_size")
"""Settings with which ``generate()`` refuses to run without a cache."""


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
    if trial.cache is Cache.OFF:
        told |= {name: None for name in _CACHE_ONLY if getattr(shipped, name, None)}
    if trial.purpose is not Purpose.LENGTH:
        told |= _endless(shipped)
    return told


def guesses(trial: Trial, shipped: Any) -> bool:  # noqa: ANN401
    """Whether a pass checks several guessed tokens: it cannot be led along an answer."""
    return trial.cache is not Cache.OFF and _assisted(shipped)


def _assisted(shipped: Any) -> bool:  # noqa: ANN401
    return any(getattr(shipped, name, None) for name in _GUESSING)


def plain(shipped: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the keywords that leave assisted decoding out."""
    return {name: None for name in _GUESSING if getattr(shipped, name, None)}


def _endless(shipped: Any) -> dict[str, Any]:  # noqa: ANN401
    """Let nothing but the number of tokens end a generation."""
    # The assisted loop of transformers 4 cannot do without an end token.
    told: dict[str, Any] = {"eos_token_id": _NO_TOKEN if _assisted(shipped) else None}
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
