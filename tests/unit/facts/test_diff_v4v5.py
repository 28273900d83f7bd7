"""What three versions of transformers save for one model is one checkpoint."""

from itertools import permutations
from pathlib import Path

import pytest

from pairs import compared, saved
from slowlens.facts.difference import Effect

FIXTURES = Path(__file__).parents[2] / "fixtures" / "v4v5"
MODELS = sorted(folder.name for folder in FIXTURES.iterdir() if folder.is_dir())
VERSIONS = ("v451", "v4", "v5")
"""4.51.3, 4.57.6 and 5.23.0; each read what the first one wrote."""


def test_the_models_are_there() -> None:
    assert {"gemma3", "llama", "mistral", "qwen2_5_vl"} <= set(MODELS)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("old", "new"), list(permutations(VERSIONS, 2)))
def test_nothing_that_matters_differs(model: str, old: str, new: str) -> None:
    found = compared(saved(FIXTURES / model / old), saved(FIXTURES / model / new))
    assert [d for d in found.differences if d.effect is not Effect.COSMETIC] == []


@pytest.mark.parametrize("model", MODELS)
def test_every_spelling_that_changed_has_a_reason(model: str) -> None:
    found = compared(saved(FIXTURES / model / "v451"), saved(FIXTURES / model / "v5"))
    assert len(found.unchanged) > 10
    assert all(d.note for d in found.unchanged)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_checkpoint_is_like_itself(model: str, version: str) -> None:
    one = saved(FIXTURES / model / version)
    assert compared(one, one).differences == compared(one, one).unchanged == ()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_lost_theta_shows_in_every_spelling(model: str, version: str) -> None:
    """The same files are not alike any more when rope is told otherwise in one of them."""
    one, other = saved(FIXTURES / model / "v5"), saved(FIXTURES / model / version)
    config = other.configs["config.json"]
    text = config.values.get("text_config", {})
    for level in (config.values, text):
        if isinstance(level, dict):
            for key in ("rope_theta", "rope_parameters", "rope_scaling", "rope_local_base_freq"):
                level.pop(key, None)
            level["rope_theta"] = 77.0
    found = compared(one, other).differences
    assert any("rope" in d.key and d.effect is Effect.OUTPUT for d in found)
