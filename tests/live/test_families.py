"""A whole plan on each family of models, in this process."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from live import families, measuring  # noqa: E402
from live.families import FAMILIES, STATEFUL  # noqa: E402
from live.measuring import plan  # noqa: E402
from slowlens.facts.live.measurement import Measurement  # noqa: E402
from slowlens.facts.live.trial import Cache, Purpose, Subject  # noqa: E402

TOKENS = 4


def measured(folder: Path, **changes: Any) -> Measurement:
    """Shipped, on and off once each, an answer, and the comparison."""
    settings = {"new_tokens": TOKENS, "answer_tokens": TOKENS, "equality_tokens": 3}
    return measuring.measured(plan(folder, **settings | changes))


def lengths(found: Measurement, cache: Cache, purpose: Purpose) -> tuple[int, ...]:
    (generation,) = found.find(Subject.MERGED, cache, purpose)
    return generation.input_lengths


def assert_sound(found: Measurement, prompt: int) -> None:
    """Shipped without a cache, a plan tells so, and every trial of it could be run."""
    assert found.failures == ()
    growing = tuple(range(prompt, prompt + TOKENS))
    still = (prompt, *[1] * (TOKENS - 1))
    assert lengths(found, Cache.AS_SHIPPED, Purpose.PROOF) == growing[:3]
    assert lengths(found, Cache.AS_SHIPPED, Purpose.SPEED) == growing
    assert lengths(found, Cache.OFF, Purpose.SPEED) == growing
    assert lengths(found, Cache.ON, Purpose.SPEED) == still
    (answer,) = found.find(Subject.MERGED, Cache.ON, Purpose.LENGTH)
    assert answer.input_lengths == still[: len(answer.steps)]


@pytest.mark.parametrize("family", [*FAMILIES, *STATEFUL])
def test_a_family_is_measured_with_its_cache_and_without(family: str, tmp_path: Path) -> None:
    if not hasattr(transformers, (FAMILIES | STATEFUL)[family][1]):
        pytest.skip("unknown to this transformers")
    found = measured(families.text(family, tmp_path, {"use_cache": False}))
    (on,) = found.find(Subject.MERGED, Cache.ON, Purpose.SPEED)
    assert_sound(found, on.prompt_tokens)
    assert on.cache_size
    (off,) = found.find(Subject.MERGED, Cache.OFF, Purpose.SPEED)
    assert off.cache_size is None
    reach = tuple(range(on.prompt_tokens, on.prompt_tokens + TOKENS))
    assert tuple(step.kv_length for step in on.steps) == reach
    (equality,) = found.equalities
    assert equality.tokens == 3
    assert equality.model_type == found.models[0].model_type


def test_an_encoder_decoder_counts_what_goes_into_its_decoder(tmp_path: Path) -> None:
    found = measured(families.t5(tmp_path, {"use_cache": False, "decoder_start_token_id": 0}))
    assert_sound(found, 1)
    (on,) = found.find(Subject.MERGED, Cache.ON, Purpose.SPEED)
    assert on.prompt_tokens > TOKENS
    (equality,) = found.equalities
    assert equality.tokens == 3


def test_an_encoder_decoder_is_waited_for(tmp_path: Path) -> None:
    folder = families.t5(tmp_path, {"decoder_start_token_id": 0})
    found = measured(folder, new_tokens=128, answer_tokens=0, equality_tokens=0)
    assert found.failures == ()
    assert lengths(found, Cache.OFF, Purpose.SPEED) == tuple(range(1, 129))
