import pytest

from slowlens.jsonvalue import ABSENT
from slowlens_dashboard.wording.prose import (
    cell,
    code,
    first_sentence,
    plain,
    prose,
    sentence,
    without,
)


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("generate() stops", "`generate()` stops"),
        ("generation_config.json turns it off", "`generation_config.json` turns it off"),
        ("use_cache is false", "`use_cache` is false"),
        ("at 0 (<|im_end|>), as", "at 0 (`<|im_end|>`), as"),
        ("the _from_model_config mark", "the `_from_model_config` mark"),
        ("in /home/me/my_model: bad", "in `/home/me/my_model:` bad"),
        ("5 * 3 [x](y) $a$ <b>", r"5 \* 3 \[x\](y) \$a\$ \<b\>"),
        (":red[no]", r"\:red\[no\]"),
    ],
)
def test_names_become_code_and_the_rest_cannot_format(text: str, markdown: str) -> None:
    assert prose(text) == markdown


def test_code_keeps_backticks() -> None:
    assert code("a`b") == "``a`b``"
    assert code("`a`") == "`` `a` ``"


def test_cells() -> None:
    assert cell(ABSENT) == "*not set*"
    assert cell(None) == "`null`"
    assert cell([2, 0]) == "`[2, 0]`"
    assert cell("(absent)") == '`"(absent)"`'
    assert len(cell("x" * 500)) < 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it is slow", "It is slow."),
        ("generate() stops", "generate() stops."),
        ("Done.", "Done."),
        ("config.json says so", "config.json says so."),
    ],
)
def test_sentences(text: str, expected: str) -> None:
    assert sentence(text) == expected


def test_first_sentence() -> None:
    text = "It is 2.5 times slower: config.json does it. A fix is at hand. Really."
    first = "It is 2.5 times slower: config.json does it."
    assert first_sentence(text) == (first, "A fix is at hand. Really.")
    assert first_sentence("One only.") == ("One only.", "")


def test_nothing_is_said_twice() -> None:
    said = "Merged as shipped: 2 times as long: 4 ms against 2 ms."
    answer = "No cache. 2 times as long: 4 ms against 2 ms. A fix is at hand."
    assert without(answer, said) == "No cache. A fix is at hand."


@pytest.mark.parametrize("text", ["a`b", "a`` ![x](http://evil/x.png) ``b", "```", " a "])
def test_nothing_breaks_out_of_code(text: str) -> None:
    shown = code(text)
    fence = shown[: len(shown) - len(shown.lstrip("`"))]
    inside = shown.removeprefix(fence).removesuffix(fence)
    assert fence not in inside
    assert text.strip() in inside


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("at :material/home:, :streamlit:", "at `:material/home:`, `:streamlit:`"),
        ("12:30:45", "12:30:45"),
    ],
)
def test_icons_of_streamlit_stay_text(text: str, markdown: str) -> None:
    assert prose(text) == plain(text) == markdown


def test_neighbours_share_one_fence() -> None:
    hostile = "config.json<|a`![x](http://evil/x.png)|>use_cache"
    assert prose(hostile) == f"``{hostile}``"


def test_a_line_break_begins_no_block() -> None:
    assert plain("a\n\n# b") == "a \\# b"
    assert code("a\n\nb") == "`a b`"
