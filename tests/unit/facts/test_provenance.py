"""Each trace of a tool, and a checkpoint without any."""

from dataclasses import replace
from typing import Any

import pytest

from pairs import LLAMA, made
from slowlens.facts.checkpoint import Adapter, Checkpoint, Tokenizer
from slowlens.facts.provenance import FINGERPRINTS, VISION_PAD, Likelihood, Trace, provenance

PROBABLY, POSSIBLY = Likelihood.PROBABLY, Likelihood.POSSIBLY
V5 = "5.23.0"
REGENERATED = {"_from_model_config": True, "eos_token_id": 2, "pad_token_id": 1}


def names(checkpoint: Checkpoint) -> list[tuple[str, str]]:
    return [(writer.name, writer.likelihood) for writer in provenance(checkpoint)]


def with_adapter(folder: str, **config: Any) -> Checkpoint:
    return replace(made(), adapters=(Adapter(folder, config=config),))


ROWS: list[tuple[Checkpoint, str, Likelihood]] = [
    (made(unreadable=("mergekit_config.yml",)), "mergekit", PROBABLY),
    (
        made(tokenizer={"padding_side": "left"}, unreadable=("Modelfile",)),
        "llamafactory-cli export",
        PROBABLY,
    ),
    (made(unreadable=("trainer_log.jsonl",)), "LLaMA-Factory training", PROBABLY),
    (with_adapter("lora_adapter", lora_alpha=0), "verl's model merger", PROBABLY),
    (
        made(unreadable=("model_world_size_8_rank_0.pt", "model_world_size_8_rank_1.pt")),
        "verl or EasyR1, shards that are not merged yet",
        PROBABLY,
    ),
    (made({**LLAMA, "unsloth_version": "2025.1"}), "Unsloth", PROBABLY),
    (made({**LLAMA, "pad_token_id": 151654}), "Unsloth", PROBABLY),
    (replace(made(), tokenizer=Tokenizer(pad_token=VISION_PAD)), "Unsloth", PROBABLY),
    (made(unreadable=("zero_to_fp32.py",)), "DeepSpeed", PROBABLY),
    (made(unreadable=("training_args.bin",)), "the Trainer of transformers", PROBABLY),
    (
        made(generation={"attn_implementation": "sdpa"}),
        "a script that passes loading arguments to a model class, as VLM-R1",
        PROBABLY,
    ),
    (
        made({**LLAMA, "dtype": "bfloat16", "torch_dtype": "float32"}),
        "transformers 4 before 4.56, over a file of a later one",
        PROBABLY,
    ),
    (made(tokenizer={"tokenizer_class": "TokenizersBackend"}), "transformers 5", PROBABLY),
    (made({**LLAMA, "transformers_version": V5}), "transformers", PROBABLY),
    (
        made(generation=REGENERATED),
        "a merger that uses from_config, as EasyR1 before August 2026",
        POSSIBLY,
    ),
    (
        made({**LLAMA, "output_router_logits": True}),
        "LLaMA-Factory, OpenRLHF or axolotl, training experts",
        POSSIBLY,
    ),
    (
        made({**LLAMA, "text_config": {"output_router_logits": True}}),
        "LLaMA-Factory, OpenRLHF or axolotl, training experts",
        POSSIBLY,
    ),
    (
        made({**LLAMA, "use_cache": False, "text_config": {"use_cache": False}}),
        "LLaMA-Factory or axolotl, training images and text",
        POSSIBLY,
    ),
    (with_adapter(""), "OpenRLHF", POSSIBLY),
    (
        replace(made(), tokenizer=Tokenizer(settings={"truncation": {"max_length": 8}})),
        "a script that truncated before it saved the tokenizer",
        POSSIBLY,
    ),
]


@pytest.mark.parametrize(("checkpoint", "name", "likelihood"), ROWS, ids=[row[1] for row in ROWS])
def test_a_trace(checkpoint: Checkpoint, name: str, likelihood: Likelihood) -> None:
    assert names(checkpoint) == [(name, likelihood)]


def test_the_trainer_of_transformers_5_is_known_by_what_it_turns_off() -> None:
    config = {**LLAMA, "use_cache": False, "transformers_version": V5}
    found = provenance(made(config, unreadable=("training_args.bin",)))
    assert [w.name for w in found] == ["the Trainer of transformers 5", "transformers"]
    assert found[0].traces == (
        Trace("training_args.bin"),
        Trace("config.json", "use_cache", found=False),
    )
    for change in ({"use_cache": True}, {"transformers_version": "4.57.6"}):
        (first, _) = names(made({**config, **change}, unreadable=("training_args.bin",)))
        assert first[0] == "the Trainer of transformers"


def test_every_fingerprint_has_a_test() -> None:
    tested = {name for _, name, _ in ROWS} | {"the Trainer of transformers 5"}
    assert tested == {name for name, _, _ in FINGERPRINTS}


def test_what_is_telling_comes_first() -> None:
    checkpoint = made({**LLAMA, "transformers_version": V5}, REGENERATED)
    assert [likelihood for _, likelihood in names(checkpoint)] == [PROBABLY, POSSIBLY]


@pytest.mark.parametrize(
    "checkpoint",
    [
        made(),
        made(None, None),
        made({**LLAMA, "use_cache": False, "output_router_logits": False}),
        made({**LLAMA, "transformers_version": None, "dtype": "bfloat16"}),
        made({**LLAMA, "dtype": "bfloat16", "torch_dtype": None}),
        made({**LLAMA, "use_cache": 0, "text_config": {"use_cache": False}}),
        made({**LLAMA, "text_config": [], "use_cache": False, "pad_token_id": "151654"}),
        made(generation={"_from_model_config": True, "eos_token_id": [2, 0], "pad_token_id": 1}),
        made(generation={"_from_model_config": True, "eos_token_id": 2}),
        made(generation={**REGENERATED, "temperature": 0.6}),
        made(generation={**REGENERATED, "bos_token_id": 3}),
        made(generation={**REGENERATED, "pad_token_id": 2}),
        made(generation={**REGENERATED, "_from_model_config": False}),
        made(tokenizer={"padding_side": "left"}),
        made(tokenizer={"padding_side": "right"}, unreadable=("Modelfile",)),
        replace(with_adapter("", lora_alpha=0), weights=made(tensors={"a": ("F16", (2,))}).weights),
        with_adapter("lora_adapter", lora_alpha=16),
        with_adapter("adapter", lora_alpha=0),
        replace(made(None), adapters=(Adapter(),)),
        replace(made(), tokenizer=Tokenizer(settings={"truncation": None})),
    ],
)
def test_no_trace(checkpoint: Checkpoint) -> None:
    assert names(checkpoint) == []
