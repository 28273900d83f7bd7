"""generation_config.json, and what is read where there is none."""

import pytest

from pairs import LLAMA, ORDINARY, compared, differing, made
from slowlens.facts.difference import Difference, Effect
from slowlens.jsonvalue import ABSENT

FILE = "generation_config.json"


def generations(source: dict[str, object], merged: dict[str, object]) -> dict[str, Difference]:
    sides = (made(generation={**ORDINARY, **values}) for values in (source, merged))
    return differing(*sides)


@pytest.mark.parametrize(
    "merged",
    [
        {"use_cache": True},
        {"num_beams": 1},
        {"max_length": 20},
        {"max_new_tokens": None},
        {"output_attentions": False, "output_hidden_states": False},
        {"_from_model_config": False},
        {"transformers_version": "5.0.0"},
        {"eos_token_id": [2]},
        {"temperature": 0.1, "top_p": 0.5},
        {"do_sample": False},
        {"return_dict_in_generate": False},
    ],
)
def test_a_default_written_out_is_no_difference(merged: dict[str, object]) -> None:
    assert generations({}, merged) == {}
    assert generations(merged, {}) == {}


@pytest.mark.parametrize(
    ("merged", "effect"),
    [
        ({"use_cache": False}, Effect.SPEED),
        ({"use_cache": None}, Effect.SPEED),
        ({"num_beams": 4}, Effect.SPEED),
        ({"eos_token_id": [2, 3]}, Effect.LENGTH),
        ({"max_new_tokens": 2048}, Effect.LENGTH),
        ({"output_scores": True}, Effect.MEMORY),
        ({"repetition_penalty": 1.05}, Effect.OUTPUT),
        ({"pad_token_id": 0}, Effect.COSMETIC),
        ({"attn_implementation": "flash_attention_2"}, Effect.COSMETIC),
        ({"_from_model_config": True}, Effect.COSMETIC),
    ],
)
def test_one_difference(merged: dict[str, object], effect: Effect) -> None:
    found = generations({}, merged)
    assert list(found) == list(merged)
    assert next(iter(found.values())).effect is effect


def test_sampling_counts_when_one_side_samples() -> None:
    found = generations({"do_sample": True, "temperature": 0.6}, {"temperature": 0.1})
    assert set(found) == {"do_sample", "temperature"}


def test_a_file_that_is_gone_is_told_with_what_takes_its_place() -> None:
    source = made(generation={"eos_token_id": [2, 3], "temperature": 0.6, "do_sample": True})
    merged = made({**LLAMA, "use_cache": False}, generation=None)
    found = {(d.file, d.key): d for d in compared(source, merged).differences}
    assert found[FILE, ""].effect is Effect.LENGTH
    assert (found[FILE, ""].source, found[FILE, ""].merged) == ("(present)", ABSENT)
    note = "absent means true in source and false (from config.json) in merged"
    assert found[FILE, "use_cache"].note.endswith(note)
    assert found[FILE, "eos_token_id"].note.endswith("absent means 2")
    assert found[FILE, "do_sample"].merged is ABSENT


def test_a_file_that_is_gone_is_nothing_when_config_says_the_same() -> None:
    source, merged = made(), made(generation=None)
    assert differing(source, merged) == {}
    (found,) = (d for d in compared(source, merged).unchanged if d.file == FILE and not d.key)
    assert "config.json says the same" in found.note


def test_the_text_part_of_config_counts_as_well() -> None:
    config = {"model_type": "gemma3", "text_config": {"eos_token_id": 7}}
    said = {"eos_token_id": 7, "bos_token_id": 2, "pad_token_id": 0}
    assert differing(made(config, said), made(config, None)) == {}


def test_an_unreadable_file_is_not_the_same_as_none() -> None:
    found = differing(made(), made(generation=None, unreadable=(FILE,)))
    assert found[""].merged == "(unreadable)"
    assert "cannot be read" in found[""].note
