import pytest

from slowlens.facts.checkpoint import Tokenizer
from slowlens.facts.decoding.stopping import stop_tokens

HARMONY = (
    "{% for m in messages %}<|start|>{{ m.role }}<|message|>{{ m.content }}"
    "{% if loop.last %}<|return|>{% else %}<|end|>{% endif %}{% endfor %}"
)
PHI = "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endfor %}"
IDS = {"<|endoftext|>": 0, "<|end|>": 1, "<|return|>": 2}


@pytest.mark.parametrize(
    ("template", "turns"), [(HARMONY, {"<|return|>": 2}), (PHI, {"<|end|>": 1})]
)
def test_the_end_of_a_part_is_not_the_end_of_an_answer(
    template: str, turns: dict[str, int]
) -> None:
    """GPT-OSS writes <|end|> after its thoughts: to stop there would lose the answer."""
    found = stop_tokens(Tokenizer(token_ids=IDS, chat_template=template))
    assert found.end_of_turn == turns
    assert found.eos == {}
