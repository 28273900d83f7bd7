import pytest

from slowlens.facts.live.thoughts import thoughts


@pytest.mark.parametrize(
    ("text", "opened", "characters"),
    [
        ("red", False, 0),
        ("<think>why</think>red", False, 3),
        ("Well. <think>\nwhy\n</think>red", False, 3),
        ("<think>why", False, 3),
        ("why</think>red", True, 3),
        ("<think>why</think>red", True, 3),
        ("why", True, 3),
        ("", True, 0),
    ],
)
def test_thoughts_are_counted_to_their_end(text: str, opened: bool, characters: int) -> None:
    found = thoughts(text, opened=opened)
    assert (found.characters, found.all) == (characters, len(text))
    assert found.share == (characters / len(text) if text else 0)
