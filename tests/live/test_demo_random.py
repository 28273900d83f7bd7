"""The fallback without SmolLM2's package: random weights, and the same four lessons."""

import json
from pathlib import Path

import pytest

from slowlens.demo.folder import Demo, find
from slowlens.demo.recipe import LATENT, LONGER, MERGED, SOURCE, VARIANTS, Weights
from slowlens.demo.session import build

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def random_demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder: Path = tmp_path_factory.mktemp("random") / "demo"
    with build(folder, Weights.RANDOM) as steps:
        told = [(step.number, step.total) for step in steps]
    assert told == [(number, len(told)) for number in range(1, len(told) + 1)]
    demo = find(folder)
    assert demo is not None
    return demo


def test_fallback_says_that_its_weights_are_random(random_demo: Demo) -> None:
    assert random_demo.weights is Weights.RANDOM


def test_fallback_has_the_same_four_variants(random_demo: Demo) -> None:
    keys = ("use_cache", "eos_token_id", "_from_model_config")
    settings = []
    for variant in VARIANTS:
        text = (random_demo.checkpoint(variant) / "generation_config.json").read_text()
        settings.append(tuple(json.loads(text).get(key) for key in keys))
    assert VARIANTS == (SOURCE, MERGED, LATENT, LONGER)
    assert settings == [
        (None, [2, 0], None),
        (False, 2, True),
        (None, [2, 0], None),
        (None, 0, None),
    ]


def test_fallback_is_small_and_large_enough_to_show_the_cache(random_demo: Demo) -> None:
    size = (random_demo.source / "model.safetensors").stat().st_size
    assert 20_000_000 < size < 60_000_000


def test_fallback_generates_from_a_chat(random_demo: Demo) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(random_demo.source)
    model = AutoModelForCausalLM.from_pretrained(random_demo.source)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hi"}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    ids = model.generate(**prompt, max_new_tokens=8, do_sample=False, eos_token_id=None)
    assert ids.shape[1] == prompt["input_ids"].shape[1] + 8
