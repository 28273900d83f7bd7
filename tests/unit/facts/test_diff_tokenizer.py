"""tokenizer_config.json and the chat template."""

import pytest

from pairs import compared, differing, made
from slowlens.facts.difference import Difference, Effect
from slowlens.jsonvalue import ABSENT

PLAIN = {"tokenizer_class": "Qwen2Tokenizer", "eos_token": "</s>"}
TEMPLATE = "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}"


def tokenizers(source: dict[str, object], merged: dict[str, object]) -> dict[str, Difference]:
    return differing(made(tokenizer={**PLAIN, **source}), made(tokenizer={**PLAIN, **merged}))


@pytest.mark.parametrize(
    ("source", "merged"),
    [
        ({"added_tokens_decoder": {"2": {"content": "</s>", "special": True}}}, {}),
        ({"additional_special_tokens": ["b", "a"]}, {"extra_special_tokens": ["a", "b"]}),
        ({"additional_special_tokens": [{"content": "a"}]}, {"extra_special_tokens": ["a"]}),
        ({"additional_special_tokens": []}, {}),
        ({"extra_special_tokens": {}}, {}),
        ({}, {"eos_token": {"__type": "AddedToken", "content": "</s>", "lstrip": False}}),
        ({}, {"backend": "tokenizers", "is_local": True, "local_files_only": True}),
        ({}, {"tokenizer_class": "Qwen2TokenizerFast"}),
        ({"clean_up_tokenization_spaces": True}, {"clean_up_tokenization_spaces": False}),
        ({"add_prefix_space": None}, {}),
    ],
)
def test_nothing_differs(source: dict[str, object], merged: dict[str, object]) -> None:
    assert tokenizers(source, merged) == {}
    assert tokenizers(merged, source) == {}


@pytest.mark.parametrize(
    ("merged", "effect"),
    [
        ({"eos_token": "<|im_end|>"}, Effect.LENGTH),
        ({"add_bos_token": True}, Effect.OUTPUT),
        ({"padding_side": "right"}, Effect.OUTPUT),
        ({"model_max_length": 512}, Effect.OUTPUT),
        ({"tokenizer_class": "TokenizersBackend"}, Effect.COSMETIC),
        ({"pad_token": "x"}, Effect.COSMETIC),
    ],
)
def test_one_difference(merged: dict[str, object], effect: Effect) -> None:
    found = tokenizers({}, merged)
    assert list(found) == list(merged)
    assert next(iter(found.values())).effect is effect


def test_added_tokens_are_compared_where_both_list_them() -> None:
    found = tokenizers(
        {"added_tokens_decoder": {"2": {"content": "</s>"}}},
        {"added_tokens_decoder": {"2": {"content": "<end>"}}},
    )
    assert found["added_tokens_decoder.2.content"].effect is Effect.OUTPUT


def test_a_list_of_added_tokens_that_is_gone_is_one_line() -> None:
    tokens = {str(i): {"content": f"<{i}>", "special": True} for i in range(300)}
    source = made(tokenizer={**PLAIN, "added_tokens_decoder": tokens})
    assert len(compared(source, made(tokenizer=PLAIN)).unchanged) == 1


class TestTemplate:
    def test_another_template_is_one_value(self) -> None:
        found = differing(made(template=TEMPLATE), made(template="{{ other }}"))["chat_template"]
        assert found.effect is Effect.OUTPUT
        assert (found.source, found.merged) == (TEMPLATE, "{{ other }}")

    def test_a_lost_template(self) -> None:
        assert differing(made(template=TEMPLATE), made())["chat_template"].merged is ABSENT

    def test_spaces_and_comments_do_not_count(self) -> None:
        other = "{#- by us -#}\n" + TEMPLATE.replace("%}", " %}")
        found = compared(made(template=TEMPLATE), made(template=other))
        assert found.differences == ()
        assert [d.note for d in found.unchanged] == ["only spaces or comments"]

    def test_a_move_to_its_own_file(self) -> None:
        moved = made(template=TEMPLATE, unreadable=("chat_template.jinja",))
        found = compared(made(template=TEMPLATE), moved)
        assert found.differences == ()
        assert [d.note for d in found.unchanged] == ["moved to chat_template.jinja"]

    def test_no_template_on_either_side_is_nothing(self) -> None:
        assert compared(made(), made()).unchanged == ()


def test_files_that_only_repeat_are_folded_away() -> None:
    found = compared(made(special_tokens_map_json={"eos_token": "</s>"}), made())
    assert found.differences == ()
    assert [d.file for d in found.unchanged] == ["special_tokens_map.json"]


def test_a_lost_tokenizer_config_is_one_difference() -> None:
    found = compared(made(tokenizer=PLAIN), made()).differences
    assert [(d.file, d.key, d.effect) for d in found] == [
        ("tokenizer_config.json", "", Effect.OUTPUT)
    ]
