import pytest

from slowlens.facts.text.conversations import Case
from slowlens.facts.text.rendered import Renderings, Text
from slowlens.facts.text.templatechange import Change, generation_prompt, template_change

TOKENS = ("<|im_end|>", "<|im_start|>", "<|im_end|")
SOUND = {
    Case.QUESTION: Text("Q<|im_end|>\n<|im_start|>A:\n"),
    Case.UNPROMPTED: Text("Q<|im_end|>\n"),
    Case.TURNS: Text("Q<|im_end|>\nA<|im_end|>\n"),
}


def but(changes: dict[Case, str], errors: dict[Case, str] | None = None) -> Renderings:
    texts = {case: Text(text) for case, text in changes.items()}
    return {**SOUND, **texts, **{case: Text("", e) for case, e in (errors or {}).items()}}


def kind(merged: Renderings, source: Renderings = SOUND) -> Change | None:
    found = template_change(source, merged, TOKENS)
    return None if found is None else found.change


def test_no_change() -> None:
    assert kind(SOUND) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Q<|im_end|><|im_start|>A:\n", None),
        ("Q<|im_end|> \n <|im_start|>A:\n", None),
        ("Q <|im_end|>\n<|im_start|>A:\n", Change.SPACES),
        ("Q<|im_end|>\n<|im_start|>A:", Change.SPACES),
        ("Q<|im_end|>\n<|im_start|>A:\n\n", Change.SPACES),
        ("q<|im_end|>\n<|im_start|>A:\n", Change.TEXT),
    ],
)
def test_spaces_and_text(text: str, expected: Change | None) -> None:
    unprompted = text.split("<|im_start|>")[0]
    assert kind(but({Case.QUESTION: text, Case.UNPROMPTED: unprompted})) is expected


def test_without_known_tokens_all_spaces_count() -> None:
    closer = but({Case.QUESTION: "Q<|im_end|><|im_start|>A:\n"})
    found = template_change(SOUND, closer, ())
    assert found is not None
    assert found.change is Change.SPACES


def test_a_failure_is_worst_and_one_that_both_have_is_none() -> None:
    fails = but({}, {Case.TURNS: "boom"})
    found = template_change(SOUND, fails, TOKENS)
    assert found is not None
    assert (found.change, found.case, found.merged) == (Change.FAILS, Case.TURNS, "boom")
    assert kind(fails, fails) is None
    assert kind(SOUND, fails) is None
    assert kind(but({Case.TURNS: "x"}), fails) is None


def test_generation_prompts() -> None:
    gone = but({Case.QUESTION: SOUND[Case.UNPROMPTED].text})
    assert kind(gone) is Change.PROMPT_LOST
    assert kind(SOUND, gone) is Change.TEXT
    assert kind(gone, gone) is None
    quiet = but({Case.QUESTION: SOUND[Case.QUESTION].text + "<think></think>"})
    assert kind(quiet) is Change.THINKING
    assert kind(SOUND, quiet) is Change.THINKING
    assert kind(quiet, quiet) is None


@pytest.mark.parametrize(
    "changes",
    [
        {Case.QUESTION: Text("", "no")},
        {Case.UNPROMPTED: Text("", "no")},
        {Case.UNPROMPTED: Text("other")},
    ],
)
def test_a_generation_prompt_that_cannot_be_told(changes: dict[Case, Text]) -> None:
    unknown = {**SOUND, **changes}
    assert generation_prompt(unknown) is None
    assert generation_prompt(SOUND) == "<|im_start|>A:\n"
    assert kind(unknown, unknown) is None


def test_the_switch() -> None:
    on, off = {Case.THINKING: "t"}, {Case.NOT_THINKING: "n"}
    works = but({**on, **off})
    same = but({**on, Case.NOT_THINKING: "t"})
    assert kind(same, works) is Change.SWITCH_LOST
    assert kind(works, same) is Change.TEXT
    assert kind(works, works) is None
    assert kind(same, same) is None
    unsure = but(on, {Case.NOT_THINKING: "boom"})
    assert kind(same, unsure) is None


def test_ends_of_turns() -> None:
    other = but({Case.TURNS: "Q<|eot_id|>\nA<|eot_id|>\n"})
    found = template_change(SOUND, other, TOKENS)
    assert found is not None
    assert (found.change, found.source, found.merged) == (
        Change.TURN_END,
        "<|im_end|>",
        "<|eot_id|>",
    )
    both = but({Case.TURNS: "Q<|im_end|>\nA<|im_end|>\n<|end|>"})
    assert kind(both) is Change.TEXT
    none = but({Case.TURNS: "Q\nA\n"})
    assert kind(SOUND, none) is Change.TEXT
    assert kind(none) is Change.TURN_END


def test_the_texts_are_shown_around_the_place_where_they_part() -> None:
    long = "x" * 100
    merged = but({Case.QUESTION: long + "ab", Case.UNPROMPTED: "y"})
    source = but({Case.QUESTION: long + "cd", Case.UNPROMPTED: "y"})
    found = template_change(source, merged, TOKENS)
    assert found is not None
    assert (found.source, found.merged) == ("x" * 15 + "cd", "x" * 15 + "ab")


def test_one_text_that_is_the_beginning_of_the_other() -> None:
    merged = but({Case.QUESTION: "ab", Case.UNPROMPTED: "y"})
    found = template_change(but({Case.QUESTION: "abc", Case.UNPROMPTED: "y"}), merged, TOKENS)
    assert found is not None
    assert (found.source, found.merged) == ("abc", "ab")
